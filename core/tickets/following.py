"""Who may follow a ticket besides the staff: its customer, and whoever told of the same fault (S18, S51)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.merging import merged_into, reporters_of
from core.tickets.model import Ticket

_by_number = select(Ticket.table).where(
    Ticket.table.c.entity == bindparam("entity"), Ticket.table.c.number == bindparam("number")
)


class Stake(StrEnum):
    """Why somebody may follow a ticket. Only the customer himself sees what is his: the photos, the price, the report."""

    OWN = "own"
    TOLD = "told"


def stake_in(turn: Turn, ticket: Ticket, person: Person) -> Stake | None:
    """Why this person may follow the ticket now, whatever he might before; None if he may not, or if he is of the staff."""
    if person.is_staff or not person.active or person.erased_at is not None or person.entity != ticket.entity:
        return None
    if ticket.customer_id == person.id:
        return Stake.OWN
    return Stake.TOLD if any(known.person_id == person.id for known in reporters_of(turn, ticket)) else None


def followed(turn: Turn, person_id: int, number: str) -> tuple[Ticket, Person, Stake] | None:
    """The ticket with this number (the one in which it is handled, if it was merged), who asks, and why he may; None if he may not, or
    there is none."""
    person = turn.get(Person, person_id)
    named = turn.first(Ticket, _by_number, entity=turn.house.policies.entity, number=number)
    stake = stake_in(turn, named, person) if person and named else None
    if person is None or named is None or stake is None:
        return None
    into = merged_into(turn, named)
    further = stake_in(turn, into, person) if into else None
    return (into, person, further) if into and further else (named, person, stake)
