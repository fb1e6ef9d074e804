"""Emulated platforms and the channels that carry for them: what a platform promises, and everything that it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import orjson

from bots.emulated.carrier import Carrier
from core.words import (
    HOUR,
    MILLISECOND,
    MINUTE,
    SECOND,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Cursor,
    Hook,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Window,
)
from tests.history import Shown

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

AGAIN = (5 * SECOND, 15 * SECOND, 5 * MINUTE, 1 * HOUR)
"""How long a platform waits before it sends again what was not acknowledged; then every hour."""
REPEATS = 7 * HOUR
"""Until when a platform may repeat what was acknowledged."""
POLL = 600.0
"""Seconds after which a channel that pulls looks without a hint."""
TIMEOUT = 30 * SECOND
"""How long a channel waits for an answer; a call of which it then knows nothing may still arrive."""
PHOTO = b"\xff\xd8\xff\xe0 a photo of "
PAGE = 3
"""Most messages that a pull brings at once."""
WINDOW = Window(seconds=48 * 3600, messages=5)
"""When the pulling platform lets us speak."""


@dataclass(frozen=True)
class Manners:
    """How a platform behaves, as shares: it refuses for the moment, loses a call, accepts and does not answer, refuses for
    good, is slow, repeats a delivery that was acknowledged, loses our acknowledgement or a hint, sends what
    nobody can read, keeps the line open for minutes after it has done what it was asked."""

    later: float = 0.0
    lost: float = 0.0
    mute: float = 0.0
    refused: float = 0.0
    slow: float = 0.0
    repeats: float = 0.0
    deaf: float = 0.0
    unreadable: float = 0.0
    hangs: float = 0.0


KIND = Manners()


@dataclass
class Message:
    """Something that somebody did on the platform."""

    id: str
    who: str
    text: str
    at: Micros
    raw: bytes
    taken_at: Micros | None = None
    readable: bool = True


@dataclass
class Call:
    """A post on its way to the platform; `begun` by the clock of the process that sends it."""

    process: str
    room: Room
    say: Say
    key: str
    begun: Micros


@dataclass
class Platform:
    """One chat platform: keeps what people do until the desk has it, and shows them what the desk says."""

    world: World
    name: str
    safe: bool
    window: Window | None = None
    manners: Manners = KIND
    messages: list[Message] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    shown: list[tuple[Shown, Say]] = field(default_factory=list)
    _keys: set[str] = field(default_factory=set)
    _refused: set[str] = field(default_factory=set)
    _left: dict[str, tuple[Micros, int]] = field(default_factory=dict)

    @property
    def can(self) -> Can:
        return Can(Size(4000), buttons=10, label=Size(40), token=200, rate=1000.0, safe=self.safe, push=self.window)

    @property
    def chance(self) -> Random:
        return self.world.fate

    # ---- people speak

    def says(self, who: str, name: str, text: str) -> Message:
        """Somebody writes, or sends a photo if he has no words."""
        number = f"{self.name}-{len(self.messages) + 1}"
        room = Room(self.name, "desk", who)
        delivery = {"id": number, "at": self.world.now, "who": who, "name": name, "room": str(room), "text": text}
        photo = {"ref": number, "mime": "image/jpeg", "name": "photo.jpg", "size": len(PHOTO)}
        delivery |= {"kind": "text"} if text else {"kind": "image", "media": [photo]}
        message = Message(number, who, text, self.world.now, orjson.dumps(delivery))
        if self.chance.random() < self.manners.unreadable:
            message.raw, message.readable = b"{" + number.encode(), False
        self.messages.append(message)
        if self.window:
            self._left[who] = (self.world.now + self.window.seconds * SECOND, self.window.messages)
        self.news(message)
        return message

    def news(self, message: Message) -> None:
        """The desk is to hear of it. How is each platform's own way."""
        raise NotImplementedError

    async def listen(self, accept: Accept, shelf: Shelf) -> None:
        """What a channel of this platform does besides."""

    # ---- the desk speaks

    def begin(self, call: Call) -> tuple[Receipt, float]:
        """A call has left the desk: what it will hear, and after how many seconds. Whatever becomes of the desk in the
        meantime, the call arrives."""
        first = all(earlier.key != call.key for earlier in self.calls)
        self.calls.append(call)
        self.world.checks_call(self, call)
        manners, roll = self.manners, self.chance.random()
        way = self._delay()
        answer = way + self._delay()
        hangs = self.chance.random() < manners.hangs
        if hangs:
            answer = int(self.chance.uniform(100, 300) * SECOND)
        if call.key in self._refused or (first and self.chance.random() < manners.refused):
            self._refused.add(call.key)
            return Receipt("refused", why="content"), min(answer, TIMEOUT) / SECOND
        if answer > TIMEOUT and not hangs:
            self.world.at(self.world.now + way, lambda: self._arrives(call))
            return Receipt("unknown", why="timeout"), TIMEOUT / SECOND
        for share, receipt, arrives in (
            (manners.later, Receipt("later", after=self.chance.choice((None, 3.0, 40.0)), why="busy"), False),
            (manners.lost, Receipt("unknown", why="timeout"), False),
            (manners.mute, Receipt("unknown", why="timeout"), True),
        ):
            if roll < share:
                if arrives:
                    self.world.at(self.world.now + way, lambda: self._arrives(call))
                return receipt, answer / SECOND
            roll -= share
        if not self._may_speak(call.room):
            return Receipt("refused", why="window"), answer / SECOND
        self.world.at(self.world.now + way, lambda: self._arrives(call))
        return Receipt("sent", ref=f"{self.name}:{call.key}"), answer / SECOND

    def fetched(self) -> tuple[Exception | None, float]:
        """A file is asked for: what goes wrong, if anything, and how long it takes."""
        manners, roll = self.manners, self.chance.random()
        trouble = (
            CannotFetch("gone")
            if roll < manners.refused
            else OSError("connection reset")
            if roll < manners.refused + manners.later
            else None
        )
        return trouble, self._delay() / SECOND

    def _arrives(self, call: Call) -> None:
        again = call.key in self._keys
        self._keys.add(call.key)
        self.shown.append((Shown(call.key, str(call.room), call.begun, self.world.now), call.say))
        if not (self.safe and again):
            self.world.reads(self, call.room.id, call.say)

    def _may_speak(self, room: Room) -> bool:
        if self.window is None:
            return True
        until, left = self._left.get(room.id, (0, 0))
        self._left[room.id] = (until, left - 1)
        return left > 0 and self.world.now < until

    def _delay(self) -> Micros:
        if self.chance.random() < self.manners.slow:
            return int(self.chance.choice((2, 9, 40)) * SECOND * self.chance.uniform(0.5, 1.2))
        return int(self.chance.uniform(5, 200)) * MILLISECOND


