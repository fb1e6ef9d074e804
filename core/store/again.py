"""What was set aside can be tried again, or dropped, by a person who has looked at it; either is on record (S8, S35).

Set aside are notices that were not delivered or perhaps were, messages and reminders whose turns failed, and long work
that was given up. None of them is ever tried again by itself, and none is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, TextClause, bindparam, select

from core.refused import Refused
from core.store.database import Connection
from core.store.model import (
    DEAD,
    DEAD_JOBS,
    FAILED,
    PARKED,
    Inbox,
    InboxState,
    Job,
    JobState,
    Outbox,
    OutboxState,
    Timer,
    TimerState,
)
from core.store.rows import Row
from core.store.turn import Turn
from core.words import Micros

STREAM = "operator"
"""The stream of what operators did by hand."""
_ID = re.compile(r"[0-9]{1,18}")
DROPPED = "dropped"
"""The outcome of a message that a person has dropped."""


@dataclass(frozen=True, slots=True)
class Aside:
    """Something set aside: `ref` names it (outbox:12), `what` says of which kind it is; nobody's words."""

    ref: str
    what: str
    at: Micros
    state: str
    error: str


def set_aside(connection: Connection, most: int) -> Iterator[Aside]:
    """All that was set aside, the newest first of each sort, at most so many of each."""
    for row in map(Outbox.from_db, connection.all(_notices, most=most)):
        yield Aside(f"outbox:{row.id}", f"{row.channel} {row.purpose}", row.created_at, row.state, row.error or "")
    for row in map(Inbox.from_db, connection.all(_messages, most=most)):
        yield Aside(f"inbox:{row.id}", row.channel, row.received_at, row.state, row.error or "")
    for row in map(Timer.from_db, connection.all(_timers, most=most)):
        yield Aside(f"timer:{row.id}", row.kind, row.due_at, row.state, row.error or "")
    for row in map(Job.from_db, connection.all(_jobs, most=most)):
        yield Aside(f"job:{row.id}", row.kind, row.due_at, row.state, row.error or "")


def again(turn: Turn, ref: str) -> None:
    """Have it tried once more, from the beginning. Raises Refused if it was not set aside."""
    row = _find(turn, ref)
    row.attempts, row.error = 0, None
    match row:
        case Outbox():
            row.state, row.due_at, row.lease, row.expires_at = OutboxState.WAITING, turn.now, None, None
        case Inbox():
            row.state, row.due_at = InboxState.NEW, turn.now
        case Timer():
            row.state = TimerState.WAITING
        case Job():
            row.state, row.due_at, row.lease = JobState.WAITING, turn.now, None
    _record(turn, "operator.again", ref)


def drop(turn: Turn, ref: str) -> None:
    """Let it be: nobody needs it any more. It stays in the store with its error. Raises Refused if it was not set aside."""
    row = _find(turn, ref)
    match row:
        case Outbox():
            row.state = OutboxState.WITHDRAWN
        case Inbox():
            row.state, row.outcome = InboxState.DONE, DROPPED
        case Timer():
            row.state = TimerState.CANCELLED
        case Job():
            row.state = JobState.DONE
    _record(turn, "operator.dropped", ref)


def _find(turn: Turn, ref: str) -> Any:
    sort, _, key = ref.partition(":")
    kind, states = _SORTS.get(sort, (None, frozenset()))
    row: Any = turn.get(kind, int(key), lock=True) if kind and _ID.fullmatch(key) else None
    if row is None or row.state not in states:
        raise Refused(f"{ref}：没有被搁置 · was not set aside: desk dead list")
    return row


def _record(turn: Turn, kind: str, ref: str) -> None:
    turn.record(kind, entity=turn.house.policies.entity, stream=STREAM, data={"what": ref})


def _newest(kind: type[Row], where: TextClause) -> Select[Any]:
    return select(kind.table).where(where).order_by(kind.table.c.due_at.desc()).limit(bindparam("most"))


_notices, _messages = _newest(Outbox, DEAD), _newest(Inbox, FAILED)
_timers, _jobs = _newest(Timer, PARKED), _newest(Job, DEAD_JOBS)
_SORTS: dict[str, tuple[type[Row], frozenset[str]]] = {
    "outbox": (Outbox, frozenset({OutboxState.DEAD, OutboxState.UNCLEAR})),
    "inbox": (Inbox, frozenset({InboxState.FAILED})),
    "timer": (Timer, frozenset({TimerState.PARKED})),
    "job": (Job, frozenset({JobState.DEAD})),
}
