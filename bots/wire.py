"""HTTP as senders need it: bounded in size and time, never redirected, and the failures that matter for a message told apart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from bots.payload import whole
from core.words import CannotFetch, FileRef, Files, Receipt

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
QUOTA_SECONDS = 60.0
"""Wait after too many calls, where the platform does not say how long: most quotas are counted by the minute."""
MOST_WAIT = 600.0
"""Longest wait that is believed, seconds."""

for _chatty in ("httpx", "telegram", "websockets"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)  # they would log addresses and frames, which may hold secrets

_PLAIN = {"accept-encoding": "identity"}
_JSON = {**_PLAIN, "content-type": "application/json; charset=utf-8"}
_PATIENCE = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS).as_dict()
_address = lru_cache(64)(httpx.URL)
"""Parsed addresses: most calls go to few of them, and parsing takes longer than sending."""


Action = Literal["stale", "busy", "quota", "window", "gone", "refused", "unsure"]
"""What an error code asks for: a new token, a short wait, a longer one, to wait for the recipient's next message, another way to
him, or a person's eye; after `unsure` it may have been done all the same."""


class Trouble(Exception):
    """A call did not do what was asked, or did not say so. `receipt` is what that means for a message that was to be sent;
    `code` the platform's own, `words` what it said with it; `stale` says that the access token is not valid any more."""

    def __init__(self, receipt: Receipt, code: str = "", *, stale: bool = False, words: str = "") -> None:
        super().__init__(receipt.why)
        self.receipt, self.code, self.stale, self.words = receipt, code, stale, words


def busy(why: str, after: float = BUSY_SECONDS) -> Receipt:
    """Nothing was shown; the same succeeds later."""
    return Receipt("later", after=after, why=why)


def complaint(
    platform: str,
    code: str,
    actions: Mapping[str, Action],
    status: int = 200,
    after: float | None = None,
    quota: float = QUOTA_SECONDS,
) -> Trouble:
    """The trouble that an error code means by its platform's table. A code that stands in none is refused, unless the HTTP
    status says more; `after` are seconds that the platform named, `quota` those of a longer wait that it did not name."""
    why = f"{platform} error {code or f'HTTP {status}'}"
    action = actions.get(code) or ("quota" if status == 429 else "busy" if status >= 500 else "refused")
    match action:
        case "stale":
            return Trouble(Receipt("refused", why=why), code, stale=True)
        case "busy":
            return Trouble(busy(why, after or BUSY_SECONDS), code)
        case "quota":
            return Trouble(busy(why, min(max(after or quota, 1.0), MOST_WAIT)), code)
        case "window":
            return Trouble(Receipt("refused", why="window"), code)
        case "gone" | "refused":
            return Trouble(Receipt(action, why=why), code)
        case "unsure":
            return Trouble(Receipt("unknown", why=why), code)


@contextmanager
def fetching() -> Iterator[None]:
    """Around a call for a file: a trouble that stays one becomes CannotFetch. Raises CannotFetch, Trouble."""
    try:
        yield
    except Trouble as trouble:
        if trouble.receipt.state in ("refused", "gone"):
            raise CannotFetch(str(trouble)) from trouble
        raise


def told_to_wait(value: str | None) -> float | None:
    """The seconds in a header like Retry-After; None if it names none."""
    try:
        return float(value) if value else None
    except ValueError:
        return None


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

    async def post(
        self,
        url: str,
        body: Mapping[str, Any] | bytes,
        headers: Mapping[str, str] | None = None,
        most: int = MOST_ANSWER,
    ) -> Reply:
        """The answer, of at most `most` bytes, to a POST of JSON (bytes: as they stand). Raises Trouble."""
        return await self.send("POST", url, body, headers, most)

    async def send(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | bytes,
        headers: Mapping[str, str] | None = None,
        most: int = MOST_ANSWER,
    ) -> Reply:
        """The answer to JSON that is sent by any method. Raises Trouble."""
        content = body if isinstance(body, bytes) else written(body)
        request = httpx.Request(method, _address(url), content=content, headers={**_JSON, **(headers or {})})
        endless = Receipt("unknown", why=f"an answer of more than {most} bytes")
        return await self._ask(request, most, ANSWER_SECONDS, endless)

    async def upload(
        self,
        url: str,
        file: tuple[str, str, bytes, str],
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to a form with one file (field, name, content, media type). Raises Trouble."""
        form, name, content, mime = file
        files = {form: (whole(name), content, mime)}
        request = httpx.Request("POST", _address(url), files=files, data=fields, headers={**_PLAIN, **(headers or {})})
        endless = Receipt("unknown", why=f"an answer of more than {MOST_ANSWER} bytes")
        return await self._ask(request, MOST_ANSWER, MEDIA_SECONDS, endless)

    async def get(
        self, url: str, most: int, headers: Mapping[str, str] | None = None, seconds: float | None = None
    ) -> Reply:
        """A file, or another answer, of at most `most` bytes within `seconds` (or MEDIA_SECONDS). Raises Trouble."""
        request = httpx.Request("GET", _address(url), headers={**_PLAIN, **(headers or {})})
        endless = Receipt("refused", why=f"more than {most} bytes")
        return await self._ask(request, most, seconds or MEDIA_SECONDS, endless)

    async def file(self, url: str, most: int, headers: Mapping[str, str]) -> Reply:
        """A file of at most `most` bytes. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        with fetching():
            reply = await self.get(url, most, headers)
            if reply.status != 200:
                raise complaint("file:", "", {}, reply.status, told_to_wait(reply.headers.get("retry-after")))
            return reply

    async def carry(self, request: httpx.Request, most: int) -> Reply:
        """The answer, of at most `most` bytes, to a request that a library has made. Raises Trouble."""
        request.headers.update(_PLAIN)
        return await self._ask(
            request, most, MEDIA_SECONDS, Receipt("unknown", why=f"an answer of more than {most} bytes")
        )

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


class Through(httpx.AsyncBaseTransport):
    """The wire for an SDK that speaks httpx: what it asks is bounded like all else, and what goes wrong is raised as Trouble."""

    def __init__(self, wire: Wire, most: int) -> None:
        self._wire, self._most = wire, most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = await self._wire.carry(request, self._most)
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body)

    async def aclose(self) -> None:
        await self._wire.close()


def written(body: Mapping[str, Any]) -> bytes:
    """JSON; half a character, which has no form on the wire, becomes a mark."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return orjson.dumps(whole(body))


async def content_of(file: FileRef, files: Files, most: int, least: int = 1) -> bytes:
    """The content of a stored file that a platform would take, between `least` and `most` bytes. Raises Trouble."""
    try:
        content = await files(file.hash)
    except KeyError as error:
        raise Trouble(Receipt("refused", why="the file is not in the store")) from error
    if not least <= len(content) <= most:
        raise Trouble(Receipt("refused", why=f"a file of {len(content)} bytes cannot be sent"))
    return content


async def _body(response: httpx.Response, most: int, endless: Receipt) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > most:
            raise Trouble(endless)
        pieces.append(piece)
    return b"".join(pieces)
