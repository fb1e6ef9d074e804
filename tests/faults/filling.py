"""Rows by the ten thousand, written past the desk, as a mountain that lies before it when it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import insert

from benchmarks.plain_mind import QUESTION
from core.store.database import Connection, Database
from core.store.intake import inbox_row
from core.store.model import Inbox, Outbox, RoomRow
from core.store.numbers import rise_above
from core.words import Inbound, Micros, Room, Who

AT_ONCE = 1_000


class Filling:
    """Writes rows past the desk, a thousand at a time."""

    def __init__(self, url: str, at: Micros):
        self._database, self._at, self._id = Database(url), at, 0
        self._connection: Connection = self._database.connect()

    def __enter__(self) -> Filling:
        self._connection.say("BEGIN")
        return self

    def __exit__(self, *error: object) -> None:
        rise_above(self._connection, self._id)
        self._connection.say("COMMIT")
        self._connection.say("ANALYZE")
        self._connection.close()
        self._database.close()

    def inbox(self, count: int) -> None:
        """Questions, four in a room."""
        self._write(RoomRow, ({**_EMPTY, "room": str(_room(f"asks {number}"))} for number in range(count // 4)))
        self._write(Inbox, (self._question(number).to_db() for number in range(count)))

    def outbox(self, count: int) -> None:
        """News, two in a room, and an alarm at their end."""
        self._write(Outbox, (self._news(f"news {number}", f"hears {number // 2}", 1) for number in range(count - 1)))
        self._write(Outbox, iter([self._news("alarm", "liu", 0)]))

    def _question(self, number: int) -> Inbox:
        who = f"asks {number // 4}"
        self._id += 1
        message = Inbound(f"webchat:question {number}", self._at, Who(who), _room(who), "text", QUESTION)
        return inbox_row(message, self._at, self._id)

    def _news(self, key: str, who: str, priority: int) -> dict[str, Any]:
        self._id += 1
        return Outbox(
            id=self._id, key=key, channel="webchat", room=str(_room(who)), purpose="news",
            say={"purpose": "news", "text": key}, priority=priority, created_at=self._at, due_at=self._at,
        ).to_db()  # fmt: skip

    def _write(self, kind: Any, rows: Iterator[Mapping[str, Any]]) -> None:
        while some := list(islice(rows, AT_ONCE)):
            self._connection.many(insert(kind.table), some)


_EMPTY = {
    "channel": "webchat",
    **dict.fromkeys(("person_id", "last_in_at", "window_until", "window_left", "greeted_at", "left_at")),
}


def _room(who: str) -> Room:
    return Room("webchat", "desk", who)
