"""The desk phone (模拟电话 – no carrier): numbers that ring and receive SMS on our own page, so that the desk can be tried.

Nothing leaves the process and nothing outlives it. Whatever comes of it is marked: the account is "sim", every ref
begins with "sim:", every delivery says provider "sim".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from core.words import (
    Accept,
    Answer,
    CallEnd,
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
    Unreadable,
    Who,
)
from notifier.carriers.telling import DIGITS, Telling, ended, pressed, read_call

ACCOUNT = PROVIDER = "sim"
LABEL = "模拟电话 – no carrier"
"""What every page shows above these numbers."""
CAN_CALL = Can(text=Size(4000), rate=1000.0, once=True)
CAN_TEXT = Can(text=Size(500), rate=1000.0, safe=True)
MOST_CALLS = 10_000
"""Calls that are remembered, so that none rings twice; the oldest that are over are forgotten."""
MOST_TEXTS = 200
"""SMS that a number's inbox shows."""


class NoSuchCall(LookupError):
    """There is no such call, or it is not at the point where this can be done."""


@dataclass(frozen=True, slots=True)
class DeskPhoneConfig:
    """`ring` and `talk`: seconds for which a call rings, and after which one that was answered ends by itself."""

    ring: float = 30.0
    talk: float = 120.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the page shows it; `says` is the prompt, `keys` what was pressed so far, `end` how it ended."""

    ref: str
    number: str
    at: Micros
    says: str
    state: Literal["ringing", "talking", "over"] = "ringing"
    keys: str = ""
    end: CallEnd | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """An SMS as the page shows it; `ours` is what the desk wrote, and has a `ref`."""

    at: Micros
    ours: bool
    text: str
    ref: str = ""


class DeskPhone:
    """All numbers at once. `calls` and `texts` are the two channels; the rest is what a page shows and does.

    `pause` lets seconds of the desk's clock pass; `wake` hears of a number at which something has changed.
    """

    def __init__(
        self,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wake: Callable[[str], None] = lambda number: None,
        config: DeskPhoneConfig = DeskPhoneConfig(),
    ) -> None:
        self.calls = DeskCalls(clock, pause, wake, config)
        self.texts = DeskTexts(clock, pause, wake)

    def under_way(self, number: str | None = None) -> list[Call]:
        """Calls that ring or are being talked on, oldest first; all, or those of a number."""
        return self.calls.under_way(number)

    def history(self, number: str) -> list[Call]:
        """The calls of a number, oldest first, those that are over among them."""
        return self.calls.history(number)

    def inbox(self, number: str) -> list[Text]:
        """The SMS of a number, oldest first."""
        return self.texts.inbox(number)

    async def answer(self, ref: str) -> Call:
        """Take up the receiver. Raises NoSuchCall."""
        return self.calls.answer(ref)

    async def press(self, ref: str, digit: str) -> Call:
        """Press a key in a call; returns once that is durable. Raises NoSuchCall, ValueError."""
        return await self.calls.press(ref, digit)

    async def hang_up(self, ref: str) -> Call:
        """End a call, or reject one that rings; returns once that is durable. Raises NoSuchCall."""
        return await self.calls.hang_up(ref)

    async def reply(self, number: str, text: str) -> None:
        """Write an SMS to the desk; returns once it is durable. Raises ValueError for an empty or overlong one."""
        await self.texts.reply(number, text)


class DeskCalls:
    """The voice channel of the desk phone."""

    name = "voice"
    can = CAN_CALL

    def __init__(
        self,
        clock: Clock,
        pause: Callable[[float], Awaitable[None]],
        wake: Callable[[str], None],
        config: DeskPhoneConfig,
    ) -> None:
        self._clock, self._pause, self._wake, self._config = clock, pause, wake, config
        self._calls: dict[str, Call] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._facts = Telling(pause)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """A key, or the end of a call. Raises Unreadable."""
        return [read_call(raw, PROVIDER)]

    async def run(self, accept: Accept) -> None:
        """Tell what happens on the page, for ever."""
        await self._facts.run(accept)

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """It rings; never a second time for a key."""
        ref = f"{PROVIDER}:{key}"
        if ref not in self._calls:
            self._forget()
            self._calls[ref] = Call(ref, room.id, self._clock(), say.text)
            self._timers[ref] = timer = asyncio.create_task(self._time(ref))
            timer.add_done_callback(lambda _: self._timers.pop(ref, None))
            self._wake(room.id)
        return Receipt("sent", ref=ref)

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Sent if it rang in this life, else None."""
        known = f"{PROVIDER}:{key}"
        return Receipt("sent", ref=known) if known in self._calls else None

    async def fetch(self, media: Media) -> bytes:
        """Calls bring no files."""
        raise CannotFetch("a desk phone has no files")

    async def close(self) -> None:
        """Calls under way end without a word."""
        timers = list(self._timers.values())
        for timer in timers:
            timer.cancel()
        await asyncio.gather(*timers, return_exceptions=True)

    # ---- what the page does

    def under_way(self, number: str | None) -> list[Call]:
        return [call for call in self._calls.values() if call.state != "over" and number in (None, call.number)]

    def history(self, number: str) -> list[Call]:
        return [call for call in self._calls.values() if call.number == number]

    def answer(self, ref: str) -> Call:
        self._must_be(ref, "ringing")
        return self._becomes(ref, state="talking")

    async def press(self, ref: str, digit: str) -> Call:
        if digit not in DIGITS:
            raise ValueError("no key of a telephone")
        call = self._becomes(ref, keys=self._must_be(ref, "talking").keys + digit)
        room = Room(self.name, ACCOUNT, call.number)
        await self._facts.tell(pressed(PROVIDER, room, ref, self._clock(), digit, len(call.keys)))
        return call

    async def hang_up(self, ref: str) -> Call:
        ringing = self._must_be(ref, "ringing", "talking").state == "ringing"
        return await self._end(ref, CallEnd.DECLINED if ringing else CallEnd.ANSWERED)

    # ---- the life of a call

    async def _time(self, ref: str) -> None:
        await self._pause(self._config.ring)
        if self._calls[ref].state == "ringing":
            await self._end(ref, CallEnd.NO_ANSWER)
            return
        await self._pause(self._config.talk)
        await self._end(ref, CallEnd.ANSWERED)

    async def _end(self, ref: str, end: CallEnd) -> Call:
        timer = self._timers.get(ref)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()
        call = self._becomes(ref, state="over", end=end)
        await self._facts.tell(ended(PROVIDER, Room(self.name, ACCOUNT, call.number), ref, self._clock(), end))
        return call

    def _must_be(self, ref: str, *states: str) -> Call:
        call = self._calls.get(ref)
        if call is None or call.state not in states:
            raise NoSuchCall(ref)
        return call

    def _becomes(self, ref: str, **change: Any) -> Call:
        self._calls[ref] = call = replace(self._calls[ref], **change)
        self._wake(call.number)
        return call

    def _forget(self) -> None:
        while len(self._calls) >= MOST_CALLS:
            oldest = next((ref for ref, call in self._calls.items() if call.state == "over"), None)
            if oldest is None:
                return
            del self._calls[oldest]


