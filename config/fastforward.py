"""A live desk on one thread whose clock can be moved forward: what falls due on the way happens at its instant, in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from config.desk import Desk
from core.words import SECOND, Micros

log = logging.getLogger("huiying.fastforward")

IDLE = 1.0
"""Longest sleep in seconds."""
AFTER_FAILURE = 0.5
"""Seconds of rest when the store refuses."""
PATIENCE = 10.0
"""Seconds of real time in which the desk must come to rest at one instant."""


class RestlessDesk(RuntimeError):
    """The desk did not come to rest."""


TO_WAKE = 12
"""Rounds that sleepers need to wake and to tell what follows."""


class MovableClock:
    """Real time, and as much as was added to it. Sleepers sleep by it, and wake when it is moved past their time."""

    def __init__(self) -> None:
        self._ahead: Micros = 0
        self._wakes: list[Micros] = []
        self._moved = asyncio.Event()

    def __call__(self) -> Micros:
        return time.time_ns() // 1_000 + self._ahead

    def move_to(self, at: Micros) -> None:
        """Make it at least this late."""
        self._ahead += max(at - self(), 0)
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Until so many seconds have passed on this clock."""
        until = self() + round(seconds * SECOND)
        self._wakes.append(until)
        try:
            while (left := until - self()) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(left / SECOND):
                        await self._moved.wait()
        finally:
            self._wakes.remove(until)

    def next_wake(self) -> Micros | None:
        """When the next sleeper wakes."""
        now = self()
        return min((until for until in self._wakes if until > now), default=None)


class FastForward:
    """Turns the pump on the event loop itself."""

    def __init__(self, desk: Desk, clock: MovableClock) -> None:
        self._desk, self._clock = desk, clock
        self._wake = asyncio.Event()
        self._moving = asyncio.Lock()
        desk.runner = self

    def kick(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            try:
                pause = 0.0 if self._turn() else self._until_due()
            except Exception:
                log.exception("the store refused a group")
                pause = AFTER_FAILURE
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def pass_on(self, seconds: int, enough: Callable[[], bool] = lambda: False) -> bool:
        """Let so many seconds pass at once, or fewer: it stops, and says so, as soon as something on the way was `enough`.
        Raises RestlessDesk."""
        async with self._moving:
            until = self._clock() + seconds * SECOND
            await self._settle()
            while (due_at := self._next_due()) is not None and due_at <= until:
                self._clock.move_to(due_at)
                await self._settle()
                if enough():
                    return True
            self._clock.move_to(until)
            await self._settle()
            return False

    def _next_due(self) -> Micros | None:
        times = (self._desk.pump.next_due(), self._clock.next_wake())
        return min((at for at in times if at is not None), default=None)

    async def _settle(self) -> None:
        """Until nothing is left to do at this instant."""
        for _ in range(TO_WAKE):
            await asyncio.sleep(0)
        patience = time.monotonic() + PATIENCE
        while self._turn() or self._busy():
            if time.monotonic() > patience:
                raise RestlessDesk("the desk does not come to rest")
            await asyncio.sleep(0.001)

    def _turn(self) -> bool:
        made = self._desk.pump.cycle()
        if made.anything:
            self._desk.hand_out(made)
        return made.anything

    def _busy(self) -> bool:
        return bool(self._desk.deliverer.busy or self._desk.worker.busy or self._desk.pump.pending)

    def _until_due(self) -> float:
        due_at = self._desk.pump.next_due()
        return IDLE if due_at is None else min(max((due_at - self._clock()) / SECOND, 0.001), IDLE)
