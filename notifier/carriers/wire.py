"""HTTP as the carriers use it: one bounded request, and a trouble that says what it means for the post."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from core.words import Receipt

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 8.0
"""Longest silence of the provider before its answer, and between two pieces of it."""
ANSWER_SECONDS = 15.0
"""Longest time for a whole answer."""
MOST_ANSWER = 1024 * 1024
"""Longest answer, bytes."""
BUSY_SECONDS = 2.0
"""Wait after server errors and failed connections."""
MINUTE_SECONDS = 60.0
"""Wait after a limit that is counted by the minute, or whose length the provider does not say."""
HOUR_SECONDS = 3600.0
"""Wait after a limit that is counted by the hour."""
GATEWAY_TIMEOUT = 504

State = Literal["later", "refused", "gone", "unknown"]

_PATIENCE = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS).as_dict()
_NO_CODE = re.compile(r"[^A-Za-z0-9._-]")
_MOST_CODE = 80


class Trouble(Exception):
    """A post that was not taken, or of which it is not known. Its words hold codes only, no number and no content."""

    def __init__(self, state: State, what: str, after: float | None = None) -> None:
        super().__init__(what)
        self.state: State = state
        self.after = after

    def receipt(self, ref: str | None = None) -> Receipt:
        """What it means for the post; `ref` is the attempt under which an unknown one may still be heard of."""
        return Receipt(self.state, ref if self.state == "unknown" else None, self.after, str(self))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered below 500."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in it. Raises Trouble: "refused" for an error page, "unknown" for what nobody can tell."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            found = None
        if isinstance(found, dict):
            return found
        if self.status >= 400:
            raise Trouble("refused", f"HTTP {self.status}")
        raise Trouble("unknown", "unreadable answer")


class Wire:
    """Requests straight on httpx's transport: no redirects, no cookies, and nothing that logs an address."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None) -> None:
        self._transport = transport or AiohttpTransport()

    async def ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Reply:
        """The answer to one request.

        Raises Trouble: "later" where nothing was written or the server says that it failed, "unknown" where the request
        was written and no answer came.
        """
        sent = {"accept-encoding": "identity", **headers}
        request = httpx.Request(method, url, headers=sent, content=content, extensions={"timeout": _PATIENCE})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                response = await self._transport.handle_async_request(request)
                try:
                    return await _reply(response)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Trouble("later", "no connection", BUSY_SECONDS) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Trouble("unknown", "no answer") from error

    async def close(self) -> None:
        await self._transport.aclose()


async def _reply(response: httpx.Response) -> Reply:
    status = response.status_code
    if status == GATEWAY_TIMEOUT:
        raise Trouble("unknown", "HTTP 504")
    if status >= 500:
        raise Trouble("later", f"HTTP {status}", BUSY_SECONDS)
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MOST_ANSWER:
            raise Trouble("unknown", f"more than {MOST_ANSWER} bytes")
        pieces.append(piece)
    if status == 429:
        raise Trouble("later", "HTTP 429", _wait(response.headers.get("retry-after", "")))
    return Reply(status, b"".join(pieces))


def _wait(told: str) -> float:
    return min(float(told), HOUR_SECONDS) if told.isascii() and told.isdigit() else MINUTE_SECONDS


def code(value: Any) -> str:
    """A provider's code as it may stand in a log: nothing in it but what codes are made of."""
    return _NO_CODE.sub("", str(value))[:_MOST_CODE] or "none"
