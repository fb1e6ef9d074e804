"""Runs a desk live: the pump in a thread of its own, channels and deliveries on the event loop."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
from collections.abc import Awaitable, Callable

from config.desk import Desk
from core.store.processes import Fenced
from core.store.pump import Made
from core.words import SECOND, Channel

log = logging.getLogger("huiying.running")

IDLE = 2.0
"""Longest sleep of the pump in seconds: a safety tick, should a wake-up ever be lost."""
AFTER_FAILURE = (0.05, 0.2, 1.0, 5.0)
"""Seconds between attempts while the database refuses."""
RESTART = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before a channel that died is started again."""


LOOK = 5.0
"""Seconds between two looks whether a channel is deaf."""
STOPS = 10.0
"""Seconds in which a channel must stop once it is told to."""


class LiveRunner:
    """The pump's thread. Submitting wakes it; results come back to the event loop in one call per group.

    `ended` hears, once, why this process must end: Fenced (at once) or OutOfDate (in good order).
    """

    def __init__(self, desk: Desk, ended: Callable[[Exception], None] = lambda why: None):
        self._desk, self._ended = desk, ended
        self._loop = asyncio.get_running_loop()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="pump", daemon=True)
        desk.runner = self

    def start(self) -> None:
        """Raises what the database raises.

        What the desk is made of is no garbage: the collector, which would look through it in 70 ms while everybody waits,
        shall not look at it again.
        """
        self._desk.pump.begin()
        gc.collect()
        gc.freeze()
        self._thread.start()

    def kick(self) -> None:
        self._wake.set()

    def alive(self) -> bool:
        """Whether the pump turns."""
        return self._thread.is_alive()

    async def stop(self) -> None:
        """Let the group under way end."""
        self._stopping = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        failures, told = 0, False
        while not self._stopping:
            self._wake.clear()
            began = time.monotonic()
            try:
                made = self._desk.pump.cycle()
                pause = 0.0 if made.anything or self._desk.pump.pending else self._until_due()
                failures = 0
            except Fenced as why:
                log.critical("this process was taken for dead and ends", exc_info=True)
                self._loop.call_soon_threadsafe(self._ended, why)
                return
            except Exception:
                log.exception("the store refused a group")
                self._desk.pulse.refuse()
                made, pause = Made(), AFTER_FAILURE[min(failures, len(AFTER_FAILURE) - 1)]
                failures += 1
            if self._desk.pump.outdated is not None and not told:
                log.critical("the database is too new for this program, which ends: %s", self._desk.pump.outdated)
                self._loop.call_soon_threadsafe(self._ended, self._desk.pump.outdated)
                told = True
            if made.anything:
                self._desk.pulse.group(made.turns, time.monotonic() - began, made.lateness)
                self._loop.call_soon_threadsafe(self._desk.hand_out, made)
            elif pause:
                self._wake.wait(pause)

    def _until_due(self) -> float:
        due_at = self._desk.pump.next_due()
        return IDLE if due_at is None else min(max((due_at - self._desk.clock()) / SECOND, 0.001), IDLE)


class Deaf(Exception):
    """A channel is connected, but its platform has given no sign of life for too long."""


class Supervisor:
    """Keeps every channel's own loop running: one that dies is started again with back-off, one that is deaf is replaced.

    A channel that says `single = True` runs in one process at a time, under a lease.
    """

    def __init__(self, desk: Desk, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep):
        self._desk, self._sleep = desk, sleep
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        for name, channel in self._desk.channels.items():
            self._tasks.append(asyncio.create_task(self._keep(name, channel), name=f"channel:{name}"))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, name: str, channel: Channel) -> None:
        failures = 0
        while True:
            loop = asyncio.get_running_loop()
            started, well = loop.time(), loop.call_later(RESTART[-1], self._desk.pulse.lives, name)
            try:
                await self._run(name, channel)
                self._desk.pulse.lives(name)
                return
            except Deaf as deaf:
                log.warning("%s", deaf, extra={"channel": name})
                self._desk.pulse.died(name)
            except Exception:
                log.exception("channel died", extra={"channel": name})
                self._desk.pulse.died(name)
            finally:
                well.cancel()
            if asyncio.get_running_loop().time() - started > RESTART[-1]:
                failures = 0
            await self._sleep(RESTART[min(failures, len(RESTART) - 1)])
            failures += 1

    async def _run(self, name: str, channel: Channel) -> None:
        def run() -> Awaitable[None]:
            return self._attended(channel, channel.run(self._desk.accept_for(name)))

        if getattr(channel, "single", False) and self._desk.database.shared:
            await self._desk.leases.keep(f"channel:{name}", run)
        else:
            await run()

    async def _attended(self, channel: Channel, run: Awaitable[None]) -> None:
        """Run until it ends. Raises Deaf, and what it raises."""
        patience = getattr(channel, "patience", None)
        if patience is None:
            await run
            return
        running, began = asyncio.ensure_future(run), self._desk.clock()
        try:
            while not (await asyncio.wait({running}, timeout=min(patience / 4, LOOK)))[0]:
                heard = max(getattr(channel, "sign", None) or began, began)
                if self._desk.clock() - heard > patience * SECOND:
                    raise Deaf(f"no sign of life for {patience:g} s")
            running.result()
        finally:
            running.cancel()
            await asyncio.wait({running}, timeout=STOPS)
