"""Somebody else holds the database: senders wait or hear an error, and afterwards all goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks.plain_mind import REPORT
from core.store.database import SQLITE_BUSY_MS, Database
from tests.faults.living import Eye, Time, living, until
from tests.faults.people import People

LONGER = {"sqlite": SQLITE_BUSY_MS / 1000 + 0.5, "postgresql": 1.5}
"""Seconds: more than SQLite waits for a lock; PostgreSQL waits as long as it takes, and the platform does not."""
PATIENCE = 1.0
"""Seconds that this platform waits for an answer."""


@pytest.mark.req("S35")
@pytest.mark.parametrize("seconds", [None, pytest.param(30.0, marks=pytest.mark.prove)], ids=["some", "thirty"])
def test_somebody_holds_the_database(desk_url: str, seconds: float | None) -> None:
    """A backup or a person with a tool holds a lock. Twenty customers write meanwhile; each has one ticket and one answer."""
    asyncio.run(_locked(desk_url, seconds or LONGER[Database(desk_url).kind]))


async def _locked(url: str, seconds: float) -> None:
    clock = Time()
    people, eye = People("webchat", clock), Eye(url, clock)
    people.patience = PATIENCE
    async with living(url, people, clock) as one:
        await people.brings([one.door], "first", REPORT)
        with _held(url):
            since = time.monotonic()
            writing = [asyncio.create_task(people.brings([one.door], f"customer {n}", REPORT)) for n in range(20)]
            await until(lambda: people.refused, seconds)
            await asyncio.sleep(max(0, since + seconds - time.monotonic()))
            assert people.taken == ["webchat:webchat-1"] and one.runner.alive()
        await asyncio.gather(*writing)
        await eye.rest()
    assert eye.broken(people) == []
    assert eye.one("SELECT count(*) FROM ticket") == 21
    assert all(people.heard_by(f"customer {number}") == ["ack_created"] for number in range(20))
    eye.close()


@contextmanager
def _held(url: str) -> Iterator[None]:
    """Nobody else can write."""
    database = Database(url)
    connection = database.connect()
    with connection.transaction():
        if connection.kind == "postgresql":
            connection.say("LOCK TABLE inbox, outbox, event IN ACCESS EXCLUSIVE MODE")
        yield
    connection.close()
    database.close()
