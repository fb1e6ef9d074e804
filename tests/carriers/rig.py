"""What the suite needs of a carrier: samples of what it is told, and a rig that joins it to its emulated provider.

A new carrier adds a case (see aliyun_cases.py) and its name to CASES in cases.py; the checks stay the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from core.words import CallEnd, Cursor, Hook, Inbound, Phone, Receipt, Room, Say, Unreadable
from notifier.emulated.callees import Callee, Takes
from notifier.emulated.pushing import Pushes
from notifier.emulated.serving import Serving
from tests.contract.rig import Now

NUMBER = "+8613800000002"
WORDS = {
    "number": "GD-1001",
    "what": "注塑机 E-07 停机",
    "place": "二期五栋",
    "minutes": "60",
    "engineer": "刘工",
    "time": "14:00",
    "state": "等待配件",
}
"""What the desk has to say, by name."""


def saying(purpose: str, **other: str) -> Say:
    """What the desk says for a purpose, with text and parameters."""
    words = {**WORDS, **other}
    return Say(purpose, text=f"紧急工单{words['number']}：{words['what']}", params=tuple(words.items()))


class Kept:
    """What the core does with deliveries: stores each under its key, keeps the rest, hears of what arrived late."""

    def __init__(self) -> None:
        self.raws: list[bytes] = []
        self.messages: dict[str, Inbound] = {}
        self.quarantine: list[bytes] = []
        self.late: list[tuple[str, Receipt]] = []
        self.calls = self.failures = 0
        self.opened = asyncio.Event()
        self.opened.set()
        self.carrier: Any = None

    async def accept(self, deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
        self.calls += 1
        await self.opened.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        for raw in deliveries:
            self.raws.append(raw)
            try:
                for message in self.carrier.read(raw):
                    self.messages.setdefault(message.key, message)
                if late := self.carrier.late(raw):
                    self.late.append(late)
            except Unreadable:
                self.quarantine.append(raw)

    def facts(self) -> list[tuple[str, str]]:
        """What happened: (kind, key pressed, end of the call, or text)."""
        return [(message.kind, message.press or message.text) for message in self.messages.values()]


class Watched(httpx.ASGITransport):
    """The way to the emulated provider. Like a real network, it lets others go first."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return await super().handle_async_request(request)


class Rig(Protocol):
    """A carrier joined to its emulated provider."""

    now: Now
    server: Serving
    pushes: Pushes
    kept: Kept
    carrier: Phone
    room: Room
    secrets: Sequence[str]

    def seen(self) -> list[str]:
        """What reached the phone, message by message or call by call."""
        ...

    def takes(self, callee: Callee) -> None:
        """How the person at NUMBER takes calls."""
        ...

    def undeliverable(self) -> None:
        """Messages to NUMBER do not arrive from now on."""
        ...

    async def replies(self, text: str) -> None:
        """The person at NUMBER answers a message."""
        ...

    async def deliver(self) -> None:
        """The provider pushes what is due."""
        ...

    def hook(self) -> Hook:
        """A push as the provider makes it, of something that is stored."""
        ...

    def garbage(self) -> Hook:
        """A push that is let in and cannot be read."""
        ...


@dataclass(frozen=True)
class Case:
    """A carrier under the contract.

    `codes` are error codes of the provider and what a post becomes. `asks` is what a question after a lost answer tells,
    `asks_known` one about a post that was taken, `asks_never` one about a post that never was. `templates` is said of
    carriers that take approved templates only, `signed` of those whose pushes carry a signature, `again` of those that
    push again, `echoes` of those that name our attempt in their reports. `limit` are posts (seconds after the one before)
    and their receipts; `ends` are ends of calls that the provider cannot tell apart; `hears` which keys it takes.
    """

    name: str
    rig: Callable[[], Any]
    taken: bytes
    codes: Mapping[str, str]
    samples: Sequence[bytes]
    asks: str
    asks_known: str = "sent"
    asks_never: str | None = None
    purpose: str = "p0_alert"
    calls: bool = False
    templates: bool = True
    signed: bool = False
    again: bool = True
    echoes: bool = True
    limit: Sequence[tuple[int, str]] = ()
    ends: Mapping[Takes, CallEnd] = field(default_factory=dict)
    hears: Callable[[str], str] = str
