"""The event log: append-only, one hash chain per stream, personal words beside it under a salted hash (S8, S35)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import bindparam, select

from core.store.database import Connection
from core.store.model import Event, EventPrivate
from core.words import Micros

if TYPE_CHECKING:
    from core.store.turn import Turn

START = "0" * 64
"""What the first event of a stream points back to."""

_event = Event.table.c
_head = select(Event.table).where(_event.stream == bindparam("stream")).order_by(_event.seq.desc()).limit(1)
_stream = select(Event.table).where(_event.stream == bindparam("stream")).order_by(_event.seq)
_streams = select(_event.stream).distinct()
_private = select(EventPrivate.table).where(EventPrivate.table.c.event_id == bindparam("event_id"))


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
        via=turn.cause.via,
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


def faults(connection: Connection) -> Iterable[str]:
    """Every break in the chains, in words; nothing if all is whole. An erased personal part is no break."""
    for (stream,) in connection.all(_streams):
        prev = START
        for seq, values in enumerate(connection.all(_stream, stream=stream), 1):
            event = Event.from_db(values)
            if event.seq != seq or event.prev != prev or event.hash != seal(event):
                yield f"{stream}: event {event.seq} does not continue the chain"
            hidden = connection.one(_private, event_id=event.id)
            if hidden and private_hash(EventPrivate.from_db(hidden)) != event.private_hash:
                yield f"{stream}: the words of event {event.seq} were changed"
            prev = event.hash
