"""One of two processes is gone: in good order, or without a word. What it held is sent by the other, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bots.emulated.carrier import CAN
from core.store.outgoing import post
from core.store.processes import ALIVE, BEAT, STEADY, Fenced
from core.store.turn import Turn
from core.words import SECOND, Room, Say
from tests.faults.living import Eye, Living, Time, living, until
from tests.faults.people import People
from tests.faults.servers import wire

NEWS = 5
GAP = 0.5
AT_ONCE = 4.0
"""Seconds within which the other one begins: well below its safety tick."""


class Unhurried(People):
    """A platform that wants half a second between two messages to one person."""

    can = replace(CAN, gap=GAP)


@pytest.mark.req("S35")
def test_who_leaves_in_good_order_frees_what_he_holds(desk_on_postgres: str) -> None:
    asyncio.run(_leaves(desk_on_postgres))


async def _leaves(url: str) -> None:
    clock = Time()
    people, eye = Unhurried("webchat", clock), Eye(url, clock)
    async with living(url, people, clock, holder="two"):
        async with living(url, people, clock, holder="one") as one:
            await one.desk.act(_tells_wang(people))
            await until(lambda: people.shown)
            assert eye.one("SELECT count(*) FROM outbox WHERE lease LIKE 'one.%'") >= NEWS - 1
        left_at = clock()
        shown = len(people.shown)
        assert eye.column("SELECT holder FROM process") == ["two"]
        await until(lambda: len(people.shown) > shown)
        assert people.shown[shown].begun - left_at < AT_ONCE * SECOND
        await eye.rest()
    assert eye.broken(people) == []
    assert [sent.say.text for sent in people.sent] == [f"{number}" for number in range(NEWS)]
    eye.close()


@pytest.mark.req("S35")
def test_who_is_silent_for_too_long_is_taken_for_dead(desk_on_postgres: str) -> None:
    """Its net is gone for longer than a process counts as alive: it begins nothing more; the other takes over; when it hears of
    that, it ends."""
    asyncio.run(_silent(desk_on_postgres))


async def _silent(url: str) -> None:
    clock = Time()
    people, eye = Unhurried("webchat", clock), Eye(url, clock)
    with wire(url) as net:
        async with living(url, people, clock, holder="two") as two, living(net.url, people, clock, holder="one") as one:
            await _steady(two, clock)
            await one.desk.act(_tells_wang(people))
            await until(lambda: eye.one("SELECT count(*) FROM outbox WHERE state = 'sent'"))
            with net.stalled():
                clock.skip(ALIVE / SECOND)
                await asyncio.sleep(3 * GAP)
                assert len(people.shown) == 1
                assert eye.one("SELECT count(*) FROM outbox WHERE lease LIKE 'one.%'") == NEWS - 1
                await _steady(two, clock)
                assert eye.column("SELECT holder FROM process") == ["two"]
                await until(lambda: len(people.shown) == NEWS)
            one.runner.kick()
            await until(lambda: one.ended)
            assert isinstance(one.ended[0], Fenced) and not two.ended
            await eye.rest()
    assert eye.broken(people) == []
    assert [sent.say.text for sent in people.sent] == [f"{number}" for number in range(NEWS)]
    eye.close()


def _tells_wang(people: People) -> Callable[[Turn], None]:
    def tell(turn: Turn) -> None:
        for number in range(NEWS):
            post(turn, Room(people.name, "desk", "wang"), Say("news", str(number)))

    return tell


async def _steady(desk: Living, clock: Time) -> None:
    """So much time passes, a beat at a time, that this desk may take others for dead."""
    for _ in range(STEADY // BEAT + 3):
        clock.skip(BEAT / SECOND)
        desk.runner.kick()
        await asyncio.sleep(0.1)
