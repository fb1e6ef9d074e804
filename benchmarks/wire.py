"""A client that costs next to nothing: requests are bytes made beforehand, sent over connections that stay open."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from core.words import Hook


def request(path: str, hook: Hook) -> bytes:
    """A Hook as it goes over the wire."""
    lines = [f"{hook.method} {path}?{urlencode(hook.query)} HTTP/1.1", "host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in hook.headers.items()]
    return "\r\n".join([*lines, f"content-length: {len(hook.body)}", "", ""]).encode() + hook.body


class Wire(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._answered: asyncio.Future[bytes] | None = None
        self._got = b""

    @classmethod
    async def open(cls, port: int) -> Wire:
        _, wire = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return wire

    @property
    def closed(self) -> bool:
        """Whether either side has hung up."""
        return self._transport.is_closing()

    async def ask(self, words: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises ConnectionError."""
        if self.closed:
            raise ConnectionError("closed")
        self._answered, self._got = asyncio.get_running_loop().create_future(), b""
        self._transport.write(words)
        head, _, body = (await self._answered).partition(b"\r\n\r\n")
        return int(head[9:12]), body

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if found and self._answered and not self._answered.done() and len(body) >= _length(head):
            self._answered.set_result(self._got)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(ConnectionError("the server hung up"))


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
