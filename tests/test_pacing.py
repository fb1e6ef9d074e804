"""How fast the desk speaks to a platform, on a clock moved by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from config.stepping import HandClock
from core.words import SECOND, Can, Micros, Size
from notifier.pacing import ROOMS_AT_ONCE, Pace

START: Micros = 1_772_596_800 * SECOND
TICK = SECOND // 100


class Posts:
    """Posts that take no time, and when each was made."""

    def __init__(self, rate: float, gap: float = 0.0):
        self.clock = HandClock(START)
        self.pace = Pace(Can(text=Size(100), rate=rate, gap=gap), self.clock, self.clock.sleep)
        self.made: list[tuple[str, float]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def post(self, room: str, priority: int = 1) -> None:
        async with self.pace.turn(room, priority):
            self.made.append((room, (self.clock.now - START) / SECOND))
            await self.open.wait()

    async def pass_until(self, seconds: float) -> None:
        while self.clock.now < START + seconds * SECOND:
            await settle()
            self.clock.now += TICK
            self.clock.wake()
        await settle()


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def story(tell: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(tell())  # type: ignore[arg-type]


def test_a_second_of_the_rate_at_once_and_then_the_rate() -> None:
    async def tell() -> None:
        posts = Posts(rate=20)
        tasks = [asyncio.ensure_future(posts.post(f"room {number}")) for number in range(100)]
        await posts.pass_until(6)
        by_second = Counter(int(at) for _, at in posts.made)
        assert 20 <= by_second[0] <= 42 and sum(by_second.values()) == 100
        assert all(by_second[second] <= 21 for second in range(1, 6))
        await asyncio.gather(*tasks)

    story(tell)


def test_a_minute_stays_below_what_wecom_allows() -> None:
    async def tell() -> None:
        posts = Posts(rate=150)
        tasks = [asyncio.ensure_future(posts.post(f"room {number}")) for number in range(11_000)]
        await posts.pass_until(60)
        assert 8_500 < len(posts.made) <= 10_000
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    story(tell)


def test_a_room_waits_for_its_gap_and_keeps_nobody_else_waiting() -> None:
    async def tell() -> None:
        posts = Posts(rate=1000, gap=2)
        rooms = [f"room {number}" for number in range(2 * ROOMS_AT_ONCE)]
        for room in rooms:
            await posts.post(room)
        tasks = [asyncio.ensure_future(posts.post(room)) for room in rooms]
        await settle()
        tasks.append(asyncio.ensure_future(posts.post("another")))
        await posts.pass_until(1.9)
        assert posts.made[-1] == ("another", 0) and len(posts.made) == len(rooms) + 1
        await posts.pass_until(2.1)
        assert len(posts.made) == 2 * len(rooms) + 1
        await asyncio.gather(*tasks)

    story(tell)


def test_so_many_are_under_way_and_an_alarm_takes_the_next_place() -> None:
    async def tell() -> None:
        posts = Posts(rate=1000)
        posts.open.clear()
        tasks = [asyncio.ensure_future(posts.post(f"room {number}")) for number in range(ROOMS_AT_ONCE + 5)]
        tasks.append(asyncio.ensure_future(posts.post("alarm", priority=0)))
        await settle()
        assert len(posts.made) == ROOMS_AT_ONCE
        posts.open.set()
        await asyncio.gather(*tasks)
        assert posts.made[ROOMS_AT_ONCE][0] == "alarm" and len(posts.made) == ROOMS_AT_ONCE + 6

    story(tell)
