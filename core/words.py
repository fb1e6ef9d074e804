"""The words in which rooms of the house speak to one another: frozen values, and the contract of a channel.

A channel translates and carries; it never decides, stores, waits or retries. Everything that passes between a chat
platform and the desk is one of the values below, so that no room needs to know another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol, Self
from urllib.parse import quote, unquote

Micros = int
"""An instant: microseconds since 1970-01-01 UTC."""

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FOR_EVER: Micros = 2**62
"""An instant that never comes."""

Kind = Literal[
    "text", "voice", "image", "file", "place", "contact", "command", "press", "edit", "recall", "enter", "leave", "call",
    "call_log",
]  # fmt: skip


class Unreadable(Exception):
    """A delivery that the channel cannot translate. The core keeps it in quarantine; nothing is lost."""


class CannotFetch(Exception):
    """A media file that cannot be had now or ever: gone, too large, or on a host that is not the platform's."""


# ---------------------------------------------------------------- coming in


@dataclass(frozen=True, slots=True)
class Who:
    """A speaker as his platform knows him. `phone` only where the platform proves it; `proven` is False where the platform
    does not even vouch that it is he (a mail of whose sender nobody knows more than it says)."""

    id: str
    name: str | None = None
    phone: str | None = None
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """Where something was said, and the address to which an answer can be sent.

    `account` is the bot, app or open_kfid that was spoken to; `id` the person (direct chat) or the group.
    `str(room)` and `Room.of(text)` are inverse.
    """

    channel: str
    account: str
    id: str
    thread: str | None = None
    group: bool = False

    def __str__(self) -> str:
        parts = [self.channel, self.account, self.id, *([self.thread] if self.thread is not None else [])]
        return ("group:" if self.group else "") + "/".join(quote(part, safe="") for part in parts)

    @classmethod
    def of(cls, text: str) -> Self:
        """The room that `str(room)` named. Raises ValueError for anything else."""
        group = text.startswith("group:")
        parts = [unquote(part) for part in text.removeprefix("group:").split("/")]
        if not 3 <= len(parts) <= 4:
            raise ValueError(f"not the address of a room: {text!r}")
        channel, account, place, *thread = parts
        return cls(channel, account, place, thread[0] if thread else None, group)


@dataclass(frozen=True, slots=True)
class Media:
    """A file at the platform: `ref` is opaque to all but its channel, `words` what is said in it.

    `engine` wrote the words down (None: the platform itself), `confidence` from 0 to 1 where it tells; `hash` names the
    content once the desk has it; `recording` is the row of one whose words may still come.
    """

    ref: str
    mime: str | None = None
    name: str | None = None
    size: int | None = None
    seconds: float | None = None
    words: str | None = None
    hash: str | None = None
    engine: str | None = None
    confidence: float | None = None
    recording: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(**row)


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that somebody did in a chat. The same delivery always has the same `key`.

    `about` is the platform's id of the message quoted, edited, recalled or pressed; `press` the token of the button
    pressed (`text` is then its label, where the platform tells it); `called` says that the desk was addressed, or, when somebody
    enters or leaves a group, that it was the desk itself;
    `raw` is the delivery as it came, and `id` the platform's own id of this message, if it has one; `quoted` are the words of
    the message that he answers, where the platform sends them along; `forwarded` says that the words or files are another's,
    passed on (a chat record is one text, a line a message). Of a phone call: a key
    pressed in it is a press (`about` the call, `press` the digit), its end a call (`text` one of CallEnd). A call_log tells
    of a call that a person of ours took (`text` what he noted of it; `called` is False where it was he who rang).
    """

    key: str
    at: Micros
    who: Who
    room: Room
    kind: Kind
    text: str = ""
    media: tuple[Media, ...] = ()
    about: str | None = None
    press: str | None = None
    called: bool = True
    id: str | None = None
    raw: bytes = b""
    quoted: str | None = None
    forwarded: bool = False


# ---------------------------------------------------------------- going out


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: a `token` that comes back to the desk, or a `url` to open."""

    label: str
    token: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class FileRef:
    """A stored file, named by the SHA-256 of its content."""

    hash: str
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class Say:
    """What the desk says, free of any platform: text, under it a card (title and facts), under it buttons, then a file.

    `purpose` is the kind of message (ack_created, progress …); `also` names further ends that the same message serves,
    `asks` the slots that it asks for, `offers` the intents that it invites to. `replaces` names a card to be updated,
    `reply` the message to answer to, `mentions` platform ids of people to be called in a group. `params` are named values
    for a carrier that takes approved templates only (SMS, voice): it knows its template by the purpose.
    """

    purpose: str
    text: str = ""
    title: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()
    file: FileRef | None = None
    link: str | None = None
    mentions: tuple[str, ...] = ()
    replaces: str | None = None
    reply: str | None = None
    also: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The value that was stored as JSON."""
        fields = dict(row)
        for name in ("facts", "params"):
            fields[name] = tuple((label, value) for label, value in fields.get(name, ()))
        fields["buttons"] = tuple(Button(**button) for button in fields.get("buttons", ()))
        fields["file"] = FileRef(**fields["file"]) if fields.get("file") else None
        for name in ("mentions", "also", "asks", "offers"):
            fields[name] = tuple(fields.get(name, ()))
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Size:
    """How much text a platform takes, in the unit in which it counts."""

    most: int
    unit: Literal["chars", "bytes"] = "chars"

    def of(self, text: str) -> int:
        return len(text.encode()) if self.unit == "bytes" else len(text)


@dataclass(frozen=True, slots=True)
class Window:
    """How long (seconds) and how often (messages) a platform lets us speak after somebody's last message."""

    seconds: int
    messages: int


