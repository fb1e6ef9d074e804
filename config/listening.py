"""An HTTP server for one ASGI app that leaves signals and sockets to whoever runs it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

GRACE = 10
"""Seconds that requests under way have when the server stops."""
BACKLOG = 2048


class CannotListen(Exception):
    """The address cannot be had; says why in the system's words."""


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        raise CannotListen(getattr(error, "strerror", None) or str(error)) from None
    return listening


class Server(uvicorn.Server):
    """uvicorn that stops when told to, and by nothing else. `ready` is called when it takes requests."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


async def serve(
    app: Any, listening: socket.socket, stop: asyncio.Event, ready: Callable[[], None], closing: Callable[[], None]
) -> None:
    """Serve until `stop` is set; returns when the last request has been answered or its time is up.

    `ready` is called when requests are taken, `closing` when no new ones are: it ends streams.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    server = Server(config, ready)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    closing()
    stopping.cancel()
    await serving
