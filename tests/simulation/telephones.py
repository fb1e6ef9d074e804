"""Providers of calls and SMS, which outlive every process of the desk, and the people whose telephones ring.

A provider has a request from the instant in which it is begun, or never; what it answers may be lost or late. It recognises
no repetition. What comes of a call is told by receipts of its own: twice, late, in any order, or not at all.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from core.words import SECOND, CallEnd, Can, Inbound, Media, Micros, Receipt, Room, Say, Size, Who
from tests.history import Shown
from tests.simulation.people import PHONES
from tests.simulation.platforms import TIMEOUT, Call, Message, Pushing, SimulatedChannel

if TYPE_CHECKING:
    from tests.simulation.process import Process

ACK_KEY = "1"
RINGS = ("1", "1", "1", "2", "hears", "chat", *(end.value for end in CallEnd if end is not CallEnd.ANSWERED))
"""What people do when they are called: press a key, hear it to the end, go to the chat instead; or how it fails."""
LATE = 120 * SECOND
"""How late a receipt may be."""
LATE_SHARE = 0.1


@dataclass(frozen=True)
class Taken:
    """A call or an SMS that the provider took: under which key, for which number, when."""

    key: str
    number: str
    at: Micros


@dataclass
class Telephones(Pushing):
    """One provider. `taken` is its own record."""

    taken: list[Taken] = field(default_factory=list)

    @property
    def can(self) -> Can:
        return Can(Size(500), rate=self.world.weather.rate, once=self.name == "voice")

    def begin(self, call: Call) -> tuple[Receipt, float]:
        """What the desk will hear, and after how many seconds."""
        self.calls.append(call)
        manners, roll, answer = self.manners, self.chance.random(), self._delay()
        attempt = attempt_of(call.key)
        if self.chance.random() < manners.refused:
            return Receipt("refused", why="blocked"), min(answer, TIMEOUT) / SECOND
        if roll < manners.later:
            later = Receipt("later", after=self.chance.choice((None, 3.0, 40.0)), why="busy")
            return later, min(answer, TIMEOUT) / SECOND
        roll -= manners.later
        if roll < manners.lost:
            return Receipt("unknown", attempt, why="timeout"), min(answer, TIMEOUT) / SECOND
        self._take(call)
        if roll - manners.lost < manners.mute or answer > TIMEOUT:
            return Receipt("unknown", attempt, why="timeout"), min(answer, TIMEOUT) / SECOND
        return Receipt("sent", ref=ref_of(self.name, call.key)), answer / SECOND

    def knows(self, key: str) -> tuple[Receipt | None, float]:
        """What the provider says of a key when it is asked, and after how many seconds."""
        seconds = min(self._delay(), TIMEOUT) / SECOND
        if self.chance.random() < self.manners.mute:
            return Receipt("unknown", attempt_of(key), why="timeout"), seconds
        if any(one.key == key for one in self.taken):
            return Receipt("sent", ref=ref_of(self.name, key)), seconds
        return None, seconds

    def news(self, message: Message) -> None:
        """What people do on the telephone is told at once, or late, and then as by any platform."""
        wait = self.chance.random()
        if self.chance.random() < LATE_SHARE and not self.world.kind:
            wait *= LATE / SECOND
        self.world.at(self.world.now + int(wait * SECOND), lambda: super(Telephones, self).news(message))

    def _take(self, call: Call) -> None:
        self.world.begins(self, call)
        self.taken.append(Taken(call.key, call.room.id, self.world.now))
        self.shown.append((Shown(call.key, str(call.room), call.begun, self.world.now), call.say))
        if self.name == "voice":
            self._rings(call)
        else:
            self._is_read(call)

    def _rings(self, call: Call) -> None:
        """Somebody's telephone rings; what he does, and how it ends."""
        does, wait = self.chance.choice(RINGS), self.chance.uniform(2, 25)
        if does in ("1", "2"):
            self._tells(call, wait, press=does)
        if does == "chat":
            self.world.crowd.takes(call.room.id, call.say.text, wait)
        end = does if does in set(CallEnd) else CallEnd.NO_ANSWER if does == "chat" else CallEnd.ANSWERED
        if does == ACK_KEY or self.chance.random() >= self.manners.lost:
            self._tells(call, wait + self.chance.uniform(0, 5), end=str(end))

    def _is_read(self, call: Call) -> None:
        """Somebody reads an SMS, and now and then answers; whether it was delivered is told besides, as it may be."""
        if call.room.id in PHONES and self.chance.random() < 0.3:
            text = self.chance.choice((ACK_KEY, ACK_KEY, "收到", "什么事"))
            wait = int(self.chance.uniform(3, 90) * SECOND)
            self.world.at(self.world.now + wait, lambda: self._replies(call.room.id, text))
        failed = self.chance.random() < self.manners.refused
        receipt = {"ref": ref_of(self.name, call.key), "state": "refused" if failed else "sent"}
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            wait = int(self.chance.uniform(0, 60) * SECOND)
            self.world.at(self.world.now + wait, lambda: self._send(_receipt(receipt), lambda: None))

    def _replies(self, number: str, text: str) -> None:
        self.says(number, "", text)

    def _tells(self, call: Call, wait: float, *, press: str | None = None, end: str = "") -> None:
        def tell() -> None:
            number = f"{self.name}-{len(self.messages) + 1}"
            fact = {"id": number, "at": self.world.now, "room": str(call.room), "call": ref_of(self.name, call.key)}
            fact |= {"attempt": attempt_of(call.key), "press": press, "end": end}
            message = Message(number, call.room.id, press or end, self.world.now, orjson.dumps(fact))
            self.messages.append(message)
            self.news(message)

        self.world.at(self.world.now + int(wait * SECOND), tell)


