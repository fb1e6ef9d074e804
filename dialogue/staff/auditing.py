"""审计 张三 7天, for managers and administrators: his actions with time, ticket and place, and clicking found (S35)."""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.people.auditing import audit
from core.people.model import Role
from core.people.naming import colleague
from core.store.model import Event
from core.tickets.model import Ticket
from core.words import DAY, Room
from dialogue.heard import Heard

ASKED = re.compile(r"(?:审计|audit)\s*(\S+?)\s*(\d{1,3})?\s*(?:天|days?|d)?", re.IGNORECASE)
DAYS = 7
"""How far back, unless he says."""
LINES = 40
"""Most lines of an answer."""


def audit_asked(heard: Heard) -> str | None:
    """Answer an audit; None if none was asked for. Raises Refused: audit_refused, person_unknown."""
    found = ASKED.fullmatch(heard.text.strip())
    if found is None:
        return None
    if heard.person.role not in (Role.MANAGER, Role.ADMIN):
        heard.answer("error_hint", "refused.audit_refused")
        return "audit refused"
    turn, days = heard.turn, min(int(found[2] or DAYS), 366)
    person = colleague(turn, heard.person.entity, found[1])
    seen = audit(turn, person, turn.now - days * DAY)
    lines = [heard.say("staff.audit", name=person.name, days=days, count=len(seen.actions))]
    lines += [_line(heard, event) for event in seen.actions[:LINES]]
    lines += [heard.say("staff.audit_burst", when=_when(heard, at), count=count) for at, count in seen.bursts]
    answer(turn, heard.talk, "audit", "\n".join(lines))
    return "audited"


def _line(heard: Heard, event: Event) -> str:
    ticket = heard.turn.get(Ticket, event.data["ticket"]) if "ticket" in event.data else None
    place = Room.of(event.via) if event.via else None
    return heard.say(
        "staff.audit_line",
        when=_when(heard, event.at),
        what=heard.turn.house.wording.event(heard.lang, event.kind),
        number=ticket.number if ticket else "",
        place=f"{place.channel} {place.id}" if place else event.cause.partition(":")[0],
    )


def _when(heard: Heard, at: int) -> str:
    return heard.turn.house.wording.moment(heard.lang, at, heard.turn.now, heard.turn.house.zone)
