"""People behind an emulated platform that, like the real ones, repeats what was not taken; it counts every post."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import orjson

from bots.emulated.carrier import Carrier
from core.words import Accept, Clock, Receipt, Room, Say
from tests.history import Shown

AGAIN = 0.05
"""Seconds after which the platform brings again what was not taken."""
PATIENCE = 5.0
"""Seconds that the platform waits for an answer: WeCom's figure."""


class People(Carrier):
    """One platform, whichever process of the desk speaks with it. `shown`: every post that it accepted, repeats too."""

    def __init__(self, name: str, clock: Clock):
        super().__init__(name, clock)
        self.shown: list[Shown] = []
        self.taken: list[str] = []
        self.refused = 0
        self.answers_after, self.patience = 0.0, PATIENCE
        self.trouble: Receipt | None = None

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        begun = self._clock()
        if self.trouble is not None:
            self.refused += 1
            return self.trouble
        if self.answers_after:
            await asyncio.sleep(self.answers_after)
        self.shown.append(Shown(key, str(room), begun, self._clock()))
        return await super().post(room, say, key)

    async def brings(self, doors: Sequence[Accept], who: str, text: str, *, times: int = 1) -> None:
        """Somebody writes. It is brought to one door after the other until it was taken so many times."""
        self._count += 1
        number = f"{self.name}-{self._count}"
        said = {"id": number, "at": self._clock(), "who": who, "name": who, "room": str(self.room(who))}
        raw, tries = orjson.dumps({**said, "kind": "text", "text": text}), self._count
        while times:
            tries += 1
            try:
                async with asyncio.timeout(self.patience):
                    await doors[tries % len(doors)]([raw])
                times -= 1
            except Exception:
                self.refused += 1
                await asyncio.sleep(AGAIN)
        self.taken.append(f"{self.name}:{number}")

    @property
    def said(self) -> set[str]:
        """The texts that have reached somebody."""
        return {sent.say.text for sent in self.sent}

    def heard_by(self, who: str) -> list[str]:
        """The kinds of message that reached somebody, in order; a message that was shown again counts again."""
        says = {sent.ref.partition(":")[2]: sent.say for sent in self.sent}
        return [says[one.key].purpose for one in self.shown if Room.of(one.room).id == who]
