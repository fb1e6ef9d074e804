"""What the contract suite needs of a channel: samples to read, and a rig that joins it to its emulated platform.

A new channel adds a file <channel>_cases.py with its CASES (see feishu_cases.py); the checks stay the same.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from core.words import SECOND, Accept, Channel, Clock, Cursor, Hook, Inbound, Micros, Room, Unreadable

NOON: Micros = 1_772_596_800 * SECOND
"""Wednesday, 4 March 2026, noon in Shanghai."""


class Now:
    """A clock that stands until it is moved."""

    def __init__(self, at: Micros = NOON) -> None:
        self.at = at

    def __call__(self) -> Micros:
        return self.at

    def passes(self, seconds: float) -> None:
        self.at += round(seconds * SECOND)


class MemoryShelf:
    """A shelf in memory. Two channels that hold the same one stand for two processes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: dict[str, tuple[str, Micros | None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, name: str) -> str | None:
        value, until = self._values.get(name, (None, None))
        return value if until is None or until > self._clock() else None

    async def put(self, name: str, value: str, seconds: float | None = None) -> None:
        self._values[name] = value, None if seconds is None else self._clock() + round(seconds * SECOND)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        async with self._locks.setdefault(name, asyncio.Lock()):
            yield


class Inbox:
    """What the core does with deliveries: stores what it can read under its key, keeps the rest, remembers cursors."""

    def __init__(self, shelf: MemoryShelf) -> None:
        self.messages: dict[str, Inbound] = {}
        self.quarantine: list[bytes] = []
        self.calls = 0
        self.failures = 0
        self.opened = asyncio.Event()
        self.opened.set()
        self._shelf = shelf
        self.channel: Channel | None = None

    async def accept(self, deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
        assert self.channel is not None
        self.calls += 1
        await self.opened.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        for raw in deliveries:
            try:
                for message in self.channel.read(raw):
                    self.messages.setdefault(message.key, message)
            except Unreadable:
                self.quarantine.append(raw)
        if cursor:
            await self._shelf.put(f"cursor:{cursor.name}", cursor.value)

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages.values()]


class Watched(httpx.ASGITransport):
    """The way to an emulated server, noting who was called. Like a real network, it lets others go first."""

    def __init__(self, server: Any, hosts: list[str]) -> None:
        super().__init__(app=server)
        self._hosts = hosts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._hosts.append(request.url.host)
        await asyncio.sleep(0)
        return await super().handle_async_request(request)


class Running:
    """A channel's `run`, begun again at once whenever it ends, as the supervisor does after a while."""

    def __init__(self, channel: Channel, accept: Accept) -> None:
        self._task = asyncio.ensure_future(self._keep(channel, accept))

    async def _keep(self, channel: Channel, accept: Accept) -> None:
        while True:
            with contextlib.suppress(Exception):
                await channel.run(accept)
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@dataclass(frozen=True)
class Sample:
    """A delivery and what it must become: the fields of its only message, or None for nothing."""

    raw: bytes
    becomes: Mapping[str, Any] | None


@dataclass(frozen=True)
class Shown:
    """What a person saw on the platform."""

    to: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    file: bytes | None = None


class Rig(Protocol):
    """A channel joined to its emulated platform, with one person who writes."""

    @property
    def channel(self) -> Any: ...

    @property
    def now(self) -> Now: ...

    @property
    def inbox(self) -> Inbox: ...

    @property
    def room(self) -> Room: ...

    @property
    def secrets(self) -> Sequence[str]: ...

    @property
    def hosts(self) -> Sequence[str]:
        """Hosts that the channel has called."""
        ...

    async def says(self, text: str) -> None:
        """The person writes; returns when the delivery was made and, where the channel pulls, pulled."""
        ...

    async def sends(self, content: bytes, mime: str) -> None:
        """The person sends a picture."""
        ...

    def hook(self, text: str) -> Hook:
        """A valid HTTP delivery, signed now."""
        ...

    def garbage(self) -> Hook:
        """A delivery with a valid signature around something that is no message."""
        ...

    def handshake(self) -> tuple[Hook, bytes]:
        """A platform's first call, and the answer that it expects."""
        ...

    def fault(self, name: str) -> None:
        """The next post meets: quota, gone, bad, lost, down, busy, stale_token or window."""
        ...

    def shown(self) -> list[Shown]: ...

    def statuses(self) -> list[int]:
        """What the platform heard in answer to its deliveries."""
        ...

    async def close(self) -> None: ...


class ConnectedRig(Rig, Protocol):
    """The same of a channel whose `run` holds a connection; the rig keeps it running (Running) from its first delivery on."""

    def acknowledged(self) -> int:
        """How many deliveries the platform will not repeat: answered with 200, acked on the socket, passed by the offset."""
        ...

    async def babbles(self) -> None:
        """The platform brings something by the channel's connection that is no message of any kind."""
        ...

    async def drop(self) -> None:
        """The platform cuts the channel's connection."""
        ...


class Mute:
    """What a rig of a channel that only tells has for those who never speak; its maker sets `channel`."""

    channel: Any

    def statuses(self) -> list[int]:
        return []

    async def says(self, text: str) -> None:
        raise AssertionError("nobody answers here")

    async def sends(self, content: bytes, mime: str) -> None:
        raise AssertionError("nobody answers here")

    def hook(self, text: str) -> Hook:
        raise AssertionError("nobody answers here")

    def garbage(self) -> Hook:
        raise AssertionError("nobody answers here")

    def handshake(self) -> tuple[Hook, bytes]:
        raise AssertionError("nobody answers here")

    async def close(self) -> None:
        await self.channel.close()


@dataclass(frozen=True)
class Case:
    """A channel under the contract.

    `folder` names its recorded payloads, `recorded` those files in it that are deliveries; `own` are deliveries of our own or of
    nobody's; `hinted` says that a callback is only a hint and is answered before anything is stored; `faults` are those that
    can happen to it; `unsendable` are stored files that it refuses to send; `hears` is False for one that only tells,
    `called` for one that has no HTTP door. `connected`: its `run` holds a connection, and its rig is a ConnectedRig.
    `signed` is False where a delivery shows a secret and no signature, so that one that was altered or is late cannot be told.
    `sdk` are the libraries that it may import besides.
    """

    name: str
    channel: Callable[[], type]
    samples: Sequence[Sample]
    own: Sequence[bytes]
    folder: str
    rig: Callable[[], Any]
    sdk: frozenset[str] = frozenset()
    hinted: bool = False
    faults: frozenset[str] = frozenset()
    unsendable: Sequence[str] = ("tiny", "large", "not in the store")
    hears: bool = True
    called: bool = True
    connected: bool = False
    recorded: Sequence[str] = ("in-*",)
    signed: bool = True
