"""Finding tickets: by number, by customer, by engineer."""

from __future__ import annotations

import re

from sqlalchemy import bindparam, func, select, text

from core.people.model import Person
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.model import Status, Ticket

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
    .where(_ticket.engineer_id == bindparam("person_id"), text("status not in ('done', 'closed', 'cancelled')"))
    .order_by(_ticket.priority, _ticket.id)
)
_unaccepted = (
    select(Ticket.table)
    .where(_ticket.entity == bindparam("entity"), _ticket.status == Status.UNASSIGNED)
    .order_by(_ticket.priority, _ticket.id)
    .limit(RECENT)
)

_alive = (
    select(Ticket.table)
    .where(_ticket.entity == bindparam("entity"), text("status not in ('closed', 'cancelled')"))
    .order_by(_ticket.priority, _ticket.id)
)
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


def unaccepted(turn: Turn, entity: str) -> list[Ticket]:
    """Tickets that nobody has accepted, the most urgent first."""
    return turn.rows(Ticket, _unaccepted, entity=entity)


def alive(turn: Turn, entity: str) -> list[Ticket]:
    """Every ticket that is neither closed nor cancelled, the most urgent first."""
    return turn.rows(Ticket, _alive, entity=entity)


def made_and_done_since(turn: Turn, entity: str, since: int) -> tuple[int, int]:
    """How many tickets were reported, and how many done, from an instant on."""
    made = turn.ask(_made_since, entity=entity, since=since)[0][0]
    return made, turn.ask(_done_since, entity=entity, since=since)[0][0]
