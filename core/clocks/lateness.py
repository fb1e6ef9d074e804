"""What is late: first response that is due and has not come, and P0 that nobody has taken (S9, S12, S85)."""

from __future__ import annotations

from sqlalchemy import bindparam, or_, select

from core.clocks.policy import Goal, Runs, ServiceLevel
from core.policies import Policies
from core.store.turn import Turn
from core.tickets.model import STILL_OPEN, Priority, Status, Ticket
from core.words import HOUR, Micros

NEARLY = 1 * HOUR
"""So long before it is due, on the wall clock, a ticket counts as nearly late."""
MOST = 100
"""Tickets that a list of late ones names: the most urgent."""

_ticket = Ticket.table.c
_late = (
    select(Ticket.table)
    .where(
        _ticket.entity == bindparam("entity"),
        STILL_OPEN,
        _ticket.first_response_at.is_(None),
        or_(_ticket.response_due_at.is_(None), _ticket.response_due_at < bindparam("before"), _ticket.priority == "P0"),
    )
    .order_by(_ticket.priority, _ticket.response_due_at, _ticket.id)
    .limit(bindparam("most"))
)


def response_due_at(policies: Policies, ticket: Ticket) -> Micros | None:
    """When the first response of a ticket is due; None while its clock is stopped without a date."""
    if ticket.response_due_at is not None or ticket.status == Status.ON_HOLD:
        return ticket.response_due_at
    target = policies.service_level.target(Goal.RESPONSE, ticket.priority)
    if target is None or target.runs == Runs.WALL:
        return wall_due_at(policies.service_level, ticket)
    return policies.calendar.add(ticket.created_at, target.span)


def is_overdue(ticket: Ticket, level: ServiceLevel, now: Micros) -> bool:
    """Whether it still waits for a first response that was due before this instant (S9, S12)."""
    if not ticket.is_open or ticket.first_response_at is not None:
        return False
    due_at = ticket.response_due_at
    if due_at is None:
        due_at = None if ticket.status == Status.ON_HOLD else wall_due_at(level, ticket)
    return due_at is not None and now > due_at


def wall_due_at(level: ServiceLevel, ticket: Ticket) -> Micros:
    """When it would be due on the wall clock: of tickets that are older than the column, until they are counted anew."""
    return ticket.created_at + level.first_response(ticket.priority)


def late_by(turn: Turn, ticket: Ticket) -> Micros:
    """How late the first response is, on the clock on which it is due; negative while there is time."""
    policies = turn.house.policies
    due_at = response_due_at(policies, ticket)
    if due_at is None:
        return -NEARLY
    target = policies.service_level.target(Goal.RESPONSE, ticket.priority)
    if target is None or target.runs == Runs.WALL:
        return turn.now - due_at
    between = policies.calendar.between
    return between(due_at, turn.now) if turn.now > due_at else -between(turn.now, due_at)


def what_is_late(turn: Turn, entity: str) -> list[Ticket]:
    """Open tickets whose first response is late or nearly late, and P0 that nobody has taken, the latest first."""
    level, soon = turn.house.policies.service_level, turn.now + NEARLY
    found = turn.rows(Ticket, _late, entity=entity, before=soon, most=MOST)
    waiting = [
        ticket
        for ticket in found
        if is_overdue(ticket, level, soon) or (ticket.priority == Priority.P0 and ticket.status == Status.UNASSIGNED)
    ]
    return sorted(waiting, key=lambda ticket: (ticket.priority, -late_by(turn, ticket)))
