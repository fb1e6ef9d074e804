"""What the events of a ticket say about time: its start, priorities, pauses, and when it was answered, touched and done.

A pure function of the event log. What was taken back has not happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.store.model import Event
from core.tickets.events import Happened
from core.tickets.model import Priority, Status, Ticket
from core.words import Micros

RESPONSES = frozenset({Happened.NOTED, Happened.QUOTED, Happened.COMPLETED})
"""What is a first response: each of them says something real (S12)."""
ACTIONS = RESPONSES | {Happened.PHOTO_ADDED, Happened.HELD, Happened.PART_NEEDED}
"""Processing actions (S7, S11)."""
ENDS = frozenset({Status.CLOSED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Stay:
    """A status, since when, and for one on hold the date named then."""

    at: Micros
    status: Status
    until: Micros | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """From then on the ticket had this priority, or these exceptions held for it."""

    at: Micros
    priority: str | None = None
    names: tuple[str, ...] | None = None


@dataclass(slots=True)
class History:
    """`recorded_at`: when the desk heard of it first; `stays` in order, the first from `start` on; `moved_at`: its last update."""

    start: Micros
    recorded_at: Micros
    priority: str
    names: tuple[str, ...] = ()
    stays: list[Stay] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    response_at: Micros | None = None
    action_at: Micros | None = None
    moved_at: Micros = 0
    urgent_at: Micros | None = None

    def begin(self, ticket: Ticket | None) -> None:
        """It begins as the ticket stands, or as any ticket begins."""
        self.stays.append(
            Stay(self.start, ticket.status, ticket.hold_until) if ticket else Stay(self.start, Status.UNASSIGNED)
        )
        self.response_at = ticket.first_response_at if ticket else None

    @property
    def stay(self) -> Stay:
        """Where it stands, and since when."""
        return self.stays[-1]


def standing(events: Sequence[Event]) -> list[Event]:
    """The events that were not taken back."""
    undone = {event.data["cause"] for event in events if event.kind == Happened.UNDONE}
    return [event for event in events if event.cause not in undone and event.kind != Happened.UNDONE]


def history_of(ticket: Ticket | None, events: Sequence[Event]) -> History:
    """The history of a ticket from all its events in their order; one that comes late keeps its own time, and overtakes no
    step. `ticket` is asked only about what the events of an imported one do not say, and about one without a report, which
    begins as its row says."""
    told = standing(events)
    first = told[0] if told and told[0].kind == Happened.REPORTED else None
    if first is None or (first.data.get("imported") and "created" not in first.data):
        assert ticket is not None
        found = History(ticket.created_at, first.recorded_at if first else ticket.created_at, ticket.priority)
        found.begin(ticket if not told or first else None)
        found.priority = _first_priority(told) or found.priority
    else:
        said = first.data
        found = History(said.get("created", first.at), first.recorded_at, str(said["priority"]))
        status = Status(said.get("status", Status.UNASSIGNED))
        found.stays.append(Stay(found.start, status, said.get("until")))
        found.response_at = said.get("responded")
    found.moved_at = found.start
    if found.priority == Priority.P0:
        found.urgent_at = found.start
    for event in told:
        _fold(found, event)
    return found


def _fold(found: History, event: Event) -> None:
    at, kind = max(event.at, found.start), event.kind
    if kind in RESPONSES:
        found.response_at = min(at, found.response_at or at)
    if kind in ACTIONS:
        found.action_at = min(at, found.action_at or at)
        found.moved_at = max(at, found.moved_at)
    status = status_after(event, found.stays)
    if status is not None and status != found.stay.status:
        since = max(at, found.stay.at)
        found.stays.append(Stay(since, status, event.data.get("until") if kind == Happened.HELD else None))
        found.moved_at = max(since, found.moved_at)
    priority = event.data.get("priority") if kind in (Happened.PRIORITY_SET, Happened.SUPPLEMENTED) else None
    if priority is not None and priority != _priority(found):
        found.urgent_at = at if priority == Priority.P0 else None
        _change(found, Change(at, priority=priority))
    if kind == Happened.RECLOCKED:
        _change(found, Change(at, names=tuple(event.data["names"])))


def status_after(event: Event, stays: Sequence[Stay]) -> Status | None:
    """The status to which an event led; None if it leaves it. `stays`: where the ticket was before, in order."""
    now, data = stays[-1].status, event.data
    match event.kind:
        case Happened.ACCEPTED | Happened.REOPENED:
            return Status.ACCEPTED
        case Happened.ARRIVED:
            return Status.ON_SITE
        case Happened.PART_NEEDED:
            return Status.WAITING_PART
        case Happened.PART_ARRIVED:
            return Status.ACCEPTED if data["complete"] and now == Status.WAITING_PART else None
        case Happened.TRANSFERRED:
            return Status.UNASSIGNED
        case Happened.TRANSFER_REFUSED:
            return Status.ACCEPTED if data.get("back_to") is not None else None
        case Happened.HELD:
            return Status.ON_HOLD
        case Happened.RESUMED:
            before = [stay.status for stay in stays if stay.status != Status.ON_HOLD]
            return before[-1] if before else Status.ACCEPTED
        case Happened.COMPLETED:
            return Status.DONE
        case Happened.CLOSED:
            return Status.CLOSED
        case Happened.CANCELLED:
            return Status.CANCELLED
        case Happened.MERGED:
            return Status.CANCELLED if "into" in data else None
    return None


def _change(found: History, change: Change) -> None:
    """What holds from the first instant on is no change."""
    if change.at > found.start:
        found.changes.append(change)
    elif change.priority is not None:
        found.priority = change.priority
    elif change.names is not None:
        found.names = change.names


def _priority(found: History) -> str:
    return next((change.priority for change in reversed(found.changes) if change.priority), found.priority)


def _first_priority(events: Sequence[Event]) -> str | None:
    """What it was before anybody set it."""
    found = next((event for event in events if event.kind == Happened.PRIORITY_SET), None)
    return found.data.get("before") if found else None
