"""Web chat (网页聊天): a visitor's browser talks with the desk. No platform stands between, so that this file is all of it.

A visitor is known by a token: his id and the moment of issue, signed by us. What the desk says to him lies in the store,
where his page reads it; posting means waking that page.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bots.stored import stored
from core.words import (
    DAY,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    Files,
    Hook,
    Inbound,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Size,
    Unreadable,
    Who,
)

ACCOUNT = "desk"
MOST_FILE = 10_000_000
"""Largest file either way, bytes."""
MOST_JSON = 256 * 1024
"""Largest message without a file, bytes."""
MOST_NAME = 120
"""Longest name of a file, characters."""
LASTS = 180 * DAY
"""How long a token is valid; a page that is opened gets a fresh one."""

CAN = Can(text=Size(4000), card=True, buttons=10, label=Size(40), token=200, file=MOST_FILE, rate=1000.0, safe=True)

_VISITOR = re.compile(r"[a-z0-9]{1,32}")
_TOKEN = re.compile(
    rf"(?P<signed>(?P<visitor>{_VISITOR.pattern})\.(?P<at>[0-9]{{1,20}}))\.(?P<signature>[0-9a-f]{{64}})"
)
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ABOUT = re.compile(r"[!-~]{1,200}")
_MIME = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
_HASH = re.compile(r"[0-9a-f]{64}")
_FILE_KINDS = ("image", "voice", "file")


class WebChat:
    """The channel of the chat page. A room is one visitor's chat: Room("webchat", "desk", visitor).

    `key` signs tokens; `put` keeps an uploaded file and gives its hash, by which `files` gives it back; `wake` hears the
    address of a room in which there is something new.
    """

    name = "webchat"

    def __init__(
        self,
        key: bytes,
        put: Callable[[bytes], str],
        files: Files,
        clock: Clock,
        wake: Callable[[str], None] = lambda room: None,
        lasts: Micros = LASTS,
    ) -> None:
        self.can = CAN
        self.most_body = MOST_FILE
        self._key, self._put, self._files, self._clock, self._wake, self._lasts = key, put, files, clock, wake, lasts

    # ---- visitors

    def token(self, visitor: str) -> str:
        """A token for this visitor, valid from now. Raises ValueError for an id that is none."""
        if not _VISITOR.fullmatch(visitor):
            raise ValueError("a visitor's id is up to 32 small letters and digits")
        signed = f"{visitor}.{self._clock()}"
        return f"{signed}.{self._signature(signed)}"

    def visitor(self, token: object) -> str | None:
        """Whose token this is; None if it is not ours, or too old."""
        found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        if found is None or not hmac.compare_digest(self._signature(found["signed"]), found["signature"]):
            return None
        return found["visitor"] if self._clock() - int(found["at"]) <= self._lasts else None

    def room(self, visitor: str) -> Room:
        """Where this visitor talks with the desk."""
        return Room(self.name, ACCOUNT, visitor)

    def _signature(self, signed: str) -> str:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()

    # ---- the channel

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """The message in a delivery as `receive` wrote it: visitor, at, said (what his page sent), file. Raises Unreadable."""
        try:
            delivery = orjson.loads(raw)
            visitor, at, said, file = delivery["visitor"], delivery["at"], delivery["said"], delivery.get("file")
            number, kind, text, press = said["id"], said["kind"], said.get("text", ""), said.get("press")
            about = said.get("about")
            media = (Media(file["hash"], file["mime"], file["name"], file["size"]),) if file else ()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unreadable(f"not a web chat delivery: {type(error).__name__}") from error
        known = _matches(_VISITOR, visitor) and _matches(_MESSAGE_ID, number) and type(at) is int
        if not known or not isinstance(text, str) or not _complete(kind, press, about, media):
            raise Unreadable("not a web chat message")
        return [
            Inbound(
                key=f"webchat:{ACCOUNT}:{visitor}:{number}",
                at=at,
                who=Who(visitor),
                room=Room(WebChat.name, ACCOUNT, visitor),
                kind=kind,
                text=text,
                media=media,
                about=about,
                press=press,
                id=number,
                raw=raw,
            )
        ]

    async def run(self, accept: Accept) -> None:
        """Returns at once: browsers come to us."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """One message: JSON {token, id, kind, text, press, about}, or a file as the body with ?id&kind&name and the token as bearer."""
        if hook.method == "GET":
            return Answer()
        if hook.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
            opened = self._message(hook)
        else:
            opened = await self._upload(hook)
        if isinstance(opened, Answer):
            return opened
        visitor, delivery = opened
        try:
            raw = orjson.dumps({"visitor": visitor, "at": self._clock(), **delivery})
        except (TypeError, ValueError):
            return Answer(400)
        await accept([raw])
        self._wake(str(self.room(visitor)))
        return Answer(200, b"{}", "application/json")

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """The message lies in the store already; whoever has the page open is told to look."""
        if CAN.text.of(say.text) > CAN.text.most or len(say.buttons) > CAN.buttons:
            return Receipt("refused", why="longer than the page takes")
        if say.file:
            try:
                content = await self._files(say.file.hash)
            except KeyError:
                return Receipt("refused", why="the file is not in the store")
            if len(content) > MOST_FILE:
                return Receipt("refused", why="the file is too large")
        self._wake(str(room))
        return Receipt("sent", ref=key)

    async def fetch(self, media: Media) -> bytes:
        """A file that a visitor sent. Raises CannotFetch."""
        if not _HASH.fullmatch(media.ref):
            raise CannotFetch("not the name of a stored file")
        return await stored(self._files, media.ref)

    async def close(self) -> None:
        """Nothing is held."""

    # ---- what a page sends

    def _message(self, hook: Hook) -> tuple[str, dict[str, Any]] | Answer:
        if len(hook.body) > MOST_JSON:
            return Answer(413)
        try:
            said = _strict_json(hook.body)
        except (ValueError, RecursionError):
            return Answer(400)
        visitor = self.visitor(said.pop("token", None))
        return (visitor, {"said": said}) if visitor else Answer(403)

    async def _upload(self, hook: Hook) -> tuple[str, dict[str, Any]] | Answer:
        """The file is kept before the message that brings it; one that is refused later is a file that nobody names."""
        query = dict(hook.query)
        scheme, _, token = hook.headers.get("authorization", "").partition(" ")
        visitor = self.visitor(token) if scheme.lower() == "bearer" else None
        if visitor is None:
            return Answer(403)
        if len(query) != len(hook.query) or not hook.body or query.get("kind") not in _FILE_KINDS:
            return Answer(400)
        if not _MESSAGE_ID.fullmatch(query.get("id", "")):
            return Answer(400)
        if len(hook.body) > MOST_FILE:
            return Answer(413)
        mime = hook.headers.get("content-type", "").partition(";")[0].strip().lower()
        file = {
            "hash": await asyncio.to_thread(self._put, hook.body),
            "mime": mime if _MIME.fullmatch(mime) else "application/octet-stream",
            "name": _file_name(query.get("name", "")),
            "size": len(hook.body),
        }
        return visitor, {"said": {"id": query["id"], "kind": query["kind"]}, "file": file}


def _complete(kind: object, press: object, about: object, media: tuple[Media, ...]) -> bool:
    """Whether a message of this kind has what it needs, and nothing else. Only an upload brings a file; what is edited or
    recalled is named, what is answered may be."""
    if about is not None and not _matches(_ABOUT, about):
        return False
    if kind in _FILE_KINDS:
        return bool(media) and press is None
    if kind == "press":
        return not media and isinstance(press, str)
    return (
        not media
        and press is None
        and (kind in ("text", "enter") or (kind in ("edit", "recall") and about is not None))
    )


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _file_name(name: str) -> str:
    """The last part of a name, without what could end a header or hide its ending."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(character for character in last if character.isprintable())[-MOST_NAME:] or "file"


def _strict_json(body: bytes) -> dict[str, Any]:
    """A JSON object that every parser reads alike: no key twice, no NaN. Raises ValueError, RecursionError."""
    said = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
