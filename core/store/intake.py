"""Deliveries become rows before the platform hears that we have them; what cannot be read is kept for later."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert  # SQLite understands the same ON CONFLICT

from core.store.database import Connection
from core.store.model import Inbox, Quarantine, RoomRow, ShelfRow
from core.store.numbers import RowIds
from core.store.turn import Turn
from core.words import Channel, Cursor, Inbound, Media, Micros, Receipt, Room, Who

log = logging.getLogger("huiying.intake")

LONGEST_TEXT = 20_000
"""Characters of one message that the desk reads; the raw delivery is kept whole."""
LONGEST_NAME = 100
"""Characters of a speaker's name."""

_new_message = insert(Inbox.table).on_conflict_do_nothing(index_elements=["key"])
_new_quarantine = insert(Quarantine.table).on_conflict_do_nothing(index_elements=["key"])
_new_room = insert(RoomRow.table).on_conflict_do_nothing(index_elements=["room"])
_cursor = (
    insert(ShelfRow.table)
    .values(name=bindparam("name"), value=bindparam("value"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": bindparam("value")})
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a channel handed over at once, already translated: messages, unreadable raw bytes, its cursor, and what it says
    of posts that were not delivered after all (by their ref)."""

    channel: str
    messages: tuple[Inbound, ...]
    unreadable: tuple[tuple[bytes, str], ...]
    cursor: Cursor | None
    late: tuple[tuple[str, Receipt], ...] = ()

    @classmethod
    def read(cls, channel: Channel, deliveries: Sequence[bytes], cursor: Cursor | None) -> Delivery:
        """Translate raw deliveries; one that its channel cannot read spoils no other."""
        messages: list[Inbound] = []
        unreadable: list[tuple[bytes, str]] = []
        late: list[tuple[str, Receipt]] = []
        tell_late = getattr(channel, "late", None)
        for raw in deliveries:
            try:
                found = channel.read(raw)
                messages += found
                if not found and tell_late and (receipt := tell_late(raw)):
                    late.append(receipt)
            except Exception as error:
                unreadable.append((raw, f"{type(error).__name__}: {error}"[:500]))
        return cls(channel.name, tuple(messages), tuple(unreadable), cursor, tuple(late))


def store(connection: Connection, deliveries: Sequence[Delivery], now: Micros, ids: RowIds) -> None:
    """Write deliveries in the running transaction, all their messages by one statement; what they say of posts is for turns
    of their own."""
    messages = [message for delivery in deliveries for message in delivery.messages]
    if messages:
        arrivals = ids.arrivals(connection, len(messages))
        rows = [inbox_row(message, now, row_id).to_db() for message, row_id in zip(messages, arrivals, strict=True)]
        rooms = sorted({(row["room"], row["channel"]) for row in rows})
        connection.many(_new_room, [{"room": room, "channel": channel, **_empty_room} for room, channel in rooms])
        connection.many(_new_message, rows)
    for delivery in deliveries:
        _store_the_rest(connection, delivery, now, ids)


def _store_the_rest(connection: Connection, delivery: Delivery, now: Micros, ids: RowIds) -> None:
    """What could not be read, and how far the channel has read."""
    for raw, error in delivery.unreadable:
        kept = Quarantine(
            id=ids.next(connection),
            key=f"{delivery.channel}:{hashlib.sha256(raw).hexdigest()}",
            channel=delivery.channel,
            at=now,
            raw=raw,
            error=clean(error),
        )
        connection.run(_new_quarantine, **kept.to_db())
        log.warning("a delivery was quarantined", extra={"channel": delivery.channel, "quarantine": kept.id})
    if delivery.cursor:
        name = f"cursor:{delivery.cursor.name}"
        connection.run(_cursor, name=name, value=clean(delivery.cursor.value))


_empty_room = dict.fromkeys(("person_id", "last_in_at", "window_until", "window_left", "greeted_at", "left_at"))
_said = tuple(field.name for field in fields(Inbound) if field.name not in ("key", "at", "room", "raw"))


def inbox_row(message: Inbound, now: Micros, row_id: int) -> Inbox:
    """The row of a message, with its text made safe to store."""
    said = {name: getattr(message, name) for name in _said}
    said["text"] = clean(message.text)[:LONGEST_TEXT]
    said["quoted"] = clean(message.quoted)[:LONGEST_TEXT] if message.quoted else None
    if message.who.name:
        said["who"] = replace(message.who, name=clean(message.who.name)[:LONGEST_NAME])
    return Inbox(
        id=row_id,
        key=clean(message.key),
        channel=message.room.channel,
        room=str(message.room),
        at=min(message.at, now),
        received_at=now,
        said=said,
        raw=message.raw,
        due_at=now,
        ref=clean(message.id) if message.id else None,
    )


def bring(turn: Turn, message: Inbound) -> Inbox:
    """A message that the desk itself puts in, in a room where somebody has spoken before; it has its turn after this one."""
    return turn.add(inbox_row(message, turn.now, turn.next_arrival()))


def message_of(row: Inbox) -> Inbound:
    """The message that a row keeps."""
    said = dict(row.said)
    return Inbound(
        key=row.key,
        at=row.at,
        room=Room.of(row.room),
        raw=row.raw,
        who=Who(**said.pop("who")),
        media=tuple(Media.of(media) for media in said.pop("media")),
        **said,
    )


def clean(text: str) -> str:
    """Text without what no database takes: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
