"""What is promised about a ticket, and until when: a pure function of the ticket as it stands (rules.md, Durations)."""

from __future__ import annotations

from dataclasses import dataclass

from core.clocks.calendar import Calendar
from core.clocks.policy import Runs, Target
from core.escalation.policy import EscalationPolicy, Promise
from core.tickets.model import OPEN, Priority, Status, Ticket
from core.words import Micros

AT_WORK = frozenset({Status.ACCEPTED, Status.ON_SITE})
"""Statuses in which an engineer is at it: silence there is the supervisor's business (S87)."""
IN_PROGRESS = AT_WORK | {Status.WAITING_PART}
"""处理中: statuses that say that something is being done (S34)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a ticket's row does not say: its customer's grade, a date that was named for what it waits for (ETA), when the
    last fuse of it was acknowledged, and at which level. `idle`: how long a stage of it may go without an update, where an
    exception to the service level says so."""

    grade: str | None = None
    eta: Micros | None = None
    fuse_acked_at: Micros | None = None
    fuse_level: int = 0
    idle: Target | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A promise that is broken at `at` if nothing happens; `key` tells one time from the next, `up` how many levels higher."""

    promise: Promise
    key: str
    at: Micros
    up: int = 0


def promises(ticket: Ticket, facts: Facts, policy: EscalationPolicy, calendar: Calendar) -> list[Due]:
    """All that is promised about the ticket as it stands, kept or not, in the order of Promise."""
    if ticket.status not in OPEN:
        return []
    found = [*_fuse(ticket, facts, policy), *_age(ticket, facts, policy), *_clocks(ticket)]
    found += _quiet(ticket, facts, policy, calendar)
    if ticket.status in IN_PROGRESS and not _acted_since(ticket, _stage(ticket)):
        found.append(Due(Promise.IDLE, str(_stage(ticket)), _stage(ticket) + policy.idle))
    return found


def _fuse(ticket: Ticket, facts: Facts, policy: EscalationPolicy) -> list[Due]:
    """A P0 that nobody works on; also after somebody has said that he would (S11)."""
    if ticket.priority != Priority.P0 or (ticket.status == Status.ON_HOLD and ticket.hold_until is not None):
        return []
    since = max(ticket.urgent_at or ticket.created_at, ticket.last_action_at or 0)
    found = [Due(Promise.FUSE, str(since), since + policy.fuse)]
    if facts.fuse_acked_at is not None and not _acted_since(ticket, facts.fuse_acked_at):
        found.append(
            Due(
                Promise.FUSE, f"acked:{facts.fuse_acked_at}", facts.fuse_acked_at + policy.unacted, facts.fuse_level + 1
            )
        )
    return found


def _age(ticket: Ticket, facts: Facts, policy: EscalationPolicy) -> list[Due]:
    """A customer of this grade does not wait longer (S88)."""
    span = policy.levels.get(facts.grade or "")
    return [Due(Promise.LEVEL, "", ticket.created_at + span)] if span is not None else []


def _clocks(ticket: Ticket) -> list[Due]:
    """What the service level promises (S9, S12)."""
    found = []
    if ticket.resolution_due_at is not None:
        found.append(Due(Promise.RESOLUTION, f"{ticket.priority}:{ticket.reopened}", ticket.resolution_due_at))
    if ticket.response_due_at is not None and ticket.first_response_at is None:
        found.append(Due(Promise.RESPONSE, ticket.priority, ticket.response_due_at))
    return found


def _quiet(ticket: Ticket, facts: Facts, policy: EscalationPolicy, calendar: Calendar) -> list[Due]:
    """A stage without an update; a date that was named suspends it until then (S21, S87)."""
    since = max(ticket.moved_at or ticket.created_at, facts.eta or 0)

    def due(span: Micros) -> Micros:
        runs = Runs.WALL if ticket.priority == Priority.P0 else Runs.BUSINESS
        if facts.idle is not None:
            span, runs = facts.idle.span, facts.idle.runs
        return since + span if runs == Runs.WALL else calendar.add(since, span)

    found = [Due(Promise.STUCK, str(_stage(ticket)), due(policy.stuck))]
    if ticket.status in AT_WORK:
        found.append(Due(Promise.SILENT, str(since), due(policy.silent)))
    return found


def _stage(ticket: Ticket) -> Micros:
    return ticket.stage_at or ticket.created_at


def _acted_since(ticket: Ticket, since: Micros) -> bool:
    return ticket.last_action_at is not None and ticket.last_action_at >= since
