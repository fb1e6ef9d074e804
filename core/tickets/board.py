"""The status board (状态看板, S86): five columns; the P0 lane first, A customers on top of their lane (S5c, S88)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.sql.selectable import Select

from core.clocks.lateness import is_overdue
from core.clocks.policy import ServiceLevel
from core.people.model import FAVOURED, Person
from core.store.database import Connection
from core.tickets.model import OPEN, OVER, STILL_OPEN, Priority, Status, Ticket
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

_engineer, _customer, _person, _ticket = (
    Person.table.alias("engineer"),
    Person.table.alias("customer"),
    Person.table.c,
    Ticket.table.c,
)
_shown = (
    select(
        Ticket.table,
        select(_engineer.c.name).where(_engineer.c.id == _ticket.engineer_id).scalar_subquery(),
        select(_customer.c.level).where(_customer.c.id == _ticket.customer_id).scalar_subquery(),
    )
    .where(_ticket.entity == bindparam("entity"))
    .limit(bindparam("most"))
)
_favoured = exists().where(_person.entity == bindparam("entity"), _person.id == _ticket.customer_id, FAVOURED)


def _lane(urgent: bool, favoured: bool) -> Select[Any]:
    """Open tickets of one lane in their order, which an index gives: it costs the same however many are open."""
    lane = _ticket.priority == Priority.P0 if urgent else _ticket.priority > Priority.P0
    whose = _favoured if favoured else ~_favoured
    return _shown.where(STILL_OPEN, lane, whose).order_by(_ticket.priority, _ticket.id)


_lanes = [_lane(urgent, favoured) for urgent in (True, False) for favoured in (True, False)]
_over = _shown.where(OVER).order_by(_ticket.id.desc())


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket on the board: since when it stands in its column, who has it (or to whom it is offered), why it is red (a promise
    that was not kept), whether its customer's grade puts it on top."""

    ticket: Ticket
    column: Column
    since: Micros
    engineer: str | None
    red: str | None
    favoured: bool

    @property
    def overdue(self) -> bool:
        return self.red is not None


def standings(connection: Connection, entity: str, level: ServiceLevel, now: Micros) -> list[Standing]:
    """All open tickets and the last finished ones, in the order in which a column shows them."""
    found: list[tuple[Any, ...]] = []
    for lane in _lanes:
        found += connection.all(lane, entity=entity, most=MOST_OPEN - len(found))
    found += connection.all(_over, entity=entity, most=MOST_OVER)
    return [_standing(values, level, now) for values in found]


def column_of(ticket: Ticket) -> Column:
    """Its column. A ticket on hold stays where it was."""
    status = ticket.held_from or Status.UNASSIGNED if ticket.status == Status.ON_HOLD else ticket.status
    return Column(status) if status in OPEN else Column.OVER


def _standing(values: Sequence[Any], level: ServiceLevel, now: Micros) -> Standing:
    *fields, engineer, grade = values
    ticket = Ticket.from_db(tuple(fields))
    column = column_of(ticket)
    since = (
        ticket.stage_at
        or {
            Column.UNASSIGNED: ticket.created_at,
            Column.ACCEPTED: ticket.assigned_at,
            Column.ON_SITE: ticket.arrived_at,
            Column.WAITING_PART: ticket.stage_at,
            Column.OVER: ticket.closed_at or ticket.done_at,
        }[column]
    )
    red = ticket.red or ("response" if is_overdue(ticket, level, now) else None)
    return Standing(ticket, column, since or ticket.updated_at, engineer or None, red, grade == ALWAYS_FIRST)
