"""到底谁在管? At every instant exactly one person answers for an open ticket (S1)."""

from __future__ import annotations

from core.people.duty import fallback_owner
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.entitled import MAY
from core.tickets.model import Ticket


def superior_of(turn: Turn, person: Person, ticket: Ticket) -> Person | None:
    """His superior; where there is none, whoever answers for the desk."""
    if person.reports_to is not None:
        return turn.get(Person, person.reports_to)
    fallback = fallback_owner(turn, ticket.entity)
    return fallback if fallback and fallback.id != person.id else None


def owner_of(turn: Turn, ticket: Ticket) -> Person | None:
    """Who accepted it, also while he is handing it over; else, and once he has left, the duty dispatcher or manager.

    None only on a desk without either.
    """
    owner = turn.get(Person, ticket.owner_id) if ticket.owner_id is not None else None
    if owner is not None and owner.active and owner.role in MAY["accept"]:
        return owner
    return fallback_owner(turn, ticket.entity)