class SimulatedPhone(SimulatedChannel):
    """A carrier of numbers in one process."""

    platform: Telephones

    def __init__(self, platform: Telephones, process: Process, shelf: object):
        super().__init__(platform, process, shelf)  # type: ignore[arg-type]

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """An SMS, a key, the end of a call; nothing where a receipt is told."""
        told = orjson.loads(raw)
        if "state" in told:
            return []
        if "call" not in told:
            return SimulatedChannel.read(raw)
        room, end = Room.of(told["room"]), told["end"]
        return [
            Inbound(
                key=f"{room.channel}:{told['id']}",
                at=told["at"],
                who=Who(room.id, phone=room.id),
                room=room,
                kind="call" if end else "press",
                text=end,
                about=told["call"],
                press=told["press"],
                id=told["attempt"],
                raw=raw,
            )
        ]

    @staticmethod
    def late(raw: bytes) -> tuple[str, Receipt] | None:
        """Whether an SMS was delivered."""
        told = orjson.loads(raw)
        return (told["ref"], Receipt(told["state"], ref=told["ref"], why="undelivered")) if "state" in told else None

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        self._process.fuse.step()
        receipt, seconds = self.platform.begin(Call(self._process.name, room, say, key, self._process.clock()))
        await asyncio.sleep(seconds)
        self._process.fuse.step()
        return receipt

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """What the provider knows when it is asked."""
        self._process.fuse.step()
        receipt, seconds = self.platform.knows(key)
        await asyncio.sleep(seconds)
        self._process.fuse.step()
        return receipt

    async def fetch(self, media: Media) -> bytes:
        raise NotImplementedError


def ref_of(name: str, key: str) -> str:
    """The provider's name for what it took."""
    return f"{name}:{key}"


def attempt_of(key: str) -> str:
    """Our own name for it, which the provider tells with every receipt."""
    return f"attempt:{key}"


def _receipt(told: dict[str, str]) -> Message:
    return Message(told["ref"], "", "", 0, orjson.dumps(told))