class DeskTexts:
    """The SMS channel of the desk phone."""

    name = "sms"
    can = CAN_TEXT

    def __init__(self, clock: Clock, pause: Callable[[float], Awaitable[None]], wake: Callable[[str], None]) -> None:
        self._clock, self._wake = clock, wake
        self._inboxes: dict[str, deque[Text]] = {}
        self._shown: dict[str, None] = {}
        self._replies = 0
        self._facts = Telling(pause)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """An SMS from a number. Raises Unreadable."""
        try:
            said = orjson.loads(raw)
            number, at, text, name = said["number"], said["at"], said["text"], said["id"]
            ours = said["provider"] == PROVIDER and type(at) is int
        except (ValueError, TypeError, KeyError) as error:
            raise Unreadable(f"not of the desk phone: {type(error).__name__}") from error
        if not ours or not all(isinstance(value, str) for value in (number, text, name)):
            raise Unreadable("not of the desk phone")
        room, key = Room(DeskTexts.name, ACCOUNT, number), f"{PROVIDER}:sms:{name}"
        return [Inbound(key, at, Who(number, phone=number), room, "text", text=text, id=name, raw=raw)]

    async def run(self, accept: Accept) -> None:
        """Tell what is written on the page, for ever."""
        await self._facts.run(accept)

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """It lies in the inbox; once, however often it is posted."""
        if CAN_TEXT.text.of(say.text) > CAN_TEXT.text.most:
            return Receipt("refused", why="longer than an SMS takes")
        ref = f"{PROVIDER}:{key}"
        if ref not in self._shown:
            while len(self._shown) >= MOST_CALLS:
                del self._shown[next(iter(self._shown))]
            self._shown[ref] = None
            self._add(room.id, Text(self._clock(), True, say.text, ref))
        return Receipt("sent", ref=ref)

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Sent if it came in this life, else None."""
        known = f"{PROVIDER}:{key}"
        return Receipt("sent", ref=known) if known in self._shown else None

    async def fetch(self, media: Media) -> bytes:
        """An SMS brings no files."""
        raise CannotFetch("a desk phone has no files")

    async def close(self) -> None:
        """Nothing is open."""

    # ---- what the page does

    def inbox(self, number: str) -> list[Text]:
        return list(self._inboxes.get(number, ()))

    async def reply(self, number: str, text: str) -> None:
        if not text.strip() or CAN_TEXT.text.of(text) > CAN_TEXT.text.most:
            raise ValueError("not an SMS")
        self._replies += 1
        at = self._clock()
        self._add(number, Text(at, False, text))
        name = f"{number}:{at}:{self._replies}"
        row = {"provider": PROVIDER, "number": number, "at": at, "text": text, "id": name}
        await self._facts.tell(orjson.dumps(row))

    def _add(self, number: str, text: Text) -> None:
        self._inboxes.setdefault(number, deque(maxlen=MOST_TEXTS)).append(text)
        self._wake(number)
