"""到底谁在管? At every instant exactly one person answers for an open ticket (S1)."""

from __future__ import annotations

from core.people.duty import fallback_owner
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import Status, Ticket


def owner_of(turn: Turn, ticket: Ticket) -> Person | None:
    """The engineer who accepted it; before that, the duty dispatcher or duty manager. None only on a desk without staff."""
    if ticket.engineer_id is not None and ticket.status != Status.UNASSIGNED:
        return turn.get(Person, ticket.engineer_id)
    return fallback_owner(turn, ticket.entity)
