"""A desk in this process that lives as `desk serve` does but for HTTP, among platforms that take a declared time to answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.worker import listener_of
from bots.emulated.carrier import Carrier
from config.desk import Desk, build
from config.running import LiveRunner, Supervisor
from core.policies import Policies
from core.store.database import Database
from core.store.files import FileStore
from core.words import Clock, Micros, Receipt, Room, Say
from dialogue.understanding.mind import Mind

ACCOUNT = "desk"
"""From which every one of these platforms speaks."""


@dataclass(frozen=True)
class Accepted:
    """A message that a platform has accepted, and when."""

    room: Room
    say: Say
    at: Micros


class Slow(Carrier):
    """A platform that accepts everything, `seconds` after it was asked; `note` hears of it."""

    def __init__(self, name: str, clock: Clock, seconds: float, note: Callable[[Accepted], None]):
        super().__init__(name, clock)
        self._seconds, self._note, self._now = seconds, note, clock

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        await asyncio.sleep(self._seconds)
        self._note(Accepted(room, say, self._now()))
        return Receipt("sent", ref=key)

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """It has never lost anything."""
        return None


def now() -> Micros:
    return time.time_ns() // 1000


@asynccontextmanager
async def live(url: str, policies: Policies, mind: Mind, channels: Sequence[Slow], folder: Path) -> AsyncIterator[Desk]:
    """Until the end of the block."""
    makers = {channel.name: lambda *_, made=channel: made for channel in channels}
    accounts = {name: ACCOUNT for name in ("sms", "voice") if name in makers}
    database = Database(url)
    database.own()
    desk = build(database, policies, makers, FileStore(folder / "files"), now, mind, accounts=accounts)
    runner, supervisor = LiveRunner(desk), Supervisor(desk)
    listener = listener_of(desk, asyncio.get_running_loop()) if desk.database.shared else None
    runner.start()
    supervisor.start()
    if listener:
        listener.start()
    try:
        yield desk
    finally:
        if listener:
            await asyncio.to_thread(listener.stop)
        await supervisor.stop()
        await runner.stop()
        await asyncio.sleep(0)
        await desk.close()
