"""Facts that a carrier learns of its own accord: how they are written, and their way to the core, in order, kept until durable."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from core.words import Accept, CallEnd, Inbound, Micros, Room, Unreadable, Who

log = logging.getLogger("huiying.carriers")

AGAIN = 1.0
"""Seconds after which a fact that could not be stored is told again."""
DIGITS = frozenset("0123456789*#")
"""The keys of a telephone."""


def pressed(provider: str, room: Room, call: str, at: Micros, digit: str, count: int) -> bytes:
    """A delivery: the `count`-th key of a call was pressed."""
    return _call_fact(provider, room, call, at, press=digit, count=count)


def ended(provider: str, room: Room, call: str, at: Micros, end: CallEnd, why: str = "") -> bytes:
    """A delivery: a call is over. `why` is for the log of whoever asks later."""
    return _call_fact(provider, room, call, at, end=end, why=why)


def read_call(raw: bytes, provider: str) -> Inbound:
    """What `pressed` or `ended` wrote. Raises Unreadable."""
    try:
        fact = orjson.loads(raw)
        room, call, at = Room.of(fact["room"]), fact["call"], fact["at"]
        number = Who(room.id, phone=room.id if room.id.startswith("+") else None)
        if fact["provider"] != provider or room.channel != "voice" or type(call) is not str or type(at) is not int:
            raise ValueError(provider)
        if "end" in fact:
            end = CallEnd(fact["end"])
            return Inbound(f"{call}:end", at, number, room, "call", text=end, about=call, raw=raw)
        digit, count = fact["press"], fact["count"]
        if digit not in DIGITS or type(count) is not int:
            raise ValueError("press")
        return Inbound(f"{call}:press:{count}", at, number, room, "press", press=digit, about=call, raw=raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"no fact of a call: {type(error).__name__}") from error


def _call_fact(provider: str, room: Room, call: str, at: Micros, **more: Any) -> bytes:
    return orjson.dumps({"provider": provider, "room": str(room), "call": call, "at": at, **more})


class Telling:
    """What a carrier has to tell. A store that is away ends neither a call nor a connection."""

    def __init__(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause
        self._facts: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._more = asyncio.Event()

    def tell(self, raw: bytes) -> asyncio.Future[None]:
        """Put a fact in line; what is returned is done once the fact is durable."""
        durable = asyncio.get_running_loop().create_future()
        self._facts.append((raw, durable))
        self._more.set()
        return durable

    async def run(self, accept: Accept) -> None:
        """Hand over, for ever."""
        while True:
            await self._more.wait()
            facts = list(self._facts)
            try:
                await accept([raw for raw, _ in facts])
            except Exception:
                log.exception("facts could not be stored", extra={"facts": len(facts)})
                await self._pause(AGAIN)
                continue
            for _, durable in facts:
                self._facts.popleft()
                if not durable.done():
                    durable.set_result(None)
            if not self._facts:
                self._more.clear()
