"""A plain carrier for channels that have no adapter yet: the same contract, no platform behind it. Rehearsals only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from core.words import (
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    Hook,
    Inbound,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Size,
    Who,
)

ACCOUNT = "desk"
CAN = Can(text=Size(4000), card=False, buttons=10, label=Size(40), token=200, file=20_000_000, rate=1000.0, safe=True)

EDITS = frozenset({"dingtalk", "feishu", "slack", "telegram"})
"""Platforms on which a message can be replaced."""


@dataclass(frozen=True)
class Carried:
    """A message as it reached somebody."""

    at: Micros
    room: Room
    say: Say
    ref: str


class Carrier:
    """Carries JSON in and values out. `sent` is what has reached people, `replaced` how messages were shown anew in place, which
    only the platforms in EDITS do; nothing is taken before `down_until`, and nobody in `gone` gets anything."""

    can = CAN

    def __init__(self, name: str, clock: Clock):
        self.name, self._clock = name, clock
        self.can = replace(self.can, edit=name in EDITS)
        self.sent: list[Carried] = []
        self.replaced: list[Carried] = []
        self.media: dict[str, bytes] = {}
        self.down_until: Micros = 0
        self.gone: set[str] = set()
        self._shown: set[str] = set()
        self._count = 0

    def room(self, who: str, *, group: str | None = None, thread: str | None = None) -> Room:
        """Where somebody speaks: his direct chat, or a group."""
        return Room(self.name, ACCOUNT, group or who, thread, group is not None)

    async def says(self, accept: Accept, who: str, name: str | None, kind: str, text: str, **more: Any) -> str:
        """Somebody does something; the id of his message."""
        self._count += 1
        number = f"{self.name}-{self._count}"
        group, thread = more.pop("group", None), more.pop("thread", None)
        room = self.room(who, group=group, thread=thread)
        delivery = {
            "id": number,
            "at": self._clock(),
            "who": who,
            "name": name,
            "room": str(room),
            "kind": kind,
            "text": text,
            **more,
        }
        await accept([orjson.dumps(delivery)])
        return number

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        said = orjson.loads(raw)
        room = Room.of(said["room"])
        media = tuple(Media.of(file) for file in said.get("media", ()))
        return [
            Inbound(
                key=f"{room.channel}:{said['id']}",
                at=said["at"],
                who=Who(said["who"], said.get("name"), said.get("phone")),
                room=room,
                kind=said["kind"],
                text=said["text"],
                media=media,
                about=said.get("about"),
                press=said.get("press"),
                called=said.get("called", True),
                id=said["id"],
                quoted=said.get("quoted"),
                forwarded=said.get("forwarded", False),
                raw=raw,
            )
        ]

    async def run(self, accept: Accept) -> None:
        """Nothing to pull."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        if self._clock() < self.down_until:
            return Receipt("later", after=1.0)
        if room.id in self.gone:
            return Receipt("gone", why="the recipient has left")
        if say.replaces and self.can.edit:
            self.replaced.append(Carried(self._clock(), room, say, say.replaces))
            return Receipt("sent", ref=say.replaces)
        ref = f"{self.name}:{key}"
        if ref not in self._shown:
            self._shown.add(ref)
            self.sent.append(Carried(self._clock(), room, replace(say), ref))
        return Receipt("sent", ref=ref)

    async def fetch(self, media: Media) -> bytes:
        if media.ref not in self.media:
            raise CannotFetch(media.ref)
        return self.media[media.ref]

    async def close(self) -> None:
        """Nothing is open."""
