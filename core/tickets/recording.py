"""How a verb records what it did: one event in the ticket's own chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket


def record(
    turn: Turn,
    kind: Happened,
    ticket: Ticket,
    by: Person | None,
    /,
    private: Mapping[str, Any] | None = None,
    **data: Any,
) -> Event:
    """Record what happened to the ticket. `data` holds ids and plain facts, `private` people's words and numbers."""
    ticket.updated_at = turn.now
    return turn.record(
        kind,
        entity=ticket.entity,
        stream=ticket.stream,
        by=by.id if by else None,
        data={"ticket": ticket.id, **data},
        private=private,
    )


def record_aside(turn: Turn, kind: Happened, ticket: Ticket, by: Person | None, /, **data: Any) -> Event:
    """Record something that leaves the ticket as it was touched last: a click, or what the desk did of its own accord."""
    touched_at = ticket.updated_at
    event = record(turn, kind, ticket, by, **data)
    ticket.updated_at = touched_at
    return event


def ticket_in(turn: Turn, event: Event) -> Ticket:
    """The ticket to which an event belongs."""
    ticket = turn.get(Ticket, event.data["ticket"])
    assert ticket is not None
    return ticket


def subject_of(turn: Turn, subject: str | None) -> Ticket | None:
    """The ticket that a notice or timer is about (its `stream`), or None."""
    kind, _, ticket_id = (subject or "").partition(":")
    return turn.get(Ticket, int(ticket_id)) if kind == "ticket" else None


def happened_at(turn: Turn) -> int:
    """When the thing happened that this turn is about: a late message keeps its own time."""
    return turn.cause.at or turn.now
