"""The desk starts with a mountain before it: an alarm is out in seconds, whoever writes now is heard of at once, memory stays."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import insert

from benchmarks.plain_mind import QUESTION
from core.store.database import Connection, Database
from core.store.intake import inbox_row
from core.store.model import Inbox, Outbox, RoomRow
from core.store.numbers import rise_above
from core.store.outgoing import post
from core.store.turn import Turn
from core.words import HOUR, SECOND, Inbound, Micros, Room, Say, Who
from tests.faults.living import Eye, Time, living, until
from tests.faults.people import People

ALARM = 5.0
"""Seconds within which an alarm must be out, whatever waits."""
TAKEN = 1.0
"""Seconds within which a platform must hear that a message was taken."""
GROWTH = 100 * 2**20
"""Bytes by which memory may grow while the desk works the mountain off: the same for any mountain."""
AT_ONCE = 1_000


@pytest.mark.req("S10", "S35")
@pytest.mark.parametrize(
    ("rows", "seconds"), [(20_000, 2), pytest.param(100_000, 60, marks=pytest.mark.prove)], ids=["some", "all"]
)
def test_a_mountain_of_messages(desk_url: str, rows: int, seconds: float) -> None:
    """So many messages of an hour ago wait to be heard, so many to be sent; the alarm was written last."""
    clock = Time()
    with Filling(desk_url, clock() - HOUR) as filling:
        filling.inbox(rows)
        filling.outbox(rows)
    asyncio.run(_works_it_off(desk_url, clock, rows, seconds))


async def _works_it_off(url: str, clock: Time, rows: int, seconds: float) -> None:
    people, eye = People("webchat", clock), Eye(url, clock)
    before, since = _memory(), clock()
    async with living(url, people, clock) as one:
        await until(lambda: "alarm" in people.said)
        assert clock() - since < ALARM * SECOND
        wrote = clock()
        await people.brings([one.door], "wang", QUESTION)
        assert clock() - wrote < TAKEN * SECOND
        rang = clock()
        await one.desk.act(_alarm)
        await until(lambda: "second alarm" in people.said)
        assert clock() - rang < ALARM * SECOND
        most = 0
        while clock() - since < seconds * SECOND or not people.shown[100:]:
            most = max(most, _memory() - before)
            await asyncio.sleep(0.1)
        assert most < GROWTH, f"{most / 2**20:.0f} MB more"
    keys = [one.key for one in people.shown]
    assert len(keys) == len(set(keys))
    assert eye.one("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'leased', 'waiting')") == 0
    assert eye.one("SELECT count(*) FROM inbox") == rows + 1
    eye.close()


def _alarm(turn: Turn) -> None:
    post(turn, Room("webchat", "desk", "liu"), Say("escalation", "second alarm"), priority=0)


def _memory() -> int:
    """Bytes of this process that lie in memory."""
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


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


_EMPTY = {"channel": "webchat", **dict.fromkeys(("person_id", "last_in_at", "window_until", "window_left"))}


def _room(who: str) -> Room:
    return Room("webchat", "desk", who)
