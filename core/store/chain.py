"""The event log: append-only, one hash chain per stream, personal words beside it under a salted hash (S8, S35)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, select

from core.store.database import Connection
from core.store.model import Event, EventPrivate
from core.store.streaming import each
from core.words import Micros

if TYPE_CHECKING:
    from core.store.turn import Turn

START = "0" * 64
"""What the first event of a stream points back to."""

_event = Event.table.c
_head = select(Event.table).where(_event.stream == bindparam("stream")).order_by(_event.seq.desc()).limit(1)


def append(
    turn: Turn,
    *,
    kind: str,
    entity: str,
    stream: str,
    by: int | None,
    at: Micros,
    data: dict[str, Any],
    private: dict[str, Any] | None,
) -> tuple[Event, EventPrivate | None]:
    """The next event of its stream, with its personal part if it has one."""
    last = turn.heads.get(stream) or turn.first(Event, _head, stream=stream)
    event_id = turn.new_id()
    hidden = None
    if private is not None:
        hidden = EventPrivate(event_id=event_id, salt=turn.house.chance(), data=private)
    event = Event(
        id=event_id,
        entity=entity,
        stream=stream,
        seq=last.seq + 1 if last else 1,
        kind=kind,
        at=at,
        recorded_at=turn.now,
        by=by,
        via=turn.place,
        cause=turn.cause.text,
        data=data,
        private_hash=private_hash(hidden) if hidden else None,
        prev=last.hash if last else START,
        hash="",
    )
    event.hash = seal(event)
    turn.heads[stream] = event
    return event, hidden


def words_of(turn: Turn, event: Event) -> dict[str, Any]:
    """The personal part of an event; empty if it has none, or none any more."""
    hidden = turn.get(EventPrivate, event.id) if event.private_hash else None
    return hidden.data if hidden else {}


def seal(event: Event) -> str:
    """The hash of an event over everything it says and the hash before it."""
    fields = {name: value for name, value in event.__dict__.items() if name not in ("hash", "id")}
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def private_hash(hidden: EventPrivate) -> str:
    """What stands in the chain for an event's personal part."""
    return hashlib.sha256(hidden.salt.encode() + orjson.dumps(hidden.data, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a chain does not hold: the event itself, or (`private`) the words that stand beside it."""

    stream: str
    seq: int
    private: bool = False

    def __str__(self) -> str:
        if self.private:
            return f"{self.stream}: the words of event {self.seq} were changed"
        return f"{self.stream}: event {self.seq} does not continue the chain"


def breaks(connection: Connection, count: Callable[[], None] = lambda: None) -> Iterator[Break]:
    """Every break in the chains; nothing if all is whole. An erased personal part is no break.

    All events pass once, 8 µs each, in bounded memory; `count` hears of each. On PostgreSQL inside a transaction. SQLite is
    made to sort, since following the index would fetch a page from anywhere for every event.
    """
    stream, seq, prev = "", 0, START
    for digest, salt, words, *values in each(
        connection, _ALL if connection.kind == "postgresql" else _ALL.replace("ORDER BY ", "ORDER BY +")
    ):
        said = dict(zip(_SEALED, values, strict=True))
        if said["stream"] != stream:
            stream, seq, prev = said["stream"], 0, START
        if (said["seq"], said["prev"], digest) != (seq + 1, prev, _sealed(said)):
            yield Break(stream, said["seq"])
        if salt is not None and _hidden(salt, words) != said["private_hash"]:
            yield Break(stream, said["seq"], private=True)
        seq, prev = said["seq"], digest
        count()


def faults(connection: Connection) -> Iterator[str]:
    """The same in words."""
    yield from map(str, breaks(connection))


def _sealed(said: dict[str, Any]) -> str | None:
    """The hash that an event should have, from its columns; None if nobody can read them."""
    try:
        said["data"] = orjson.loads(said["data"])
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except (orjson.JSONDecodeError, TypeError):
        return None


def _hidden(salt: str, words: str) -> str | None:
    try:
        return hashlib.sha256(
            salt.encode() + orjson.dumps(orjson.loads(words), option=orjson.OPT_SORT_KEYS)
        ).hexdigest()
    except orjson.JSONDecodeError:
        return None


_SEALED = tuple(name for name in Event.columns if name not in ("hash", "id"))
_ALL = (
    "SELECT e.hash, p.salt, p.data, "
    + ", ".join(f'e."{name}"' for name in _SEALED)
    + " FROM event e LEFT JOIN event_private p ON p.event_id = e.id ORDER BY e.stream, e.seq"
)
