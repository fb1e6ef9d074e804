"""Runs a desk by hand: time moves only when told to, and everything due on the way happens in its order.

For rehearsals (`desk play`), tests and simulation. The same desk, the same channels; no thread, no waiting.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools

from config.desk import Desk
from core.words import SECOND, Micros

PATIENCE = 2_000
"""Rounds of the event loop granted to channels that talk to emulators, before a step counts as stuck."""


class HandClock:
    """A clock that is moved by hand, and the sleepers who wait for it."""

    def __init__(self, now: Micros):
        self.now = now
        self._sleepers: list[tuple[Micros, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def __call__(self) -> Micros:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock has been moved on."""
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + int(seconds * SECOND), next(self._count), awake))
        await awake

    def next_due(self) -> Micros | None:
        return self._sleepers[0][0] if self._sleepers else None

    @property
    def sleeping(self) -> int:
        """How many wait for the clock to be moved."""
        return len(self._sleepers)

    def wake(self) -> bool:
        """Wake whoever's time has come."""
        woken = False
        while self._sleepers and self._sleepers[0][0] <= self.now:
            awake = heapq.heappop(self._sleepers)[2]
            if not awake.done():
                awake.set_result(None)
                woken = True
        return woken


class StepRunner:
    """Turns the pump as soon as something is submitted, and moves the clock from due instant to due instant."""

    def __init__(self, desk: Desk, clock: HandClock):
        self._desk, self._clock = desk, clock
        self._turning = False
        desk.runner = self

    def kick(self) -> None:
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    async def settle(self) -> None:
        """Until nothing is left to do at this instant."""
        quiet = 0
        for _ in range(PATIENCE):
            self.kick()
            await asyncio.sleep(0)
            busy = self._desk.deliverer.busy + self._desk.worker.busy
            idle = busy <= self._clock.sleeping and not self._desk.pump.pending
            due_at = self._desk.pump.next_due()
            quiet = quiet + 1 if idle and (due_at is None or due_at > self._clock.now) else 0
            if quiet >= 3:
                return
            if self._desk.worker.busy:
                await asyncio.sleep(0.001)
        raise RuntimeError("the desk does not come to rest")

    async def pass_until(self, until: Micros) -> None:
        """Move the clock to `until`; whatever falls due on the way happens at its instant."""
        await self.settle()
        while True:
            times = [at for at in (self._desk.pump.next_due(), self._clock.next_due()) if at is not None]
            due_at = min(times, default=None)
            if due_at is None or due_at > until:
                break
            self._clock.now = max(self._clock.now, due_at)
            self._clock.wake()
            await self.settle()
        self._clock.now = max(self._clock.now, until)

    def _turn(self) -> None:
        self._turning = False
        for _ in range(PATIENCE):
            made = self._desk.pump.cycle()
            if not made.anything:
                return
            self._desk.hand_out(made)
        raise RuntimeError("turns set one another off without end")
