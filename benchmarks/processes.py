"""The server under load in a process of its own, and the emulated WeCom in this one."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.wire import Wire
from bots.emulated.wecom import WeComServer
from config.listening import open_socket, serve

SPENT = b"GET /spent HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
START_SECONDS = 60.0


@dataclass(frozen=True)
class Spent:
    """Processor seconds (user and system) of the server process, and commits that reached the disk."""

    cpu: float
    commits: int

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.cpu - other.cpu, self.commits - other.commits)


@dataclass(frozen=True)
class Served:
    """A server process that listens on `port`."""

    process: asyncio.subprocess.Process
    port: int

    async def spent(self) -> Spent:
        """What it has used since it was started."""
        wire = await Wire.open(self.port)
        _, body = await wire.ask(SPENT)
        wire.close()
        return Spent(**json.loads(body))


@asynccontextmanager
async def served(module: str, words: str) -> AsyncIterator[Served]:
    """`python -m module words`, once it is ready; killed at the end."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, words, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        if not line.startswith(b"ready "):
            raise RuntimeError(f"{module} did not start")
        yield Served(process, int(line.split()[1]))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def wecom(
    through: Callable[[WeComServer], Any] = lambda server: server,
) -> AsyncIterator[tuple[WeComServer, str]]:
    """The emulated WeCom server over HTTP, and its address. `through` may put an ASGI application before it."""
    emulated = WeComServer(lambda: time.time_ns() // 1000)
    listening, started, stop = open_socket("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(through(emulated), listening, stop, started.set, lambda: None))
    try:
        await started.wait()
        yield emulated, f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        await task
