"""HTTP as engines of a cloud use it: one bounded request, whose failure is a word."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from dialogue.transcribing.words import Unheard

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 20.0
"""Longest silence of the provider before its answer: it listens to a minute of speech meanwhile."""
ANSWER_SECONDS = 30.0
"""Longest time for a whole answer."""
MOST_ANSWER = 1 << 20
"""Longest answer, bytes."""

_PATIENCE = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS).as_dict()


class Wire:
    """Requests straight on httpx's transport: no redirects, no cookies, and nothing that logs an address or a header."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None) -> None:
        self._transport = transport or AiohttpTransport()

    async def ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> dict[str, Any]:
        """The JSON object that is answered. Raises Unheard: no_connection, no_answer, http_STATUS, unreadable."""
        request = httpx.Request(method, url, headers=dict(headers), content=content, extensions={"timeout": _PATIENCE})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                response = await self._transport.handle_async_request(request)
                try:
                    body = await _body(response)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise Unheard("no_connection") from None
        except (httpx.HTTPError, TimeoutError):
            raise Unheard("no_answer") from None
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise Unheard(f"http_{response.status_code}" if response.status_code >= 400 else "unreadable")
        return found

    async def close(self) -> None:
        await self._transport.aclose()


async def _body(response: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MOST_ANSWER:
            raise Unheard("unreadable")
        pieces.append(piece)
    return b"".join(pieces)
