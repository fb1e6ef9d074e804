"""Who may follow a ticket besides the staff: its customer, whoever told of the same fault, and whom the customer lets ask (S18, S51)."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import bindparam, select

from core.people.model import Guest, Person
from core.store.turn import Turn
from core.tickets.merging import reporters_of
from core.tickets.model import Status, Ticket

_guest = Guest.table.c
_let_in = select(Guest.table).where(
    _guest.person_id == bindparam("person_id"),
    _guest.customer_id == bindparam("customer_id"),
    _guest.until > bindparam("now"),
    _guest.ended_at.is_(None),
)
_by_number = select(Ticket.table).where(
    Ticket.table.c.entity == bindparam("entity"), Ticket.table.c.number == bindparam("number")
)


class Stake(StrEnum):
    """Why somebody may follow a ticket. Only the customer himself sees what is his: his photos, the price, the report."""

    OWN = "own"
    TOLD = "told"
    LET_IN = "let_in"


def stake_in(turn: Turn, ticket: Ticket, person: Person) -> Stake | None:
    """Why this person may follow the ticket now, whatever he might before; None if he may not, or if he is of the staff."""
    if person.is_staff or not person.active or person.erased_at is not None or person.entity != ticket.entity:
        return None
    if ticket.customer_id == person.id:
        return Stake.OWN
    if any(known.person_id == person.id for known in reporters_of(turn, ticket)):
        return Stake.TOLD
    living = ticket.status not in (Status.CLOSED, Status.CANCELLED)
    allowed = living and turn.first(Guest, _let_in, person_id=person.id, customer_id=ticket.customer_id, now=turn.now)
    return Stake.LET_IN if allowed else None


def followed(turn: Turn, person_id: int, number: str) -> tuple[Ticket, Person, Stake] | None:
    """The ticket with this number, who asks, and why he may; None if he may not, or there is none."""
    person = turn.get(Person, person_id)
    ticket = turn.first(Ticket, _by_number, entity=turn.house.policies.entity, number=number)
    stake = stake_in(turn, ticket, person) if ticket and person else None
    return (ticket, person, stake) if ticket and person and stake else None
