"""What several processes share: a connection that a platform allows only once, and the rate at which it may be spoken to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from bots.emulated.carrier import CAN
from core.store import leases
from core.store.outgoing import post
from core.store.processes import BEAT
from core.store.turn import Turn
from core.words import SECOND, Accept, Clock, Room, Say
from notifier.pacing import BURST
from tests.faults.living import Time, living, until
from tests.faults.people import People
from tests.faults.servers import wire

HOLD, RENEW, LAST, LOOK = 2.0, 0.4, 0.5, 0.2
"""Seconds, in the places of core/store/leases.py, so that nobody waits half a minute for a dead holder."""
RATE = 40.0
EACH = 50
"""Messages that each of two processes has to send."""


class OneConnection(People):
    """A platform that allows one connection. `log` tells who opened and shut his, whichever process he is."""

    single = True

    def __init__(self, who: str, clock: Clock, log: list[str]):
        super().__init__("stream", clock)
        self._who, self._log = who, log

    async def run(self, accept: Accept) -> None:
        self._log.append(f"{self._who} opens")
        try:
            await asyncio.Event().wait()
        finally:
            self._log.append(f"{self._who} shuts")


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("HOLD", HOLD), ("RENEW", RENEW), ("LAST", LAST), ("LOOK", LOOK)):
        monkeypatch.setattr(leases, name, int(seconds * SECOND))


@pytest.mark.usefixtures("brisk")
def test_one_connection_is_opened_by_one_process(desk_on_postgres: str) -> None:
    """It outlives its lease as long as it is renewed; when its process stops, the other one opens it at once."""
    log: list[str] = []

    async def story() -> None:
        clock = Time()
        async with living(desk_on_postgres, OneConnection("two", clock, log), clock, holder="two"):
            await until(lambda: log)
            async with living(desk_on_postgres, OneConnection("one", clock, log), clock, holder="one"):
                await asyncio.sleep(1.5 * HOLD)
                assert log == ["two opens"]
        async with living(desk_on_postgres, OneConnection("three", clock, log), clock, holder="three"):
            await until(lambda: len(log) == 3, 1.0)
        assert log == ["two opens", "two shuts", "three opens", "three shuts"]

    asyncio.run(story())


@pytest.mark.usefixtures("brisk")
def test_who_cannot_renew_shuts_before_another_opens(desk_on_postgres: str) -> None:
    """The holder's net is gone: it shuts its connection in time, and the other opens its own when the lease has run out."""
    log: list[str] = []

    async def story() -> None:
        clock = Time()
        with wire(desk_on_postgres) as net:
            async with living(net.url, OneConnection("one", clock, log), clock, holder="one"):
                await until(lambda: log)
                async with living(desk_on_postgres, OneConnection("two", clock, log), clock, holder="two"):
                    with net.stalled():
                        await until(lambda: "two opens" in log, 3 * HOLD)
                        assert log == ["one opens", "one shuts", "two opens"]
                    await asyncio.sleep(1.5 * HOLD)
                    assert log[3:] == []
                with suppress(TimeoutError):
                    await until(lambda: "one opens" in log[4:], 3 * HOLD)
        assert log[3:5] == ["two shuts", "one opens"]

    asyncio.run(story())


class Rated(People):
    """A platform that takes forty messages a second."""

    can = replace(CAN, rate=RATE)


def test_two_processes_share_the_rate_of_a_channel(desk_on_postgres: str) -> None:
    """Both send as fast as they may: together no more than the platform allows, and no less."""
    asyncio.run(_rate(desk_on_postgres))


async def _rate(url: str) -> None:
    clock = Time()
    people = Rated("webchat", clock)
    async with living(url, people, clock, holder="one") as one, living(url, people, clock, holder="two") as two:
        clock.skip(BEAT / SECOND)
        for desk in (one, two):
            desk.runner.kick()
        await until(lambda: one.desk.pump.membership.living == two.desk.pump.membership.living == 2)
        began = clock()
        await asyncio.gather(*(desk.desk.act(_tells_many(desk.desk.pump.holder)) for desk in (one, two)))
        await until(lambda: len(people.shown) == 2 * EACH)
    at = [one.begun for one in sorted(people.shown, key=lambda one: one.begun)]
    for first in range(0, len(at), 10):
        for last in range(first + 10, len(at), 10):
            assert last - first <= RATE * (at[last] - at[first] + BURST) / SECOND + 2, (first, last)
    assert at[-1] - began < 2 * EACH / RATE * SECOND


def _tells_many(name: str) -> Callable[[Turn], None]:
    def tell(turn: Turn) -> None:
        for number in range(EACH):
            post(turn, Room("webchat", "desk", f"{name} {number}"), Say("news", "在吗"))

    return tell
