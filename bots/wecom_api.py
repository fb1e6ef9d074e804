"""The WeCom API as both WeCom channels use it: one shared access token, bounded media, and what each error code asks for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, Literal, ParamSpec, TypeVar
from urllib.parse import urlencode

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from core.words import SECOND, CannotFetch, FileRef, Files, Kind, Micros, Receipt, Shelf, Size, Unreadable

API_BASE = "https://qyapi.weixin.qq.com"
MOST_TEXT = Size(2048, "bytes")
"""Longest text of a message, to members and to customers."""
RATE = 150.0
"""Messages a second: 10,000 calls a minute are allowed to an API and corporation."""
MEDIA: Mapping[str, tuple[Kind, str | None]] = {
    "image": ("image", "image/jpeg"),
    "voice": ("voice", "audio/amr"),
    "video": ("file", "video/mp4"),
    "file": ("file", None),
}
"""Message types that carry a file: their kind, and the media type as far as WeCom lets it be known."""
CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 8.0
"""Longest silence of the platform before its answer, and between two pieces of it."""
ANSWER_SECONDS = 20.0
"""Longest time for a whole JSON answer."""
MEDIA_SECONDS = 120.0
"""Longest time for a whole file, so that a drip does not hold a worker for ever."""
MOST_ANSWER = 8 * 1024 * 1024
"""Longest JSON answer, bytes: a sync_msg page of 1,000 items stays well below."""
MOST_MEDIA = 20 * 1024 * 1024
"""Largest file that WeCom stores or hands out, bytes."""
MOST_IMAGE = 10 * 1024 * 1024
"""Largest upload as a picture, bytes; what is larger goes as a file."""
LEAST_MEDIA = 6
"""Smallest upload, bytes: WeCom wants more than five."""
TOKEN_SECONDS = 7200
"""How long an access token lives, where the platform does not say."""
TOKEN_MARGIN = 300
"""Seconds before its end at which a token is no longer used."""
TOKEN_PAUSE = 60
"""Seconds without a further try after a secret was refused: WeCom bans the address of those who go on."""
BUSY_SECONDS = 2.0
"""Wait after "system busy", server errors and failed connections."""
QUOTA_SECONDS = 60.0
"""Wait after "API frequency out of limit": quotas are counted by the minute."""
LAST_MOMENT = 10**10
"""No payload lies beyond it (the year 2286), seconds since 1970."""

Action = Literal["refresh", "busy", "quota", "window", "gone", "give_up", "unsure"]

ACTIONS: Mapping[int, Action] = {
    40014: "refresh",
    42001: "refresh",
    -1: "busy",
    45009: "quota",
    45033: "quota",
    95001: "window",
    95002: "window",
    95013: "window",
    95018: "window",
    40003: "gone",
    40096: "gone",
    60111: "gone",
    81013: "gone",
    95014: "gone",
}
"""What an error code asks for. Any other is given up and seen among the dead letters: wrong secret (40001), corporation
(40013) or account (95000), address not trusted (60020), right missing (48002, 60011, 95017), message wrong (44004, 45002,
40058, 95008)."""

_LINK = re.compile(r"<(?=\s*/?\s*a[\s>])", re.IGNORECASE)
_Answer = TypeVar("_Answer")
_Payload = ParamSpec("_Payload")


PLAIN = {"accept-encoding": "identity"}
JSON = {**PLAIN, "content-type": "application/json"}
PATIENCE = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS).as_dict()
_address = lru_cache(64)(httpx.URL)
"""Parsed addresses of calls: with the same token they are the same, and parsing takes longer than sending."""


class Trouble(Exception):
    """The API did not do what was asked, or did not say so. `code` is its error code, `complaint` its own words."""

    def __init__(self, what: str, action: Action, code: int | None = None, complaint: str = "") -> None:
        super().__init__(what)
        self.action, self.code, self.complaint = action, code, complaint

    def receipt(self) -> Receipt:
        """What the trouble means for a message that was to be sent."""
        match self.action:
            case "busy":
                return Receipt("later", after=BUSY_SECONDS, why=str(self))
            case "quota":
                return Receipt("later", after=QUOTA_SECONDS, why=str(self))
            case "window":
                return Receipt("refused", why="window")
            case "gone":
                return Receipt("gone", why=str(self))
            case "unsure":
                return Receipt("unknown", why=str(self))
            case _:
                return Receipt("refused", why=str(self))


class Api:
    """One application's access to the API. Processes share its token through the shelf and refresh it once.

    Requests go straight to httpx's transport: the API knows neither cookies nor redirects, and nothing logs its addresses,
    in which the token stands.
    """

    def __init__(
        self, base: str, corp_id: str, secret: str, shelf: Shelf, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._credentials = {"corpid": corp_id, "corpsecret": secret}
        self._shelf = shelf
        self._shelved = "wecom_token:" + hashlib.sha256(f"{base} {corp_id} {secret}".encode()).hexdigest()[:16]
        self._base = base.rstrip("/") + "/cgi-bin/"
        self._transport = transport or AiohttpTransport()

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a POST of JSON. Raises Trouble for every other outcome."""
        how = {"content": orjson.dumps(whole(body)), "headers": JSON}
        return await self._with_token(lambda token: self._json("POST", path, {"access_token": token}, **how))

    async def file_message(self, file: FileRef, files: Files) -> dict[str, Any]:
        """The message that shows a stored file, which from now on lies with WeCom for three days. Raises Trouble."""
        try:
            content = await files(file.hash)
        except KeyError as error:
            raise Trouble("the file is not in the store", "give_up") from error
        if not LEAST_MEDIA <= len(content) <= MOST_MEDIA:
            raise Trouble(f"a file of {len(content)} bytes cannot be sent", "give_up")
        picture = file.mime in ("image/jpeg", "image/png") and len(content) <= MOST_IMAGE
        kind = "image" if picture else "file"
        form = {"media": (whole(file.name), content, file.mime)}
        answer = await self._with_token(
            lambda token: self._json("POST", "media/upload", {"access_token": token, "type": kind}, files=form)
        )
        return {"msgtype": kind, kind: {"media_id": answer.get("media_id")}}

    async def download(self, media_id: str) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it is gone or too large, Trouble if it may come later."""

        async def get(token: str) -> bytes:
            query = {"access_token": token, "media_id": media_id}
            content, headers = await self._ask("GET", "media/get", query, MOST_MEDIA, MEDIA_SECONDS)
            if "content-disposition" not in headers:
                checked(content)
                raise Trouble("not a file", "give_up")
            return content

        try:
            return await self._with_token(get)
        except Trouble as trouble:
            if trouble.action in ("give_up", "gone"):
                raise CannotFetch(str(trouble)) from trouble
            raise

    async def close(self) -> None:
        await self._transport.aclose()

    async def _with_token(self, ask: Callable[[str], Awaitable[_Answer]]) -> _Answer:
        token = await self._token(stale=None)
        try:
            return await ask(token)
        except Trouble as trouble:
            if trouble.action != "refresh":
                raise
        return await ask(await self._token(stale=token))

    async def _token(self, stale: str | None) -> str:
        token = await self._shelf.get(self._shelved)
        if token and token != stale:
            return token
        async with self._shelf.alone(self._shelved):
            token = await self._shelf.get(self._shelved)
            if token and token != stale:
                return token
            return await self._fresh_token()

    async def _fresh_token(self) -> str:
        refused = self._shelved + ":refused"
        if code := await self._shelf.get(refused):
            raise Trouble("WeCom refused the secret; waiting before another try", "give_up", int(code))
        try:
            answer = await self._json("GET", "gettoken", self._credentials)
        except Trouble as trouble:
            if trouble.action == "give_up":
                await self._shelf.put(refused, str(trouble.code or 0), TOKEN_PAUSE)
            if trouble.action == "unsure":
                raise Trouble(str(trouble), "busy") from trouble
            raise
        token, seconds = str(answer.get("access_token", "")), int(answer.get("expires_in", TOKEN_SECONDS))
        await self._shelf.put(self._shelved, token, max(1, seconds - TOKEN_MARGIN))
        return token

    async def _json(self, method: str, path: str, query: Mapping[str, str], **how: Any) -> dict[str, Any]:
        body, _ = await self._ask(method, path, query, MOST_ANSWER, ANSWER_SECONDS, **how)
        return checked(body)

    async def _ask(
        self, method: str, path: str, query: Mapping[str, str], most: int, seconds: float, **how: Any
    ) -> tuple[bytes, httpx.Headers]:
        """Body, as it stands on the wire, and headers of an answer of at most `most` bytes within `seconds`."""
        url = _address(f"{self._base}{path}?{urlencode(query)}")
        request = httpx.Request(method, url, **{"headers": PLAIN, **how}, extensions={"timeout": PATIENCE})
        try:
            async with asyncio.timeout(seconds):
                response = await self._transport.handle_async_request(request)
                try:
                    return await _body(response, most), response.headers
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Trouble("no connection", "busy") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Trouble("no answer", "unsure") from error


async def _body(response: httpx.Response, most: int) -> bytes:
    if response.status_code >= 500:
        raise Trouble(f"HTTP {response.status_code}", "busy")
    if response.status_code != 200 or "content-encoding" in response.headers:
        raise Trouble(f"not an answer of WeCom (HTTP {response.status_code})", "give_up")
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > most:
            raise Trouble(f"more than {most} bytes", "give_up")
        pieces.append(piece)
    return b"".join(pieces)


def checked(body: bytes) -> dict[str, Any]:
    """The JSON answer. Raises Trouble if it is none or carries an error code."""
    try:
        answer = loaded(body)
        code = int(answer.get("errcode", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise Trouble("unreadable answer", "unsure") from error
    if code:
        complaint = str(answer.get("errmsg", ""))
        raise Trouble(f"WeCom error {code}", ACTIONS.get(code, "give_up"), code, complaint)
    return answer


def loaded(body: bytes) -> Any:
    """JSON as WeCom writes it: one odd character in a customer's text must not hold up a page. Raises ValueError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return whole(json.loads(body.decode("utf-8-sig", "replace")))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def moment(seconds: Any) -> Micros:
    """The instant that a payload names in whole seconds. Raises ValueError for anything else."""
    if not isinstance(seconds, int | str) or not 0 < int(seconds) < LAST_MOMENT:
        raise ValueError("not a time")
    return int(seconds) * SECOND


def reader(read: Callable[_Payload, _Answer]) -> Callable[_Payload, _Answer]:
    """A function that reads a payload, made to raise Unreadable, with few words and no contents, if it cannot."""

    @wraps(read)
    def reading(*payload: _Payload.args, **named: _Payload.kwargs) -> _Answer:
        try:
            return read(*payload, **named)
        except KeyError as error:
            raise Unreadable(f"not a message of WeCom: {error} is missing") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"not a message of WeCom ({type(error).__name__})") from error

    return reading


def plain(text: str) -> str:
    """Text in which WeCom sees no markup for links: what a customer wrote must not look like ours to a colleague."""
    return _LINK.sub("(", whole(text))


def whole(value: Any) -> Any:
    """The value without halves of characters (lone surrogates), which no wire format can carry."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {name: whole(part) for name, part in value.items()}
    return [whole(part) for part in value] if isinstance(value, list) else value
