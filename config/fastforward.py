"""A live desk on one thread whose clock can be moved forward: what falls due on the way happens at its instant, in order."""

from __future__ import annotations

import asyncio
import logging
import time
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


class MovableClock:
    """Real time, and as much as was added to it."""

    def __init__(self) -> None:
        self._ahead: Micros = 0

    def __call__(self) -> Micros:
        return time.time_ns() // 1_000 + self._ahead

    def move_to(self, at: Micros) -> None:
        """Make it at least this late."""
        self._ahead += max(at - self(), 0)


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

    async def pass_on(self, seconds: int) -> None:
        """Let so many seconds pass at once. Raises RestlessDesk."""
        async with self._moving:
            until = self._clock() + seconds * SECOND
            await self._settle()
            while (due_at := self._desk.pump.next_due()) is not None and due_at <= until:
                self._clock.move_to(due_at)
                await self._settle()
            self._clock.move_to(until)
            await self._settle()

    async def _settle(self) -> None:
        """Until nothing is left to do at this instant."""
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
