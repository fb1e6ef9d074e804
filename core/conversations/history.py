"""What was said in a room, by both sides, as rows tell it: for pages that show a conversation. What the desk put in itself, the
words of a recording, stands there as the recording already."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import bindparam, or_, select

from core.recordings.taking_down import OURS
from core.store.database import Connection
from core.store.model import Inbox, Outbox, OutboxState
from core.words import FileRef, Media, Micros, Room, Say

LATEST = 100
"""Lines of a conversation that are shown."""
UNSPOKEN = frozenset({"enter", "leave"})
"""Kinds of which nothing is shown: their text is for the desk, not for people."""

_inbox, _outbox = Inbox.table.c, Outbox.table.c
_heard = (
    select(_inbox.id, _inbox.key, _inbox.received_at, _inbox.said)
    .where(_inbox.room == bindparam("room"), _inbox.key.not_like(f"{OURS}%"))
    .order_by(_inbox.id.desc())
    .limit(bindparam("most"))
)
_SHOWN = (OutboxState.LEASED, OutboxState.SENT)
"""States in which a message is on its way or there. It is never taken back from them."""
_told = (
    select(_outbox.id, _outbox.created_at, _outbox.sent_at, _outbox.say)
    .where(_outbox.room == bindparam("room"), or_(*(_outbox.state == state for state in _SHOWN)))
    .order_by(_outbox.id.desc())
    .limit(bindparam("most"))
)
_heard_with = select(_inbox.said).where(_inbox.room == bindparam("room"), _inbox.said.contains(bindparam("hash")))
_told_with = select(_outbox.say).where(_outbox.room == bindparam("room"), _outbox.say.contains(bindparam("hash")))


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said: by the person (`kind`, `text`, `media`) or by the desk (`say`)."""

    id: int
    at: Micros
    key: str = ""
    kind: str = ""
    text: str = ""
    media: tuple[Media, ...] = ()
    say: Say | None = None


def said_in(connection: Connection, room: Room, most: int = LATEST) -> list[Line]:
    """The last lines of a room, the oldest first."""
    heard = [_heard_line(*values) for values in connection.all(_heard, room=str(room), most=most)]
    lines = [line for line in heard if line.kind not in UNSPOKEN]
    lines += [_told_line(*values) for values in connection.all(_told, room=str(room), most=most)]
    return sorted(lines, key=lambda line: (line.at, line.id))[-most:]


def file_in(connection: Connection, room: Room, name: str) -> Media | FileRef | None:
    """The file with this hash if it was sent in this room by either side. To name it in words gives no right to it."""
    for (said,) in connection.all(_heard_with, room=str(room), hash=name):
        for media in orjson.loads(said)["media"]:
            if media["ref"] == name:
                return Media.of(media)
    for (say,) in connection.all(_told_with, room=str(room), hash=name):
        file = Say.of(orjson.loads(say)).file
        if file and file.hash == name:
            return file
    return None


def _heard_line(row_id: int, key: str, at: Micros, said: str) -> Line:
    fields = orjson.loads(said)
    media = tuple(Media.of(row) for row in fields["media"])
    return Line(row_id, at, key=key, kind=fields["kind"], text=fields["text"], media=media)


def _told_line(row_id: int, created_at: Micros, sent_at: Micros | None, say: str) -> Line:
    return Line(row_id, sent_at or created_at, say=Say.of(orjson.loads(say)))
