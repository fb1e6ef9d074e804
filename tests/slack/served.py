"""Slack on a port of this machine, and a line to it that can go deaf."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from bots.emulated.slack import SlackServer
from tests.contract.rig import Now


class Line:
    """Carries bytes both ways; `deaf`: what the server says goes nowhere, and no connection is closed."""

    def __init__(self, port: int) -> None:
        self.deaf = False
        self._port = port

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        ways = (self._copy(reader, back, hushed=False), self._copy(there, writer, hushed=True))
        await asyncio.gather(*ways, return_exceptions=True)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, hushed: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                if not (hushed and self.deaf):
                    sink.write(data)
                    await sink.drain()
        sink.close()


@asynccontextmanager
async def serving(now: Now) -> AsyncIterator[tuple[SlackServer, Line]]:
    """The server behind the line, with an engineer; its `base` is the line's address."""
    listening = socket.create_server(("127.0.0.1", 0))
    line = Line(listening.getsockname()[1])
    relay = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{relay.sockets[0].getsockname()[1]}"
    server = SlackServer(now, base, base)
    server.person("U0LIU", "刘志远", "liu@plant.example")
    http = uvicorn.Server(uvicorn.Config(server, log_level="critical", timeout_graceful_shutdown=1))
    running = asyncio.ensure_future(http.serve([listening]))
    try:
        yield server, line
    finally:
        relay.close()
        http.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await running
