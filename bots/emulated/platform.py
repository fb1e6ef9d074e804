"""What every emulated platform has in common, so that rehearsals, the demo and tests can join any of them to a desk.

An emulator speaks its platform's wire format, checks signatures and tokens with code of its own, enforces the limits, and
knows the people who write and read. It never imports its channel's module: two sides that share code would agree in error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from core.words import Accept, Micros


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as people see it on their platform: to whom (person, or group), when, and what can be pressed.

    `ref` is the platform's id of the message; one that was replaced keeps its id and shows its last content.
    """

    at: Micros
    to: str
    text: str
    ref: str
    group: bool = False
    thread: str | None = None
    buttons: tuple[tuple[str, Any], ...] = ()
    file: bytes | None = None
    name: str | None = None
    mentions: tuple[str, ...] = ()


class Platform(Protocol):
    """An emulated platform with its people, joined to one channel in the same process.

    What people do is delivered as their platform would (an HTTP call to the channel's `receive`, a frame, an answer to its
    next poll), repeated as it would be, and returns once the platform has it off its hands, with the message's id.
    """

    sent: list[Seen]

    def join(self, channel: Any, accept: Accept) -> None:
        """Deliver to this channel from now on."""
        ...

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str: ...

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        """A picture, a recording, a video or a file, by its media type. `words`: the platform's own transcript, or a caption."""
        ...

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Somebody presses a button of a message that he was shown."""
        ...

    async def recalls(self, who: str, ref: str) -> None:
        """Somebody takes a message of his back, where the platform tells of it."""
        ...
