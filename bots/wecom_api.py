"""The WeCom API as the WeCom channels use it: one shared access token, bounded media, and what each error code asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from bots.payload import whole
from bots.tokens import SharedToken
from bots.wire import ANSWER_SECONDS, Action, Reply, Trouble, Wire, busy, complaint, content_of
from core.words import CannotFetch, FileRef, Files, Kind, Receipt, Shelf, Size

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

ACTIONS: Mapping[str, Action] = {
    "40014": "stale",
    "42001": "stale",
    "-1": "busy",
    "45009": "quota",
    "45033": "quota",
    "95001": "window",
    "95002": "window",
    "95013": "window",
    "95018": "window",
    "40003": "gone",
    "40096": "gone",
    "60111": "gone",
    "81013": "gone",
    "95014": "gone",
}
"""What an error code asks for. Any other is refused and seen among the dead letters: wrong secret (40001), corporation
(40013) or account (95000), address not trusted (60020), right missing (48002, 60011, 95017), message wrong (44004, 45002,
40058, 95008)."""

_LINK = re.compile(r"<(?=\s*/?\s*a[\s>])", re.IGNORECASE)


class Api:
    """One application's access to the API. Processes share its token through the shelf and refresh it once."""

    def __init__(
        self, base: str, corp_id: str, secret: str, shelf: Shelf, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._base = base.rstrip("/") + "/cgi-bin/"
        self._credentials = {"corpid": corp_id, "corpsecret": secret}
        self._wire = Wire(transport)
        self._token = SharedToken(shelf, "wecom", f"{base} {corp_id} {secret}", self._fresh_token)

    async def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a POST of JSON. Raises Trouble for every other outcome."""

        async def ask(token: str) -> dict[str, Any]:
            return checked(await self._wire.post(self._url(path, access_token=token), body, most=MOST_ANSWER))

        return await self._token.carry(ask)

    async def file_message(self, file: FileRef, files: Files) -> dict[str, Any]:
        """The message that shows a stored file, which from now on lies with WeCom for three days. Raises Trouble."""
        content = await content_of(file, files, MOST_MEDIA, LEAST_MEDIA)
        kind = "image" if file.mime in ("image/jpeg", "image/png") and len(content) <= MOST_IMAGE else "file"

        async def upload(token: str) -> dict[str, Any]:
            url = self._url("media/upload", access_token=token, type=kind)
            return checked(await self._wire.upload(url, ("media", file.name, content, file.mime)))

        answer = await self._token.carry(upload)
        return {"msgtype": kind, kind: {"media_id": answer.get("media_id")}}

    async def download(self, media_id: str) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it is gone or too large, Trouble if it may come later."""

        async def get(token: str) -> bytes:
            url = self._url("media/get", access_token=token, media_id=media_id)
            reply = await self._wire.get(url, MOST_MEDIA)
            if "content-disposition" not in reply.headers or reply.status != 200:
                checked(reply)
                raise Trouble(Receipt("refused", why="not a file"))
            return _content(reply)

        try:
            return await self._token.carry(get)
        except Trouble as trouble:
            if trouble.receipt.state in ("refused", "gone"):
                raise CannotFetch(str(trouble)) from trouble
            raise

    async def close(self) -> None:
        await self._wire.close()

    async def _fresh_token(self) -> tuple[str, float]:
        url = self._url("gettoken", **self._credentials)
        answer = checked(await self._wire.get(url, MOST_ANSWER, seconds=ANSWER_SECONDS))
        return str(answer.get("access_token", "")), float(answer.get("expires_in", TOKEN_SECONDS))

    def _url(self, path: str, **query: str) -> str:
        return f"{self._base}{path}?{urlencode(query)}"


def checked(reply: Reply) -> dict[str, Any]:
    """The JSON answer. Raises Trouble if it is none or carries an error code."""
    body = _content(reply)
    try:
        answer = loaded(body)
        code = int(answer.get("errcode", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise Trouble(Receipt("unknown", why="unreadable answer")) from error
    if code:
        trouble = complaint("WeCom", str(code), ACTIONS)
        trouble.words = str(answer.get("errmsg", ""))
        raise trouble
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


def plain(text: str) -> str:
    """Text in which WeCom sees no markup for links: what a customer wrote must not look like ours to a colleague."""
    return _LINK.sub("(", whole(text))


def _content(reply: Reply) -> bytes:
    """The content of an answer that came as it was asked for. Raises Trouble."""
    if reply.status >= 500:
        raise Trouble(busy(f"HTTP {reply.status}"))
    if reply.status != 200 or "content-encoding" in reply.headers:
        raise Trouble(Receipt("refused", why=f"not an answer of WeCom (HTTP {reply.status})"))
    return reply.body
