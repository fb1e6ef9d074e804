"""无效停留 (S34): tickets that say "in progress" and on which nothing was done since. One list, with who."""

from __future__ import annotations

from sqlalchemy import bindparam, func, or_, select

from core.conversations.saying import tell
from core.escalation.alerts import TOLD
from core.escalation.episodes import put_on_record
from core.escalation.model import Episode
from core.escalation.policy import Promise
from core.escalation.promises import IN_PROGRESS, Due
from core.escalation.targets import duty_manager
from core.escalation.telling import span
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.describing import what, who
from core.tickets.model import Ticket
from core.words import Micros, Say

MOST_LINES = 50
"""Tickets that one list names; of further ones it says how many."""
PURPOSE = "idle_list"

_ticket, _episode = Ticket.table.c, Episode.table.c
_since = func.coalesce(_ticket.stage_at, _ticket.created_at)
_idle = (
    select(Ticket.table)
    .where(
        _ticket.entity == bindparam("entity"),
        or_(*(_ticket.status == status for status in sorted(IN_PROGRESS))),
        _since <= bindparam("before"),
        or_(_ticket.last_action_at.is_(None), _ticket.last_action_at < _since),
    )
    .order_by(_since, _ticket.id)
)
_listed = select(Episode.table).where(
    _episode.ticket_id == bindparam("ticket_id"), _episode.promise == Promise.IDLE, _episode.key == bindparam("key")
)


def idle_since(turn: Turn, entity: str, span: Micros) -> list[Ticket]:
    """Tickets in progress on which nothing was done for so long since they were set so, the longest first."""
    return turn.rows(Ticket, _idle, entity=entity, before=turn.now - span)


def list_idle(turn: Turn, ticket: Ticket, due: Due) -> None:
    """Tell the manager of all that have become idle and were not listed before; each is listed once."""
    idle = idle_since(turn, ticket.entity, turn.house.policies.escalation.idle)
    new = [one for one in idle if turn.first(Episode, _listed, ticket_id=one.id, key=_key(one)) is None]
    for one in new:
        put_on_record(turn, one, Due(Promise.IDLE, _key(one), due.at), TOLD)
    manager = duty_manager(turn, ticket.entity)
    if manager is not None and new:
        tell(turn, manager, Say(PURPOSE, "\n".join(lines(turn, new, manager))))


def lines(turn: Turn, tickets: list[Ticket], reader: Person) -> list[str]:
    """The list in words: number, what, who, since when."""
    words, lang = turn.house.wording, reader.lang
    told = [words.text(lang, "escalation.idle_list", count=len(tickets))]
    for ticket in tickets[:MOST_LINES]:
        stays = turn.now - (ticket.stage_at or ticket.created_at)
        facts = {"number": ticket.number, "what": what(words, ticket, lang), "name": who(turn, ticket)}
        status = words.name(lang, "status", ticket.status)
        told.append(words.text(lang, "escalation.idle_line", **facts, status=status, span=span(turn, stays, lang)))
    if len(tickets) > MOST_LINES:
        told.append(words.text(lang, "escalation.idle_more", count=len(tickets) - MOST_LINES))
    return told


def _key(ticket: Ticket) -> str:
    return str(ticket.stage_at or ticket.created_at)
