"""Two desks hear at the same time: each message once, each room in order, and nobody undoes what another has just done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from benchmarks.plain_mind import REPORT
from core.store.model import ShelfRow
from core.store.turn import Turn
from core.tickets.model import Ticket
from tests.faults.living import Eye, Living, Time, living
from tests.faults.people import People

CUSTOMERS, MESSAGES = 16, 6
TOLD = """
SELECT string_agg(event_private.data, ' ' ORDER BY seq) FROM event_private JOIN event ON event.id = event_id
WHERE stream LIKE 'ticket%' GROUP BY stream
"""
"""What each ticket was told, in the order of its events."""


class Meeting:
    """Two threads are in the middle of something at the same time, once; whoever comes again does not wait."""

    def __init__(self) -> None:
        self._met = False
        self._barrier = threading.Barrier(2, self._meet)

    def wait(self) -> None:
        if not self._met:
            self._barrier.wait(timeout=10)

    def _meet(self) -> None:
        self._met = True


@asynccontextmanager
async def two(url: str, people: People, clock: Time) -> AsyncIterator[tuple[Living, Living]]:
    """Two processes' worth of a desk."""
    async with living(url, people, clock, holder="one") as one, living(url, people, clock, holder="two") as other:
        yield one, other


@pytest.mark.req("S35")
def test_each_message_is_heard_once_and_in_the_order_of_its_room(desk_on_postgres: str) -> None:
    """Sixteen customers write six times each, now here, now there; the platform brings most of it twice."""
    asyncio.run(_all_write(desk_on_postgres))


async def _all_write(url: str) -> None:
    clock = Time()
    people, eye = People("webchat", clock), Eye(url, clock)
    async with two(url, people, clock) as desks:
        doors = [desk.door for desk in desks]

        async def writes(who: int) -> None:
            for number in range(MESSAGES):
                await people.brings(doors, f"customer {who}", f"{REPORT} {who}-{number}.", times=2 if number % 3 else 1)

        await asyncio.gather(*(writes(who) for who in range(CUSTOMERS)))
        await eye.rest()
        turns = [desk.turns for desk in desks]
    assert eye.broken(people) == []
    assert eye.one("SELECT count(*) FROM inbox") == CUSTOMERS * MESSAGES
    assert eye.one("SELECT count(*) FROM ticket") == CUSTOMERS
    for words in eye.column(TOLD):
        places = [words.find(f"-{number}.") for number in range(MESSAGES)]
        assert places == sorted(places) and -1 not in places, words
    assert min(turns) > CUSTOMERS, turns
    eye.close()


def test_two_who_lock_two_tickets_in_opposite_order(desk_on_postgres: str) -> None:
    """The database refuses one of them; he does it again, and neither hears of it."""
    asyncio.run(_crosswise(desk_on_postgres))


async def _crosswise(url: str) -> None:
    clock, both = Time(), Meeting()
    people, eye = People("webchat", clock), Eye(url, clock)
    async with two(url, people, clock) as (one, other):
        for who in ("wang", "zhao"):
            await people.brings([one.door], who, REPORT)
        await eye.rest()
        first, second = eye.column("SELECT id FROM ticket ORDER BY id")
        done = await asyncio.gather(
            one.desk.act(_marks(first, second, "one", both)), other.desk.act(_marks(second, first, "other", both))
        )
    assert done == ["one", "other"]
    assert one.desk.pump.conflicts + other.desk.pump.conflicts >= 1
    assert all(sorted(marks) == sorted("oneother") for marks in eye.column("SELECT address FROM ticket"))
    eye.close()


def _marks(first: int, second: int, name: str, both: Meeting) -> Callable[[Turn], str]:
    def mark(turn: Turn) -> str:
        for place, ident in enumerate((first, second)):
            ticket = turn.get(Ticket, ident, lock=True)
            assert ticket is not None
            ticket.address = (ticket.address or "") + name
            if place == 0:
                both.wait()
        return name

    return mark


def test_nobody_undoes_what_another_has_just_written(desk_on_postgres: str) -> None:
    """Both read the same number without a lock, both write the next one: it has grown by two. Then forty times more."""
    asyncio.run(_count(desk_on_postgres))


async def _count(url: str) -> None:
    clock, both = Time(), Meeting()
    people, eye = People("webchat", clock), Eye(url, clock)
    async with two(url, people, clock) as (one, other):
        await one.desk.act(lambda turn: turn.add(ShelfRow(name="count", value="0")))

        def add(turn: Turn) -> None:
            row = turn.get(ShelfRow, "count")
            assert row is not None
            both.wait()
            row.value = str(int(row.value) + 1)

        await asyncio.gather(one.desk.act(add), other.desk.act(add))
        assert eye.one("SELECT value FROM shelf WHERE name = 'count'") == "2"
        await asyncio.gather(*(desk.desk.act(add) for desk in (one, other) for _ in range(20)))
        conflicts = one.desk.pump.conflicts + other.desk.pump.conflicts
    assert eye.one("SELECT value FROM shelf WHERE name = 'count'") == "42"
    assert conflicts >= 1
    eye.close()
