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
LONGEST_JOB = 60.0
"""Seconds of real time in which long work must come to its end before a step counts as stuck."""
TO_TELL = 5
"""Rounds that a telephone needs to tell what has happened to it."""

_Sleeper = tuple[Micros, int, asyncio.Future[None]]


class HandClock:
    """A clock that is moved by hand, and the sleepers who wait for it."""

    def __init__(self, now: Micros):
        self.now = now
        self._sleepers: list[_Sleeper] = []
        self._outside: list[_Sleeper] = []
        self._count = itertools.count()

    def __call__(self) -> Micros:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock has been moved on."""
        await self._rest(self._sleepers, seconds)

    async def sleep_outside(self, seconds: float) -> None:
        """The same for what is no work of the desk's, such as a telephone that rings: nothing waits for it to end."""
        await self._rest(self._outside, seconds)

    def next_due(self) -> Micros | None:
        """When the next sleeper wakes."""
        while self._outside and self._outside[0][2].done():
            heapq.heappop(self._outside)
        return min((sleepers[0][0] for sleepers in (self._sleepers, self._outside) if sleepers), default=None)

    @property
    def sleeping(self) -> int:
        """How much of the desk's work waits for the clock to be moved."""
        return len(self._sleepers)

    def wake(self) -> bool:
        """Wake whoever's time has come."""
        woken = False
        for sleepers in (self._sleepers, self._outside):
            while sleepers and sleepers[0][0] <= self.now:
                awake = heapq.heappop(sleepers)[2]
                if not awake.done():
                    awake.set_result(None)
                    woken = True
        return woken

    async def _rest(self, sleepers: list[_Sleeper], seconds: float) -> None:
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(sleepers, (self.now + int(seconds * SECOND), next(self._count), awake))
        await awake


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
        quiet = rounds = 0
        until = asyncio.get_running_loop().time() + LONGEST_JOB
        while rounds < PATIENCE and asyncio.get_running_loop().time() < until:
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
            else:
                rounds += 1
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
            if self._clock.wake():
                for _ in range(TO_TELL):
                    await asyncio.sleep(0)
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
