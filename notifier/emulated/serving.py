"""What every emulated provider needs: an ASGI application that can be told to fail, and numbers for its ids."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx

from core.words import Clock

Fault = str
"""What goes wrong with a request: "5xx", "throttle", "lost" (done, but no answer comes), "down" (no connection), or an error code
of the provider's own."""


@dataclass(frozen=True)
class Asked:
    """A request as it stood on the wire; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True)
class Answered:
    """A response."""

    status: int
    body: bytes
    mime: str = "application/json; charset=utf-8"


class Serving:
    """In process through httpx.ASGITransport(app=server), or served by uvicorn. `asked` keeps every request.

    `slowness` are the seconds that every answer takes.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[Asked] = []
        self.calls: Counter[str] = Counter()
        self._faults: deque[Fault] = deque()
        self.slowness = 0.0
        self._number = 0

    def fault(self, *faults: Fault) -> None:
        """What goes wrong with the next requests, one after the other."""
        self._faults.extend(faults)

    def number(self) -> int:
        """The next number: ids are made of it."""
        self._number += 1
        return self._number

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        asked = Asked(scope["method"], scope["path"], scope["query_string"].decode(), headers, body)
        self.asked.append(asked)
        fault = self._faults.popleft() if self._faults else None
        if fault == "down":
            raise httpx.ConnectError("emulated: nobody listens")
        answered = (
            Answered(503, b"upstream connect error", "text/plain") if fault == "5xx" else self._answer(asked, fault)
        )
        if self.slowness:
            await asyncio.sleep(self.slowness)
        if fault == "lost":
            raise httpx.ReadTimeout("emulated: no answer")
        head = [(b"content-type", answered.mime.encode()), (b"content-length", str(len(answered.body)).encode())]
        await send({"type": "http.response.start", "status": answered.status, "headers": head})
        await send({"type": "http.response.body", "body": answered.body})

    def _answer(self, asked: Asked, fault: Fault | None) -> Answered:
        raise NotImplementedError


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _lifespan(receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
