"""Who may follow a ticket besides the staff: its customer, and whoever told of the same fault (S18, S51)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.merging import reporters_of
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
    """The ticket with this number, who asks, and why he may; None if he may not, or there is none."""
    person = turn.get(Person, person_id)
    ticket = turn.first(Ticket, _by_number, entity=turn.house.policies.entity, number=number)
    stake = stake_in(turn, ticket, person) if ticket and person else None
    return (ticket, person, stake) if ticket and person and stake else None
