"""A telephone exchange that outlives the desk: it knows which calls it has put through, and loses answers when told to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from core.words import Accept, Answer, Can, CannotFetch, Hook, Inbound, Media, Receipt, Room, Say, Size

ACCOUNT = "exchange"
Mood = Literal["answers", "loses the answer", "hangs before it rings", "hangs after it rang", "is busy"]
"""What it does with the next call: after one, it answers again."""


@dataclass
class Exchange:
    """The far side. `rang`: keys of the calls it put through, in order; `asked`: those it was asked about."""

    rang: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    mood: Mood = "answers"
    can_tell: bool = True


class ExchangePhone:
    """The voice channel on it, in one life of the desk. `pause`: how a request hangs."""

    name = "voice"

    def __init__(self, exchange: Exchange, pause: Callable[[float], Awaitable[None]], gap: float = 0.0) -> None:
        self.can = Can(text=Size(4000), rate=1000.0, gap=gap, once=True)
        self._exchange, self._pause = exchange, pause

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        return []

    async def run(self, accept: Accept) -> None:
        """Nothing to pull."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        mood, self._exchange.mood = self._exchange.mood, "answers"
        if mood == "is busy":
            return Receipt("later", after=5.0, why="all lines are taken")
        if mood == "hangs before it rings":
            await self._pause(3600)
        self._exchange.rang.append(key)
        if mood == "hangs after it rang":
            await self._pause(3600)
        if mood == "loses the answer":
            return Receipt("unknown", f"attempt:{key}", why="no answer")
        return Receipt("sent", f"call:{key}")

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        self._exchange.asked.append(key)
        if not self._exchange.can_tell:
            return Receipt("unknown", ref, why="nobody can tell")
        return Receipt("sent", f"call:{key}") if key in self._exchange.rang else None

    async def fetch(self, media: Media) -> bytes:
        raise CannotFetch(media.ref)

    async def close(self) -> None:
        """Nothing is open."""
