"""The message centre (smsc.py) in the hand of a test."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[2]
HOST = "127.0.0.1"


def free_tcp_port() -> int:
    """A TCP port that nobody uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Centre:
    """What the message centre told, and orders to it."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process, self.port = process, port
        self.told: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.told.append(json.loads(line))

    def all(self, name: str) -> list[Any]:
        """Everything of one kind that it told."""
        return [told[name] for told in self.told if name in told]

    @property
    def submitted(self) -> list[dict[str, Any]]:
        return [told for told in self.told if "submitted" in told]

    def order(self, **order: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def answers_next(self, how: int | str) -> None:
        """The next message is answered with this status, or not at all ("silent")."""
        before = len(self.all("obeyed"))
        self.order(next=how)
        await self.until("obeyed", before + 1)

    async def bring(self, source: str, content: bytes, **more: object) -> int:
        """A deliver_sm to whoever is bound; the status of his answer."""
        await self.until("bound")
        before = len(self.all("brought"))
        self.order(bring={"source": source, "to": "1069", "content": content.hex(), **more})
        await self.until("brought", before + 1)
        return self.all("brought")[-1]

    async def until(self, name: str, count: int = 1, seconds: float = 8.0) -> None:
        """Wait until it has told that often. Raises TimeoutError."""
        for _ in range(round(seconds * 100)):
            if len(self.all(name)) >= count:
                return
            await asyncio.sleep(0.01)
        raise TimeoutError(f"{name}: {self.told}")

    async def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._reading


@asynccontextmanager
async def centre(port: int | None = None) -> AsyncIterator[Centre]:
    """A message centre that listens."""
    port = port or free_tcp_port()
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.carriers.smsc", str(port))
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, cwd=HOME)
    side = Centre(process, port)
    try:
        await side.until("ready")
        yield side
    finally:
        await side.close()
