"""The desk starts with a mountain before it: an alarm is out in seconds, whoever writes now is heard of at once, memory stays."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.plain_mind import QUESTION
from bots.emulated.carrier import CAN
from core.store.outgoing import post
from core.store.turn import Turn
from core.words import HOUR, SECOND, Room, Say
from tests.faults.filling import Filling
from tests.faults.living import Eye, Time, living, until
from tests.faults.people import People

ALARM = 5.0
"""Seconds within which an alarm must be out, whatever waits."""
TAKEN = 3.0
"""Seconds within which a platform must hear that a message was taken: Feishu's and Slack's figure."""
IN_HAND = 1_000
"""Most messages that a process holds at the same time or has shown without having written so down: what a kill could repeat."""
GROWTH = 100 * 2**20
"""Bytes by which memory may grow while the desk works the mountain off: the same for any mountain."""


HELD = "SELECT count(*) FROM outbox WHERE state = 'leased'"


@pytest.mark.req("S10", "S35")
@pytest.mark.timeout(400)
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
        while clock() - since < seconds * SECOND or not people.shown[100:]:
            assert eye.one(HELD) < IN_HAND and _memory() - before < GROWTH
            await asyncio.sleep(0.1)
    keys = [one.key for one in people.shown]
    assert len(keys) == len(set(keys))
    assert eye.one("SELECT count(*) FROM outbox WHERE state = 'sent' AND attempts = 1") == len(keys)
    assert eye.one("SELECT count(*) FROM outbox WHERE state NOT IN ('sent', 'waiting')") == 0
    assert eye.one("SELECT count(*) FROM inbox") == rows + 1
    eye.close()


class Slow(People):
    """A platform that takes twenty messages a second."""

    can = replace(CAN, rate=20.0)


@pytest.mark.req("S10", "S35")
def test_a_mountain_for_a_slow_platform(sqlite_template: Path, tmp_path: Path) -> None:
    """The desk takes in hand what can leave soon, not all that waits; an alarm that arises now passes by what it has in hand."""
    clock, path = Time(), tmp_path / "desk.db"
    path.write_bytes(sqlite_template.read_bytes())
    with Filling(f"sqlite:///{path}", clock() - HOUR) as filling:
        filling.outbox(3_000)
    asyncio.run(_goes_slowly(f"sqlite:///{path}", clock))


async def _goes_slowly(url: str, clock: Time) -> None:
    people, eye = Slow("webchat", clock), Eye(url, clock)
    async with living(url, people, clock) as one:
        await until(lambda: len(people.shown) > 30)
        rang = clock()
        await one.desk.act(_alarm)
        await until(lambda: "second alarm" in people.said)
        assert clock() - rang < ALARM * SECOND
        assert eye.one(HELD) < 10 * Slow.can.rate
    assert eye.one("SELECT count(*) FROM outbox WHERE state = 'sent' AND attempts = 1") == len(people.shown)
    assert eye.one(HELD) == 0
    eye.close()


def _alarm(turn: Turn) -> None:
    post(turn, Room("webchat", "desk", "liu"), Say("escalation", "second alarm"), priority=0)


def _memory() -> int:
    """Bytes of this process that lie in memory."""
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
