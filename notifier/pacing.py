"""How fast a channel may be spoken to: in a room, over all, and how many posts at the same time."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from core.words import MILLISECOND, SECOND, Can, Clock, Micros

ROOMS_AT_ONCE = 32
"""Posts of a channel that are under way at the same time: bounds what a kill can repeat."""
BURST = 1 * SECOND
"""How much of a channel's rate may be used at once after a silence: platforms count by the minute."""
SHORT = 10 * MILLISECOND
"""A wait that is not worth waiting."""
MOST_ROOMS = 10_000
"""Rooms whose last post is remembered before those that may be spoken to again are forgotten."""

Pause = Callable[[float], Awaitable[None]]


class Pace:
    """The pace of one channel, of which each of `processes` takes an even share.

    Whoever waits for his room's gap holds no place; alarms take the next one that is free.
    """

    def __init__(self, can: Can, clock: Clock, pause: Pause, processes: Callable[[], int] = lambda: 1):
        self._can, self._clock, self._pause, self._processes = can, clock, pause, processes
        self._interval, self._gap = int(SECOND / can.rate), int(can.gap * SECOND)
        self._free_at: Micros = 0
        self._room_free_at: dict[str, Micros] = {}
        self._under_way = 0
        self._queue: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = 0

    @asynccontextmanager
    async def turn(self, room: str, priority: int) -> AsyncIterator[None]:
        """Entered when it is this post's turn, left when the post is over. A room has one post at a time."""
        await self._until(self._room_free_at.get(room, 0))
        await self._place(priority)
        try:
            now = self._clock()
            start, self._free_at = self._free_at - BURST, max(self._free_at, now) + self._interval * self._processes()
            await self._until(start)
            self._remember(room)
            yield
        finally:
            self._leave()

    async def _until(self, at: Micros) -> None:
        wait = at - self._clock()
        if wait > SHORT:
            await self._pause(wait / SECOND)

    async def _place(self, priority: int) -> None:
        if self._under_way < ROOMS_AT_ONCE:
            self._under_way += 1
            return
        self._count += 1
        place = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, self._count, place))
        await place

    def _leave(self) -> None:
        """Hand the place to whoever waits for it."""
        while self._queue:
            place = heapq.heappop(self._queue)[2]
            if not place.done():
                place.set_result(None)
                return
        self._under_way -= 1

    def _remember(self, room: str) -> None:
        if self._gap:
            now = self._clock()
            if len(self._room_free_at) >= MOST_ROOMS:
                self._room_free_at = {name: at for name, at in self._room_free_at.items() if at > now}
            self._room_free_at[room] = now + self._gap
