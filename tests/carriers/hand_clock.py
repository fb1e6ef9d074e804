"""A clock that the test moves, pauses that end when it has moved far enough, and the core's side of a carrier."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from core.words import SECOND, Cursor, Inbound, Micros, Phone, Receipt, Unreadable

NOON: Micros = 1_772_596_800 * SECOND
LOOK = 0.01
"""How often, in real seconds, `until` looks."""


class HandClock:
    """The desk's clock in the hand of a test."""

    def __init__(self) -> None:
        self.at = NOON
        self._waiting: list[tuple[Micros, int, asyncio.Future[None]]] = []
        self._count = 0

    def __call__(self) -> Micros:
        return self.at

    @property
    def waiting(self) -> list[Micros]:
        """Until when somebody waits."""
        return sorted(at for at, _, over in self._waiting if not over.done())

    async def pause(self, seconds: float) -> None:
        self._count += 1
        over = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self.at + round(seconds * SECOND), self._count, over))
        await over

    async def passes(self, seconds: float) -> None:
        """So many seconds pass, and everything that waited for them happens."""
        until = self.at + round(seconds * SECOND)
        await settle()
        while self._waiting and self._waiting[0][0] <= until:
            self.at, _, over = heapq.heappop(self._waiting)
            if not over.done():
                over.set_result(None)
            await settle()
        self.at = until


async def settle() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(30):
        await asyncio.sleep(0)


class Core:
    """What the core keeps of a carrier's deliveries: each fact once, under its key."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.heard: dict[str, Inbound] = {}
        self.late: dict[str, Receipt] = {}
        self.quarantine: list[bytes] = []
        self.failures = 0

    async def accept(self, deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        for raw in deliveries:
            try:
                found = self.phone.read(raw)
            except Unreadable:
                self.quarantine.append(raw)
                continue
            for fact in found:
                self.heard.setdefault(fact.key, fact)
            if not found and (late := getattr(self.phone, "late", lambda raw: None)(raw)):
                self.late[late[0]] = late[1]

    def ends(self, ref: str | None = None) -> list[str]:
        """How calls ended; all, or one."""
        return [fact.text for fact in self.heard.values() if fact.kind == "call" and ref in (None, fact.about)]

    def presses(self, ref: str | None = None) -> list[str | None]:
        """Keys that were pressed."""
        return [fact.press for fact in self.heard.values() if fact.kind == "press" and ref in (None, fact.about)]

    async def until(self, came: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait for something to come true. Raises TimeoutError."""
        for _ in range(round(seconds / LOOK)):
            if came():
                return
            await asyncio.sleep(LOOK)
        raise TimeoutError


@asynccontextmanager
async def at_work(*phones: Phone) -> AsyncIterator[tuple[Core, ...]]:
    """Carriers as the desk runs them, each with its core."""
    cores = tuple(Core(phone) for phone in phones)
    runs = [asyncio.create_task(phone.run(core.accept)) for phone, core in zip(phones, cores, strict=True)]
    try:
        yield cores
    finally:
        for phone in phones:
            await phone.close()
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
