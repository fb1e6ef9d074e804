"""The desk's own bookkeeping: what came in, what goes out, what is due, what takes long, what happened."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros

WAITING_MESSAGES = text("state = 'new'")
UNSENT = text("state in ('waiting', 'leased')")
WAITING_TIMERS = text("state = 'waiting'")
ALARMS = text("state in ('waiting', 'leased') and priority = 0")
EXPIRING = text("state in ('waiting', 'leased') and expires_at is not null")
UNFINISHED_JOBS = text("state in ('waiting', 'leased')")
LET_GO = text("state = 'withdrawn' and lease is not null")
DEAD = text("state in ('dead', 'unclear')")
FAILED = text("state = 'failed'")
PARKED = text("state = 'parked'")
DEAD_JOBS = text("state = 'dead'")
QUARANTINED = text("state = 'waiting'")
NUMBERED = text("ref is not null")
"""Conditions spelled out, in queries as in the partial indexes that serve them: bound values would hide the index."""


class InboxState(StrEnum):
    NEW = "new"
    DONE = "done"
    FAILED = "failed"


@stored(
    "inbox",
    UniqueConstraint("key"),
    Index("inbox_waiting", "id", sqlite_where=WAITING_MESSAGES, postgresql_where=WAITING_MESSAGES),
    Index("inbox_waiting_in", "room", "id", sqlite_where=WAITING_MESSAGES, postgresql_where=WAITING_MESSAGES),
    Index("inbox_failed", "due_at", sqlite_where=FAILED, postgresql_where=FAILED),
    Index("inbox_by_room", "room", "id"),
    Index("inbox_ref", "channel", "ref", sqlite_where=NUMBERED, postgresql_where=NUMBERED),
)
class Inbox(Row):
    """One thing that somebody did in a chat, stored before the platform hears that we have it.

    `said` is the Inbound without its raw bytes; `outcome` says what the desk made of it (S84); `ref` is the platform's own id of
    the message, by which people answer, edit and recall it.
    """

    id: int = Field(primary_key=True)
    key: str
    channel: str
    room: str
    at: Micros
    received_at: Micros
    said: dict[str, Any] = Field(sa_type=Text)
    raw: bytes = Field(sa_type=LargeBinary)
    state: InboxState = Field(default=InboxState.NEW, sa_type=Text)
    due_at: Micros
    attempts: int = 0
    person_id: int | None = None
    outcome: str | None = None
    error: str | None = None
    ref: str | None = None


@stored("room")
class RoomRow(Row):
    """A place where people talk with the desk. Its row is the lock under which messages of a room keep their order.

    `window_until` and `window_left`: until when, and how many more messages, the platform lets us speak there. `greeted_at`: when
    a group last heard what the desk is for; `left_at`: since when the desk is no member of it any more.
    """

    room: str = Field(primary_key=True)
    channel: str
    person_id: int | None = None
    last_in_at: Micros | None = None
    window_until: Micros | None = None
    window_left: int | None = None
    greeted_at: Micros | None = None
    left_at: Micros | None = None


@stored(
    "quarantine",
    UniqueConstraint("key"),
    Index("quarantine_waiting", "at", sqlite_where=QUARANTINED, postgresql_where=QUARANTINED),
)
class Quarantine(Row):
    """A delivery that its channel could not read: kept with its raw bytes, to be replayed after a fix."""

    id: int = Field(primary_key=True)
    key: str
    channel: str
    at: Micros
    raw: bytes = Field(sa_type=LargeBinary)
    error: str
    state: str = "waiting"


@stored("shelf")
class ShelfRow(Row):
    """A small value that all processes share: a pull cursor, an access token."""

    name: str = Field(primary_key=True)
    value: str
    until: Micros | None = None


@stored("lease")
class Lease(Row):
    """What only one process may do at a time, and until when it may."""

    name: str = Field(primary_key=True)
    holder: str
    until: Micros


@stored("process")
class Process(Row):
    """A process that works on this database, which schema its program knows, and until when it counts as alive."""

    holder: str = Field(primary_key=True)
    revision: int
    since: Micros
    until: Micros


class OutboxState(StrEnum):
    """waiting → leased → sent; or held (reply window shut), unclear (perhaps shown), dead, expired, withdrawn."""

    WAITING = "waiting"
    LEASED = "leased"
    SENT = "sent"
    HELD = "held"
    UNCLEAR = "unclear"
    DEAD = "dead"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@stored(
    "outbox",
    UniqueConstraint("key"),
    Index("outbox_unsent", "room", "id", sqlite_where=UNSENT, postgresql_where=UNSENT),
    Index("outbox_due_at", "due_at", "id", sqlite_where=UNSENT, postgresql_where=UNSENT),
    Index("outbox_alarms", "due_at", "id", sqlite_where=ALARMS, postgresql_where=ALARMS),
    Index("outbox_expiring", "expires_at", sqlite_where=EXPIRING, postgresql_where=EXPIRING),
    Index("outbox_let_go", "lease", sqlite_where=LET_GO, postgresql_where=LET_GO),
    Index("outbox_dead", "due_at", sqlite_where=DEAD, postgresql_where=DEAD),
    Index("outbox_by_room", "room", "id"),
    Index("outbox_by_subject", "subject"),
    Index("outbox_ref", "channel", "ref"),
)
class Outbox(Row):
    """One platform message on its way out: already fitted, sent at least once unless its channel says otherwise.

    A leased row's `due_at` is the instant at which its lease ends; `lease` names the process and the group in which it
    was taken. `priority` 0 goes first.
    """

    id: int = Field(primary_key=True)
    key: str
    channel: str
    room: str
    person_id: int | None = None
    subject: str | None = None
    purpose: str
    say: dict[str, Any] = Field(sa_type=Text)
    state: OutboxState = Field(default=OutboxState.WAITING, sa_type=Text)
    priority: int = 1
    created_at: Micros
    due_at: Micros
    expires_at: Micros | None = None
    lease: str | None = None
    attempts: int = 0
    sent_at: Micros | None = None
    ref: str | None = None
    error: str | None = None


class TimerState(StrEnum):
    WAITING = "waiting"
    FIRED = "fired"
    CANCELLED = "cancelled"
    PARKED = "parked"


@stored(
    "timer",
    UniqueConstraint("subject", "kind", "episode"),
    Index("timer_due", "due_at", sqlite_where=WAITING_TIMERS, postgresql_where=WAITING_TIMERS),
    Index("timer_parked", "due_at", sqlite_where=PARKED, postgresql_where=PARKED),
)
class Timer(Row):
    """A promise with a date. Firing it and whatever follows are one turn; an unknown kind is parked, never dropped."""

    id: int = Field(primary_key=True)
    subject: str
    kind: str
    episode: str = ""
    due_at: Micros
    policy_version: int = 1
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Text)
    state: TimerState = Field(default=TimerState.WAITING, sa_type=Text)
    fired_at: Micros | None = None
    attempts: int = 0
    error: str | None = None


class JobState(StrEnum):
    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


@stored(
    "job",
    UniqueConstraint("key"),
    Index("job_due", "due_at", sqlite_where=UNFINISHED_JOBS, postgresql_where=UNFINISHED_JOBS),
    Index("job_dead", "due_at", sqlite_where=DEAD_JOBS, postgresql_where=DEAD_JOBS),
)
class Job(Row):
    """Work that takes long and runs outside any transaction under a lease; its result is a new turn."""

    id: int = Field(primary_key=True)
    key: str
    kind: str
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Text)
    state: JobState = Field(default=JobState.WAITING, sa_type=Text)
    due_at: Micros
    lease: str | None = None
    attempts: int = 0
    result: dict[str, Any] | None = Field(default=None, sa_type=Text)
    error: str | None = None


@stored(
    "event",
    UniqueConstraint("stream", "seq"),
    Index("event_at", "at"),
    Index("event_recorded", "recorded_at"),
    Index("event_by", "by", "at"),
)
class Event(Row):
    """Something that happened, never changed afterwards. Chained per stream by SHA-256.

    `at` is when it happened, `recorded_at` when the desk heard of it. `data` names nobody's words or numbers: those stand in
    EventPrivate, and only their salted hash is part of the chain, so that they can be erased and the chain stays valid.
    """

    id: int = Field(primary_key=True)
    entity: str
    stream: str
    seq: int
    kind: str
    at: Micros
    recorded_at: Micros
    by: int | None = None
    via: str | None = None
    cause: str
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Text)
    private_hash: str | None = None
    prev: str
    hash: str


@stored("event_private")
class EventPrivate(Row):
    """The personal part of an event: words, phone numbers, addresses. Erasable."""

    event_id: int = Field(primary_key=True)
    salt: str
    data: dict[str, Any] = Field(sa_type=Text)


@stored("counter")
class Counter(Row):
    """Where the next block of numbers begins."""

    name: str = Field(primary_key=True)
    value: int
