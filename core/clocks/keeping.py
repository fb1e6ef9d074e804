"""What the clock says of a ticket is kept in its row, in the turn of whatever changes it (S9, S21, S87).

Most events change nothing of it, and cost no query: only those that can move a due instant have the ticket's events read again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from core.clocks.account import Account, Bound, account
from core.clocks.history import ACTIONS, RESPONSES, Change, History, history_of
from core.clocks.policy import Case, Goal, ServiceLevel, Target
from core.clocks.recorded import bounds_since
from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import happened_at, record, record_aside, ticket_in

DEVICE = frozenset({"device", "device_model", "serial_no"})
"""Fields that an exception for a device looks at."""
STEPS = frozenset(
    {
        Happened.ACCEPTED,
        Happened.ARRIVED,
        Happened.PART_NEEDED,
        Happened.PART_ARRIVED,
        Happened.TRANSFERRED,
        Happened.COMPLETED,
        Happened.REOPENED,
        Happened.CANCELLED,
        Happened.CLOSED,
        Happened.MERGED,
    }
)
"""Events whose new status may stop or start the time to the resolution, where that is promised."""

_of_ticket = select(Event.table).where(Event.table.c.stream == bindparam("stream")).order_by(Event.table.c.seq)


def keep(turn: Turn, event: Event) -> None:
    """Write down since when the ticket has its status, when it last moved, and when what is promised is due."""
    ticket = ticket_in(turn, event)
    before = turn.before(ticket)
    if event.kind == Happened.UNDONE:
        recount(turn, ticket, stage=True)
        return
    _moves(ticket, event, before["status"] if before else None)
    if event.kind == Happened.REPORTED:
        _begin(turn, ticket)
    elif _moves_due(turn.house.policies.service_level, event) or _answers_at_once(ticket, event, before):
        _recount(turn, ticket, event, fresh=before is None)


def recount(turn: Turn, ticket: Ticket, *, stage: bool = False, names: tuple[str, ...] | None = None) -> None:
    """Compute from the events when what is promised is due; with `stage` also since when it stands where it stands. `names`: of
    the exceptions that hold from now on."""
    history, bounds = history_and_bounds(turn, ticket)
    if names is not None and names != names_of(history):
        history.changes.append(Change(happened_at(turn), names=names))
    _write(ticket, account(history, bounds, turn.now))
    if stage or ticket.stage_at is None:
        ticket.stage_at, ticket.moved_at = history.stay.at, history.moved_at
        ticket.urgent_at = history.urgent_at


def history_and_bounds(turn: Turn, ticket: Ticket) -> tuple[History, list[Bound]]:
    """All that the account of a ticket is computed from."""
    history = history_of(ticket, turn.rows(Event, _of_ticket, stream=ticket.stream))
    return history, bounds_since(turn, ticket.entity, history.recorded_at)


def rebind(turn: Turn, ticket: Ticket, why: str) -> None:
    """The policies, or what an exception asks about, may have changed: recorded if that changes anything for the ticket."""
    names = names_for(turn, ticket)
    before = (ticket.response_due_at, ticket.resolution_due_at)
    history = history_of(ticket, turn.rows(Event, _of_ticket, stream=ticket.stream))
    recount(turn, ticket, names=names)
    after = (ticket.response_due_at, ticket.resolution_due_at)
    if names != names_of(history) or (before != after and before != (None, None)):
        record_aside(turn, Happened.RECLOCKED, ticket, None, names=list(names), why=why, before=before, after=after)


def names_for(turn: Turn, ticket: Ticket) -> tuple[str, ...]:
    """The exceptions that fit the ticket as it stands."""
    level = turn.house.policies.service_level
    if not level.exempt:
        return ()
    customer = turn.get(Person, ticket.customer_id)
    device = "\n".join(part for part in (ticket.device, ticket.device_model, ticket.serial_no) if part)
    return level.names_for(Case(customer.level if customer else None, ticket.entity, device))


def idle_target(turn: Turn, ticket: Ticket) -> Target | None:
    """How long a stage of this ticket may go without an update, where an exception says so; else escalation's general rule holds."""
    level = turn.house.policies.service_level
    if not level.promises(Goal.IDLE):
        return None
    return level.target(Goal.IDLE, ticket.priority, names_for(turn, ticket))


def names_of(history: History) -> tuple[str, ...]:
    """The exceptions that hold by its history."""
    return next((change.names for change in reversed(history.changes) if change.names is not None), history.names)


def _begin(turn: Turn, ticket: Ticket) -> None:
    """A ticket that has just been made: the general rule of this moment, or the exceptions that fit."""
    names = names_for(turn, ticket)
    _fresh(turn, ticket, names)
    if names:
        record(turn, Happened.RECLOCKED, ticket, None, names=list(names), why="case")


def _recount(turn: Turn, ticket: Ticket, event: Event, *, fresh: bool) -> None:
    """With `fresh` the ticket was made in this very turn, and is still at its first instant."""
    if event.kind == Happened.SUPPLEMENTED and DEVICE & set(event.data["changed"]):
        rebind(turn, ticket, "case")
    elif fresh and event.at == ticket.created_at:
        _fresh(turn, ticket, names_for(turn, ticket))
    else:
        recount(turn, ticket)


def _fresh(turn: Turn, ticket: Ticket, names: tuple[str, ...]) -> None:
    """Nothing has happened yet but the report."""
    policies = turn.house.policies
    history = History(ticket.created_at, turn.now, ticket.priority, names)
    history.begin(ticket)
    _write(ticket, account(history, [Bound(0, policies.service_level, policies.calendar)], turn.now))


def _write(ticket: Ticket, found: Account) -> None:
    ticket.response_due_at = found.due_at(Goal.RESPONSE)
    ticket.resolution_due_at = found.due_at(Goal.RESOLUTION)


def _moves(ticket: Ticket, event: Event, status_before: str | None) -> None:
    """Since when it stands where it stands, and its last update."""
    at = max(event.at, ticket.created_at)
    if ticket.stage_at is None and status_before is None:
        ticket.stage_at = ticket.moved_at = ticket.created_at
    if status_before is not None and ticket.status != status_before:
        ticket.stage_at = at = max(at, ticket.stage_at or 0)
    if event.kind in ACTIONS or (status_before is not None and ticket.status != status_before):
        ticket.moved_at = max(at, ticket.moved_at or 0)


def _answers_at_once(ticket: Ticket, event: Event, before: dict[str, Any] | None) -> bool:
    """Whether this is the first response, at the very instant of something else: what changed then no longer moves when it was due."""
    first = event.kind in RESPONSES and ticket.first_response_at == event.at
    return first and before is not None and before["updated_at"] >= event.at


def _moves_due(level: ServiceLevel, event: Event) -> bool:
    """Whether an event can change when anything is due."""
    if event.kind in (Happened.PRIORITY_SET, Happened.HELD, Happened.RESUMED):
        return True
    if event.kind == Happened.SUPPLEMENTED:
        changed = set(event.data["changed"])
        return "priority" in changed or bool(level.exempt and DEVICE & changed)
    return event.kind in STEPS and level.promises(Goal.RESOLUTION)


REACTIONS = {kind: (keep,) for kind in Happened if kind != Happened.RECLOCKED}
"""Event → what must follow in the same turn, before anybody looks at when something is due."""
