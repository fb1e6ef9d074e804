"""PostgreSQL stops at once under load, and comes back: two living desks go on by themselves, and neither takes the other for dead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from benchmarks.plain_mind import QUESTION, REPORT
from core.store.processes import ALIVE, BEAT, STEADY
from core.words import SECOND
from tests.faults.living import Eye, Living, Time, living, until
from tests.faults.people import People
from tests.faults.servers import OwnServer, own_server

OUTAGE = 1.0
"""Seconds for which nobody starts the server again; on the desks' clocks it is longer than a dead process is waited for."""


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as started:
        yield started


@pytest.mark.req("S35")
def test_the_server_stops_under_load_and_comes_back(server: OwnServer) -> None:
    """Sixty customers write at both desks while the server is gone for longer than a process counts as alive."""
    asyncio.run(_stopped(server))


async def _stopped(server: OwnServer) -> None:
    clock = Time()
    people, eye = People("webchat", clock), Eye(server.url, clock)
    people.answers_after = 0.05
    async with (
        living(server.url, people, clock, holder="one") as one,
        living(server.url, people, clock, holder="two") as two,
    ):
        doors = [one.door, two.door]

        async def writes(number: int) -> None:
            await asyncio.sleep(number * 0.05)
            await people.brings(doors, f"customer {number}", REPORT, times=2)
            await people.brings(doors, f"customer {number}", QUESTION)

        writing = [asyncio.create_task(writes(number)) for number in range(60)]
        await until(lambda: len(people.shown) > 10)
        eye.close()
        await asyncio.to_thread(server.stop)
        clock.skip(ALIVE / SECOND + 1)
        taken = len(people.taken)
        await asyncio.sleep(OUTAGE)
        assert len(people.taken) == taken and people.refused
        await asyncio.to_thread(server.start)
        await asyncio.gather(*writing)
        await eye.rest()
        await _beats([one, two], clock)
        assert sorted(eye.column("SELECT holder FROM process")) == ["one", "two"]
    assert one.ended == [] == two.ended
    assert eye.broken(people) == []
    assert eye.one("SELECT count(*) FROM ticket") == 60
    assert eye.column("SELECT holder FROM process") == []
    eye.close()


async def _beats(desks: list[Living], clock: Time) -> None:
    """So much time passes that whoever is steady would bury a dead one."""
    for _ in range(2 * STEADY // BEAT + 2):
        clock.skip(BEAT / SECOND)
        for desk in desks:
            desk.runner.kick()
        await asyncio.sleep(0.1)
