"""Example, a platform that nobody runs: the smallest channel that keeps the whole contract. Copy it, and change what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bots.doors import guarded, must_be_fresh, must_be_signed
from bots.payload import milliseconds, reader, table, text, unmarked
from bots.wire import Action, Trouble, Wire, complaint, content_of, told_to_wait
from core.words import (
    MINUTE,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    Files,
    Hook,
    Inbound,
    Media,
    Receipt,
    Room,
    Say,
    Size,
    Who,
)

API_BASE = "https://api.example.com"
MOST_TEXT = Size(2000)
MOST_FILE = 10 * 1024 * 1024
"""Largest file in either direction, bytes."""
FRESH = 5 * MINUTE
"""How far the time of a signature may lie from ours."""

CAN = Can(text=MOST_TEXT, buttons=5, label=Size(40), token=100, file=MOST_FILE, gap=0.5, rate=10.0, safe=True)

ACTIONS: Mapping[str, Action] = {"too_many": "quota", "try_later": "busy", "no_such_chat": "gone"}
"""What Example's error codes ask for; any other is refused and seen among the dead letters."""


@dataclass(frozen=True)
class ExampleConfig:
    """What the bot needs. `secrets` sign deliveries, two while rotating."""

    bot: str
    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    api_base: str = API_BASE


class Example:
    """The channel. A room is a chat: Room("example", bot, chat id), with group=True for one of several people."""

    name = "example"
    can = CAN

    def __init__(
        self, config: ExampleConfig, files: Files, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._config, self._files, self._clock, self._wire = config, files, clock, Wire(transport)

    @staticmethod
    @reader("Example")
    def read(raw: bytes) -> list[Inbound]:
        """The message or press in a delivery. Raises Unreadable."""
        found = table(raw)
        said = {"message": _message, "press": _press}.get(found["type"], _nothing)(found)
        if said is None or found["from"]["bot"]:
            return []
        bot, chat, number = text(found["bot"]), found["chat"], text(found["id"])
        who = Who(text(found["from"]["id"]), found["from"].get("name"))
        room = Room("example", bot, text(chat["id"]), group=chat["group"])
        at, key = milliseconds(found["at"]), f"example:{bot}:{number}"
        return [Inbound(key=key, at=at, who=who, room=room, id=number, raw=raw, **said)]

    async def run(self, accept: Accept) -> None:
        """Returns at once: Example calls us."""

    @guarded
    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks a delivery and answers it once it is durable."""
        if hook.method == "GET":
            return Answer()
        timestamp = hook.headers.get("x-example-time", "")
        must_be_fresh(timestamp, self._clock(), FRESH)
        signed = timestamp.encode() + b"." + hook.body
        must_be_signed(self._config.secrets, signed, hook.headers.get("x-example-signature", ""))
        await accept([hook.body])
        return Answer()

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message. A repetition under the same key is not shown again."""
        if MOST_TEXT.of(say.text) > MOST_TEXT.most or not (say.text or say.file):
            return Receipt("refused", why="longer than 2,000 characters, or nothing to send")
        try:
            shown = {"chat": room.id, "key": key, "text": unmarked(say.text), "buttons": _buttons(say)}
            if say.file:
                content = await content_of(say.file, self._files, MOST_FILE)
                place = "files", ("file", say.file.name, content, say.file.mime)
                shown["file"] = (await self._call(*place))["id"]
            sent = await self._call("messages", shown)
        except Trouble as trouble:
            return trouble.receipt
        return Receipt("sent", ref=str(sent.get("id")))

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        if not media.ref.isalnum():
            raise CannotFetch("not a file of Example")
        return (await self._wire.file(f"{self._config.api_base}/files/{media.ref}", MOST_FILE, self._bearer())).body

    async def close(self) -> None:
        await self._wire.close()

    async def _call(self, path: str, asked: Any) -> dict[str, Any]:
        """The answer to JSON, or to an uploaded file. Raises Trouble."""
        url = f"{self._config.api_base}/{path}"
        carry = self._wire.upload if isinstance(asked, tuple) else self._wire.post
        reply = await carry(url, asked, headers=self._bearer())
        answer, after = reply.json(), told_to_wait(reply.headers.get("retry-after"))
        if reply.status != 200:
            raise complaint("Example", str(answer.get("error", "")), ACTIONS, reply.status, after)
        return answer

    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._config.token}"}


def _message(found: Mapping[str, Any]) -> dict[str, Any]:
    """Words, a picture or a file; in a group it is for us if the bot was called."""
    about = {"about": found.get("answers"), "called": not found["chat"]["group"] or found.get("called", False)}
    if "file" not in found:
        return {"kind": "text", "text": text(found["text"]), **about}
    file = found["file"]
    media = Media(text(file["id"]), text(file["mime"]), file.get("name"), file.get("size"))
    kind = "image" if file["mime"].startswith("image/") else "file"
    return {"kind": kind, "text": found.get("text", ""), "media": (media,), **about}


def _press(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "press", "press": text(found["token"]), "text": found.get("label", ""), "about": found["answers"]}


def _nothing(found: Mapping[str, Any]) -> None:
    """A kind of delivery that says nothing to us."""


def _buttons(say: Say) -> list[dict[str, str | None]]:
    return [{"label": one.label, "token": one.token, "url": one.url} for one in say.buttons]
