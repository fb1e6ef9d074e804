"""HTTP as senders need it: bounded in size and time, never redirected, and the failures that matter for a message told apart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from core.words import Receipt

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 8.0
"""Longest silence of a platform before its answer, and between two pieces of it."""
ANSWER_SECONDS = 20.0
"""Longest time for a whole JSON answer."""
MEDIA_SECONDS = 120.0
"""Longest time for a whole file."""
MOST_ANSWER = 1024 * 1024
"""Longest JSON answer, bytes."""
BUSY_SECONDS = 2.0
"""Wait after server errors and failed connections."""

_PLAIN = {"accept-encoding": "identity"}
_JSON = {**_PLAIN, "content-type": "application/json; charset=utf-8"}
_PATIENCE = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS).as_dict()


class Trouble(Exception):
    """A call did not do what was asked, or did not say so. `receipt` is what that means for a message that was to be sent;
    `code` the platform's own; `stale` says that the access token is not valid any more."""

    def __init__(self, receipt: Receipt, code: str = "", *, stale: bool = False) -> None:
        super().__init__(receipt.why)
        self.receipt, self.code, self.stale = receipt, code, stale


def busy(why: str, after: float = BUSY_SECONDS) -> Receipt:
    """Nothing was shown; the same succeeds later."""
    return Receipt("later", after=after, why=why)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a platform answered; `body` as it stands on the wire."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> dict[str, Any]:
        """The answer as an object. Raises Trouble: busy after a server error, unknown for anything else."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            found = None
        if isinstance(found, dict):
            return found
        if self.status >= 500:
            raise Trouble(busy(f"HTTP {self.status}"))
        raise Trouble(Receipt("unknown", why=f"unreadable answer (HTTP {self.status})"))


class Wire:
    """Requests go straight to httpx's transport: no cookies, no redirects, and nothing logs addresses that hold tokens."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport or AiohttpTransport()

    async def post(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
        """The answer to a POST of JSON. Raises Trouble."""
        content = orjson.dumps(whole(body))
        request = httpx.Request("POST", url, content=content, headers={**_JSON, **(headers or {})})
        endless = Receipt("unknown", why=f"an answer of more than {MOST_ANSWER} bytes")
        return await self._ask(request, MOST_ANSWER, ANSWER_SECONDS, endless)

    async def get(self, url: str, most: int, headers: Mapping[str, str]) -> Reply:
        """A file of at most `most` bytes. Raises Trouble."""
        request = httpx.Request("GET", url, headers={**_PLAIN, **headers})
        return await self._ask(request, most, MEDIA_SECONDS, Receipt("refused", why=f"more than {most} bytes"))

    async def close(self) -> None:
        await self._transport.aclose()

    async def _ask(self, request: httpx.Request, most: int, seconds: float, endless: Receipt) -> Reply:
        request.extensions = {"timeout": _PATIENCE}
        try:
            async with asyncio.timeout(seconds):
                response = await self._transport.handle_async_request(request)
                try:
                    return Reply(response.status_code, response.headers, await _body(response, most, endless))
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Trouble(busy("no connection")) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Trouble(Receipt("unknown", why="no answer")) from error


async def _body(response: httpx.Response, most: int, endless: Receipt) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > most:
            raise Trouble(endless)
        pieces.append(piece)
    return b"".join(pieces)


def whole(value: Any) -> Any:
    """The value without halves of characters (lone surrogates), which no wire format can carry."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {name: whole(part) for name, part in value.items()}
    return [whole(part) for part in value] if isinstance(value, list) else value


def unmarked(text: str) -> str:
    """Text in which no platform sees markup: what a customer wrote must make no link or mention of ours."""
    return text.replace("<", "＜").replace("](", "] (")
