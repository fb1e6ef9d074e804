"""接手告警: by button, by command (确认 1023, 我来跟进), or by a bare 收到 of somebody who was alerted. No work, and it says so."""

from __future__ import annotations

import re

from core.escalation.acknowledging import acknowledge
from core.escalation.episodes import alarms_of
from core.people.model import Role
from core.tickets.model import Ticket
from core.tickets.queries import digits_of
from dialogue.heard import Heard
from dialogue.staff.which import ticket_numbered
from dialogue.understanding.words import Order
from dialogue.vocabulary import vocabulary

_NUMBER = re.compile(r"(?:gd-?|#|号|单)*\s*(\d{3,9})", re.IGNORECASE)


def take(heard: Heard, ticket: Ticket, order: Order) -> str:
    """The button below an alarm. Raises Refused: nothing_to_acknowledge, not_entitled."""
    return _take(heard, [ticket], "button")


def alarm_taken(heard: Heard) -> str | None:
    """Whether these words take an alarm. Raises Refused."""
    text = heard.text.strip().casefold()
    found = _NUMBER.search(text)
    words = _NUMBER.sub("", text).strip(" ，,。.!！")
    heard_it = words in vocabulary("hears_alarm") and heard.person.role != Role.ENGINEER
    if words not in vocabulary("takes_alarm") and not heard_it:
        return None
    alarms = alarms_of(heard.turn, heard.person)
    if found is not None and not heard_it:
        return _take(heard, [ticket_numbered(heard, found[1])], "command")
    return _take(heard, alarms, "command") if alarms else None


def _take(heard: Heard, tickets: list[Ticket], via: str) -> str:
    for ticket in tickets:
        acknowledge(heard.turn, ticket, heard.person, via)
        heard.talk.last_ticket = ticket.id
        heard.answer("action_done", "escalation.taken", number=ticket.number)
    return f"took {', '.join(digits_of(ticket.number) for ticket in tickets)}"
