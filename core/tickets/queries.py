"""Finding tickets: by number, by customer, by engineer."""

from __future__ import annotations

import re

from sqlalchemy import and_, bindparam, func, select

from core.people.model import Person
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.model import LIVING, STILL_OPEN, Status, Ticket

RECENT = 20
"""How many tickets of one person are looked at to find the one that is meant."""

_ticket = Ticket.table.c
_by_number = select(Ticket.table).where(_ticket.entity == bindparam("entity"), _ticket.number == bindparam("number"))
_by_number_locked = _by_number.with_for_update()
_of_customer = (
    select(Ticket.table).where(_ticket.customer_id == bindparam("person_id")).order_by(_ticket.id.desc()).limit(RECENT)
)
_of_engineer = (
    select(Ticket.table)
    .where(_ticket.engineer_id == bindparam("person_id"), STILL_OPEN)
    .order_by(_ticket.priority, _ticket.id)
)
_numbers_of_engineer = (
    select(_ticket.number, Person.table.c.name)
    .join(Person.table, Person.table.c.id == _ticket.customer_id, isouter=True)
    .where(_ticket.engineer_id == bindparam("person_id"), STILL_OPEN)
    .order_by(_ticket.priority, _ticket.id)
)
_unaccepted = (
    select(Ticket.table)
    .where(_ticket.entity == bindparam("entity"), _ticket.status == Status.UNASSIGNED)
    .order_by(_ticket.priority, _ticket.id)
    .limit(RECENT)
)
_living = and_(_ticket.entity == bindparam("entity"), LIVING)
_signed = {
    name: select(Ticket.table)
    .where(_living, func.lower(_ticket[name]).contains(bindparam("sign")))
    .order_by(_ticket.priority, _ticket.id)
    for name in ("serial_no", "phone")
}
_by_status = select(_ticket.status, func.count()).where(_living).group_by(_ticket.status)
_made_since = select(func.count()).where(
    _ticket.entity == bindparam("entity"), _ticket.created_at >= bindparam("since")
)
_done_since = select(func.count()).where(_ticket.entity == bindparam("entity"), _ticket.done_at >= bindparam("since"))


def by_number(turn: Turn, entity: str, number: str) -> Ticket | None:
    """The ticket with this number, locked for change."""
    statement = _by_number_locked if turn.connection.kind == "postgresql" else _by_number
    return turn.first(Ticket, statement, entity=entity, number=number)


def must_find(turn: Turn, entity: str, number: str) -> Ticket:
    """The ticket with this number, locked for change. Raises Refused if there is none."""
    ticket = by_number(turn, entity, number)
    if ticket is None:
        raise Refused("ticket_unknown", number=number)
    return ticket


def full_number(turn: Turn, digits: str) -> str:
    """The number as it is shown, from its digits (2071 → GD-2071)."""
    return turn.house.policies.tickets.number_format.format(n=int(digits))


def digits_of(number: str) -> str:
    """The digits of a shown number (GD-2071 → 2071)."""
    return re.sub(r"[^0-9]", "", number)


def tickets_of_customer(turn: Turn, person: Person) -> list[Ticket]:
    """A customer's last tickets, the newest first."""
    return turn.rows(Ticket, _of_customer, person_id=person.id)


def open_of_engineer(turn: Turn, person: Person) -> list[Ticket]:
    """An engineer's open tickets, the most urgent first; those offered to him too."""
    return turn.rows(Ticket, _of_engineer, person_id=person.id)


def numbers_of_engineer(turn: Turn, person: Person) -> list[tuple[str, str | None]]:
    """Numbers of his open tickets and their customers' names, the most urgent first."""
    return [(number, name) for number, name in turn.ask(_numbers_of_engineer, person_id=person.id)]


def unaccepted(turn: Turn, entity: str) -> list[Ticket]:
    """Tickets that nobody has accepted, the most urgent first."""
    return turn.rows(Ticket, _unaccepted, entity=entity)


def with_sign(turn: Turn, entity: str, field: str, sign: str) -> list[Ticket]:
    """Tickets neither closed nor cancelled that carry this serial_no or phone, one of several on it; the most urgent first."""
    sign = sign.casefold()
    found = turn.rows(Ticket, _signed[field], entity=entity, sign=sign)
    return [ticket for ticket in found if sign in (getattr(ticket, field) or "").casefold().split("、")]


def how_many(turn: Turn, entity: str) -> dict[str, int]:
    """Status → number of tickets, but for those closed and cancelled."""
    return {row[0]: row[1] for row in turn.ask(_by_status, entity=entity)}


def made_and_done_since(turn: Turn, entity: str, since: int) -> tuple[int, int]:
    """How many tickets were reported, and how many done, from an instant on."""
    made = turn.ask(_made_since, entity=entity, since=since)[0][0]
    return made, turn.ask(_done_since, entity=entity, since=since)[0][0]
