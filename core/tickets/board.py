"""The status board (状态看板, S86): five columns; the P0 lane first, A customers on top of their lane (S5c, S88)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import and_, bindparam, case, or_, select

from core.clocks.policy import ServiceLevel
from core.people.model import Person
from core.store.database import Connection
from core.tickets.model import OPEN, Priority, Status, Ticket
from core.words import Micros

BOARD = "board"
"""The path of its page, which is what a pass to it names."""


class Column(StrEnum):
    """待分配（灰）, 工程师接单（蓝）, 现场诊断（黄）, 配件待到货（橙）, 已关闭（绿）."""

    UNASSIGNED = "unassigned"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    WAITING_PART = "waiting_part"
    OVER = "over"


MOST_OPEN = 300
"""Open tickets that a board shows."""
MOST_OVER = 20
"""Finished tickets that a board shows: those made last."""

ALWAYS_FIRST = "A"
"""Grade of customers whose tickets stand on top of their lane (A类永远置顶, S88)."""

_engineer, _customer = Person.table.alias("engineer"), Person.table.alias("customer")
_ticket, _favoured = Ticket.table.c, _customer.c.level == ALWAYS_FIRST
_with_people = select(Ticket.table, _engineer.c.name.label("engineer"), _favoured.label("favoured")).select_from(
    Ticket.table.outerjoin(_engineer, _engineer.c.id == _ticket.engineer_id).outerjoin(
        _customer, _customer.c.id == _ticket.customer_id
    )
)
_open = (
    _with_people.where(
        _ticket.entity == bindparam("entity"), or_(*(_ticket.status == status for status in sorted(OPEN)))
    )
    .order_by(
        case((_ticket.priority == Priority.P0, 0), else_=1), case((_favoured, 0), else_=1), _ticket.priority, _ticket.id
    )
    .limit(MOST_OPEN)
)
_over = (
    _with_people.where(
        _ticket.entity == bindparam("entity"), and_(*(_ticket.status != status for status in sorted(OPEN)))
    )
    .order_by(_ticket.id.desc())
    .limit(MOST_OVER)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket on the board: since when it stands in its column, who has it (or to whom it is offered), whether its first
    response is overdue, whether its customer's grade puts it on top."""

    ticket: Ticket
    column: Column
    since: Micros
    engineer: str | None
    overdue: bool
    favoured: bool


def standings(connection: Connection, entity: str, level: ServiceLevel, now: Micros) -> list[Standing]:
    """All open tickets and the last finished ones, in the order in which a column shows them."""
    found = [*connection.all(_open, entity=entity), *connection.all(_over, entity=entity)]
    return [_standing(values, level, now) for values in found]


def column_of(ticket: Ticket) -> Column:
    """Its column. A ticket on hold stays where it was."""
    status = ticket.held_from or Status.UNASSIGNED if ticket.status == Status.ON_HOLD else ticket.status
    return Column(status) if status in OPEN else Column.OVER


def _standing(values: Sequence[object], level: ServiceLevel, now: Micros) -> Standing:
    *fields, engineer, favoured = values
    ticket = Ticket.from_db(tuple(fields))
    column = column_of(ticket)
    since = {
        Column.UNASSIGNED: ticket.created_at,
        Column.ACCEPTED: ticket.assigned_at,
        Column.ON_SITE: ticket.arrived_at,
        Column.WAITING_PART: ticket.updated_at,
        Column.OVER: ticket.closed_at or ticket.done_at,
    }[column]
    name = str(engineer) if engineer else None
    return Standing(ticket, column, since or ticket.updated_at, name, is_overdue(ticket, level, now), bool(favoured))


def is_overdue(ticket: Ticket, level: ServiceLevel, now: Micros) -> bool:
    """Whether it still waits for a first response that is due (S9, S12)."""
    unanswered = ticket.is_open and ticket.first_response_at is None
    return unanswered and now > ticket.created_at + level.first_response(ticket.priority)