@dataclass(frozen=True, slots=True)
class Can:
    """A channel's limits, in numbers where a number exists.

    `text` most text in a message; `card` whether title and facts are shown as a card; `buttons` most buttons (0 = none);
    `label` most text on a button; `token` most bytes of a button's token; `file` most bytes of a file (0 = none); `edit` whether a
    message can be replaced; `gap` seconds between two posts in a room; `rate` posts a second over all; `safe` whether
    the platform shows the same key once only; `push` the window in which we may speak unasked (None = always); `once` whether
    a repetition does harm (a phone call): such a post is looked at once more before it begins, and one whose outcome is
    unknown is asked about and never simply repeated.
    """

    text: Size
    card: bool = False
    buttons: int = 0
    label: Size = Size(20)
    token: int = 64
    file: int = 0
    edit: bool = False
    gap: float = 0.0
    rate: float = 20.0
    safe: bool = False
    push: Window | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a post.

    sent (ref = the platform's id); later (after = seconds to wait; nothing was shown); refused (will never go, `why`;
    `why` "window" = outside the reply window); gone (the recipient has left); unknown (perhaps shown, perhaps not).
    """

    state: Literal["sent", "later", "refused", "gone", "unknown"]
    ref: str | None = None
    after: float | None = None
    why: str | None = None


# ---------------------------------------------------------------- a channel


@dataclass(frozen=True, slots=True)
class Hook:
    """An HTTP delivery, free of any web framework. Header names are lower case; repeated query keys stay repeated."""

    method: str
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform hears in reply to a Hook."""

    status: int = 200
    body: bytes = b""
    mime: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a channel that pulls has read. Stored in the transaction that stores what it read."""

    name: str
    value: str


class CallEnd(StrEnum):
    """How a phone call ended. Only a key that was pressed acknowledges anything, and that is a press of its own."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    INVALID = "invalid"
    THROTTLED = "throttled"
    FAILED = "failed"


class Accept(Protocol):
    """Hands raw deliveries to the core. Returns once they are durable; raises only if they could not be stored."""

    def __call__(self, deliveries: Sequence[bytes], cursor: Cursor | None = None) -> Awaitable[None]: ...


class Shelf(Protocol):
    """Small values that all processes share: access tokens and pull cursors."""

    async def get(self, name: str) -> str | None:
        """The value, or None if there is none or it has run out."""
        ...

    async def put(self, name: str, value: str, seconds: float | None = None) -> None:
        """Keep a value, for `seconds` or for good."""
        ...

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """One holder among all processes, so that a token is refreshed once."""
        ...


Files = Callable[[str], Awaitable[bytes]]
"""Content of a stored file by its hash. Raises KeyError."""


class Channel(Protocol):
    """A chat platform. Structural: no base class.

    `read` is pure: no I/O, no clock; unknown kinds give an empty list; what it cannot read raises. A platform that tells
    only later that a post was not delivered has besides a static `late(raw) -> (ref, Receipt) | None`.
    `post` sends one fitted message; it never sleeps, retries, or raises for a platform's refusal.

    A channel whose `run` holds a connection has besides (see Connected) `single` and `sign`.
    """

    name: str
    can: Can

    @staticmethod
    def read(raw: bytes) -> list[Inbound]: ...

    async def run(self, accept: Accept) -> None: ...

    async def receive(self, hook: Hook, accept: Accept) -> Answer: ...

    async def post(self, room: Room, say: Say, key: str) -> Receipt: ...

    async def fetch(self, media: Media) -> bytes: ...

    async def close(self) -> None: ...


class Connected(Channel, Protocol):
    """A channel whose `run` holds a connection of its own.

    `single`: the platform allows one connection only, so that one process at a time runs it, under a lease. `sign` is the
    instant of the last sign of life that came from the platform (an event, a pong, an answer to a poll), None before the
    first; `patience` how many seconds may pass without one before the connection counts as deaf: it is then cancelled
    and begun anew, as if it had died. A channel that posts through that connection too says in `ready` whether it has it: the
    messages of one that has not are left to the process that has.
    """

    single: bool
    sign: Micros | None
    patience: float


class Phone(Channel, Protocol):
    """A carrier of SMS or voice calls: a channel whose rooms are numbers (Room("voice", account, "+8613…")).

    `post` returns once the provider has the message or the call, with its ref; what comes of it arrives through `receive`
    or `run`. A post whose outcome is unknown is asked about before anybody is called again.
    """

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """What became of a post, as far as the provider knows: sent, refused, or None if it has never heard of it.
        A receipt "unknown" says that the provider cannot tell."""
        ...


Clock = Callable[[], Micros]
"""Tells the present instant. Only the composition root knows a real one."""