class Pushing(Platform):
    """Sends every delivery until it is acknowledged, and sometimes again, hours later."""

    def news(self, message: Message) -> None:
        self._deliver(message, 0)
        while self.chance.random() < self.manners.repeats:
            later = self.world.now + int(REPEATS * self.chance.random() ** 3)
            self.world.at(later, lambda: self._send(message, lambda: None))

    def _deliver(self, message: Message, attempt: int) -> None:
        if message.taken_at is None:
            self._send(message, lambda: self._acknowledged(message))
            wait = AGAIN[min(attempt, len(AGAIN) - 1)]
            self.world.at(self.world.now + wait, lambda: self._deliver(message, attempt + 1))

    def _send(self, message: Message, acknowledge: Callable[[], None]) -> None:
        process = self.world.some_process()
        if process is not None:
            process.receive(self.name, message.raw, acknowledge)

    def _acknowledged(self, message: Message) -> None:
        if self.chance.random() >= self.manners.deaf:
            message.taken_at = self.world.now


class Pulling(Platform):
    """Gives what lies after a cursor, and never again what lies before it; a hint says that there is something."""

    def news(self, message: Message) -> None:
        if self.chance.random() >= self.manners.deaf:
            process = self.world.some_process()
            if process is not None:
                process.hint(self.name)

    def after(self, cursor: str) -> tuple[list[bytes], str]:
        """The next few messages, and the cursor behind them."""
        place = int(cursor or 0)
        page = self.messages[place : place + PAGE]
        return [message.raw for message in page], str(place + len(page))

    async def pull(self, accept: Accept, shelf: Shelf) -> None:
        """Everything that lies there."""
        async with shelf.alone(f"pull:{self.name}"):
            cursor = await shelf.get(f"cursor:{self.name}") or ""
            while True:
                page, following = self.after(cursor)
                if not page:
                    return
                await accept(page, Cursor(self.name, following))
                cursor = following

    async def listen(self, accept: Accept, shelf: Shelf) -> None:
        while True:
            await self.pull(accept, shelf)
            await asyncio.sleep(POLL)


class SimulatedChannel:
    """A channel of one process: carries between its desk and a platform."""

    read = staticmethod(Carrier.read)

    def __init__(self, platform: Platform, process: Process, shelf: Shelf):
        self.name, self.can, self.platform = platform.name, platform.can, platform
        self._process, self.shelf = process, shelf

    async def run(self, accept: Accept) -> None:
        await self.platform.listen(accept, self.shelf)

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        await accept([hook.body])
        return Answer()

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        self._process.fuse.step()
        call = Call(self._process.name, room, say, key, self._process.clock())
        receipt, seconds = self.platform.begin(call)
        await asyncio.sleep(seconds)
        self._process.fuse.step()
        return receipt

    async def fetch(self, media: Media) -> bytes:
        self._process.fuse.step()
        trouble, seconds = self.platform.fetched()
        await asyncio.sleep(seconds)
        self._process.fuse.step()
        if trouble:
            raise trouble
        return PHOTO + media.ref.encode()

    async def close(self) -> None:
        """Nothing is open."""


def raw_hook(body: bytes) -> Hook:
    """A delivery as the platform sends it."""
    return Hook("POST", {}, (), body)
