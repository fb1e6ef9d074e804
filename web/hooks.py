"""The door for platforms: a bare ASGI function that turns a request into a Hook and an Answer into a response.

A platform is answered after its delivery is durable, and with 503 and no word if it could not be stored: then it comes again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from core.words import Accept, Answer, Channel, Hook
from web.floods import Floods

log = logging.getLogger("huiying.hooks")

PATH = "/hook/"
MOST_BODY = 1_000_000
"""Largest body of a delivery, bytes, for a channel that names no other bound (`most_body`)."""
MOST_QUERY = 64
"""Most parameters in a query."""
PATIENCE = 60.0
"""Seconds in which a body must have come."""
METHODS = ("GET", "POST")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Door:
    """One channel's entrance."""

    channel: Channel
    accept: Accept
    most_body: int

    @classmethod
    def of(cls, channel: Channel, accept: Accept) -> Door:
        return cls(channel, accept, getattr(channel, "most_body", MOST_BODY))


class TooLarge(Exception):
    """A body beyond its bound."""


class Hooks:
    """Takes /hook/<channel>; everything else goes to the app behind. `floods` guards channels that are open to everybody."""

    def __init__(self, doors: Mapping[str, Door], behind: App, floods: Mapping[str, Floods] | None = None) -> None:
        self._doors, self._behind, self._floods = doors, behind, floods or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._behind(scope, receive, send)
            return
        name = scope["path"][len(PATH) :]
        door, floods = self._doors.get(name), self._floods.get(name)
        if door is None:
            await _respond(send, Answer(404))
        elif scope["method"] not in METHODS:
            await _respond(send, Answer(405))
        elif floods and (wait := floods.address(scope)):
            await _respond(send, Answer(429), wait)
        else:
            answer = await _answer(door, scope, receive, floods)
            if isinstance(answer, int):
                await _respond(send, Answer(429), answer)
            elif answer is not None:
                await _respond(send, answer)


async def _answer(door: Door, scope: Scope, receive: Receive, floods: Floods | None) -> Answer | int | None:
    """What the caller hears, or the seconds he has to wait; None if he has hung up."""
    try:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if len(headers) != len(scope["headers"]) and _ambiguous(scope):
            return Answer(400)
        body = await _body(receive, headers.get("content-length", ""), door.most_body)
        if body is None:
            return None
        text = scope["query_string"].decode("latin-1")
        query = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_QUERY) if text else ()
        hook = Hook(scope["method"], headers, query, body)
    except TooLarge:
        return Answer(413)
    except TimeoutError:
        return Answer(408)
    except ValueError:
        return Answer(400)
    if floods and (wait := floods.message(hook)):
        return wait
    try:
        return await door.channel.receive(hook, door.accept)
    except Exception:
        log.exception("a delivery was not taken", extra={"channel": door.channel.name, "bytes": len(body)})
        return Answer(503)


async def _body(receive: Receive, announced: str, most: int) -> bytes | None:
    """The whole body, or None if the caller hung up. Raises TooLarge, TimeoutError."""
    if announced.isascii() and announced.isdigit() and int(announced) > most:
        raise TooLarge
    pieces, size = [], 0
    async with asyncio.timeout(PATIENCE):
        while (message := await receive())["type"] == "http.request":
            piece = message.get("body", b"")
            pieces.append(piece)
            size += len(piece)
            if size > most:
                raise TooLarge
            if not message.get("more_body"):
                return b"".join(pieces)
    return None


def _ambiguous(scope: Scope) -> bool:
    """Whether a header that decides something stands twice."""
    names = [name for name, _ in scope["headers"]]
    return any(names.count(name) > 1 for name in (b"content-type", b"content-length", b"authorization"))


async def _respond(send: Send, answer: Answer, wait: int = 0) -> None:
    headers = [
        (b"content-type", answer.mime.encode("latin-1")),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *([(b"retry-after", str(wait).encode())] if wait else []),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
