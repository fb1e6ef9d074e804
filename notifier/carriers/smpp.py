"""SMS over SMPP 3.4: through an aggregator, a gateway, or one's own modem.

One connection, on which we are bound as a transceiver. Receipts and replies are durable before the message centre hears
that we have them.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import ssl
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson

from core.words import (
    SECOND,
    Accept,
    Answer,
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
from notifier.carriers import smpp_pdu as pdu
from notifier.carriers.numbers import dialled, e164
from notifier.carriers.smpp_session import Lost, Refused, Session
from notifier.carriers.wire import Trouble

log = logging.getLogger("huiying.carriers")

PROVIDER = "smpp"
CAN = Can(text=Size(500), rate=20.0)
RESTART = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before a lost connection is made again; the last for good."""
NOT_BOUND = 2.0
"""Seconds after which it is worth trying again while there is no connection."""
CONNECTS = 10.0
"""Seconds that connecting and binding may take, each."""
REPEATED: Micros = 120 * SECOND
"""A message centre that was not answered repeats what it brought: the same text from the same number within this time."""
MOST_KNOWN = 10_000
"""Posts and messages that are remembered; the oldest are forgotten."""

LATER = {0x58: 5.0, 0x14: 10.0, 0x08: 30.0}
"""Throttled, queue full, system error: nothing was taken; seconds after which to try again."""
NO_SUCH_NUMBER = frozenset({0x0B, 0x48, 0x49})
FAILED = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD"})
"""States of a delivery receipt that say that the message never came."""


@dataclass(frozen=True, slots=True)
class SmppConfig:
    """The message centre. `source` is our number or name; `long` how longer texts go: "parts" (user data header) or "payload".

    `enquire` seconds between two enquire_link, `response` seconds within which an answer must come. `ca` is a file with the
    authority that signed the centre's certificate, where `tls` is on and it is none of the well-known.
    """

    host: str
    port: int = 2775
    system_id: str = ""
    password: str = field(default="", repr=False)
    system_type: str = ""
    source: str = ""
    account: str = "smpp"
    long: Literal["parts", "payload"] = "parts"
    tls: bool = False
    ca: Path | None = None
    enquire: float = 30.0
    response: float = 10.0

    def __post_init__(self) -> None:
        """Raises ValueError for what does not fit into a bind or a message."""
        pdu.bind(1, self.system_id, self.password, self.system_type)
        pdu.submit(1, self.source, "", pdu.Part(b"", 0), False)


@dataclass(slots=True)
class _Heard:
    """An SMS that came: when first, on which connection, and whether it is durable."""

    at: Micros
    session: int
    stored: bool = False


class Smpp:
    """The SMS channel over SMPP."""

    name = "sms"
    can = CAN

    def __init__(
        self, config: SmppConfig, clock: Clock, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._config, self._clock, self._pause = config, clock, pause
        self._session: Session | None = None
        self._sessions = 0
        self._posts: dict[str, asyncio.Task[Receipt]] = {}
        self._refs: dict[str, str] = {}
        self._heard: dict[str, _Heard] = {}

    @property
    def bound(self) -> bool:
        """Whether there is a connection on which messages can go."""
        return self._session is not None

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """An SMS from a number; a delivery receipt gives nothing here. Raises Unreadable."""
        fact = _fact(raw)
        if "text" not in fact:
            return []
        number, name = fact["number"], fact["key"]
        who = Who(number, phone=number if number.startswith("+") else None)
        room = Room(Smpp.name, fact["account"], number)
        return [Inbound(f"{PROVIDER}:{name}", fact["at"], who, room, "text", text=fact["text"], id=name, raw=raw)]

    @staticmethod
    def late(raw: bytes) -> tuple[str, Receipt] | None:
        """What a delivery receipt says of a message that was not delivered after all; None for one that was."""
        fact = _fact(raw)
        if fact.get("state") not in FAILED:
            return None
        return fact["ref"], Receipt("refused", fact["ref"], why=f"{fact['state']} {fact['error']}".strip())

    async def run(self, accept: Accept) -> None:
        """Keep a bound connection, for ever."""
        failures, loop = 0, asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self._live(accept)
            except (OSError, TimeoutError, Lost, Refused) as error:
                log.warning("no connection to the message centre", extra={"cause": f"{type(error).__name__}: {error}"})
            failures = 0 if loop.time() - started > RESTART[-1] else failures
            await self._pause(RESTART[min(failures, len(RESTART) - 1)])
            failures += 1

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything over HTTP."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Submit; sent once the message centre has all of it. Unknown if its answer does not come."""
        under_way = self._posts.get(key)
        if under_way is not None and (not under_way.done() or under_way.result().state == "sent"):
            return await self._answered(under_way)
        try:
            number = dialled(room.id)
        except Trouble:
            return Receipt("gone", why="no number")
        if CAN.text.of(say.text) > CAN.text.most:
            return Receipt("refused", why="longer than an SMS takes")
        session = self._session
        if session is None:
            return Receipt("later", after=NOT_BOUND, why="no connection to the message centre")
        while len(self._posts) >= MOST_KNOWN:
            del self._posts[next(iter(self._posts))]
        self._posts[key] = task = asyncio.create_task(self._submit(session, number, say.text, key))
        receipt = await self._answered(task)
        if receipt.state in ("later", "refused", "gone"):
            del self._posts[key]
        return receipt

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """What is known of a post of this life; an answer that came late counts."""
        task = self._posts.get(key)
        if task is None:
            return None
        return task.result() if task.done() else Receipt("unknown", why="the message centre did not answer")

    async def fetch(self, media: Media) -> bytes:
        """An SMS brings no files."""
        raise CannotFetch("an SMS has no files")

    async def close(self) -> None:
        """Take leave of the message centre."""
        if self._session:
            await self._session.unbind()

    # ---- out

    async def _answered(self, task: asyncio.Task[Receipt]) -> Receipt:
        done, _ = await asyncio.wait({task}, timeout=self._config.response)
        return task.result() if done else Receipt("unknown", why="the message centre did not answer")

    async def _submit(self, session: Session, number: str, text: str, key: str) -> Receipt:
        """All parts, one after another; the last one's id is the ref, and under the same key they have the same number."""
        taken: list[str] = []
        try:
            for part in pdu.pack(text, zlib.crc32(key.encode()) & 0xFF, self._config.long):
                wanted = pdu.submit(0, self._config.source, number.removeprefix("+"), part, receipt=True)
                taken.append(pdu.message_id((await session.ask(wanted)).body))
        except Refused as refused:
            return _receipt(refused.status)
        except Lost as error:
            return Receipt("unknown", why=str(error))
        ref = f"{PROVIDER}:{taken[-1]}"
        while len(self._refs) >= MOST_KNOWN:
            del self._refs[next(iter(self._refs))]
        self._refs |= dict.fromkeys(taken, ref)
        return Receipt("sent", ref)

    # ---- in

    async def _live(self, accept: Accept) -> None:
        """The life of one connection. Raises OSError, TimeoutError, Lost, Refused."""
        async with asyncio.timeout(CONNECTS):
            reader, writer = await asyncio.open_connection(self._config.host, self._config.port, ssl=self._tls())
        session = Session(reader, writer, lambda body: self._came(body, accept), self._pause)
        self._sessions += 1
        living = asyncio.create_task(session.live(self._config.enquire, self._config.response))
        try:
            async with asyncio.timeout(CONNECTS):
                await session.ask(pdu.bind(0, self._config.system_id, self._config.password, self._config.system_type))
            self._session = session
            await living
        finally:
            if self._session and not living.done():
                await self._session.unbind()
            self._session = None
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            await session.close()

    def _tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self._config.ca) if self._config.tls else None

    async def _came(self, body: bytes, accept: Accept) -> None:
        """Make what came durable; what cannot be read too. Raises what `accept` raises."""
        at = self._clock()
        fact: dict[str, Any] = {"provider": PROVIDER, "account": self._config.account, "at": at}
        heard = None
        try:
            found = pdu.deliver(body)
            if found.is_receipt:
                name, state, error = pdu.receipt(found)
                fact |= {"ref": self._ref(name), "state": state, "error": error}
            else:
                digest, heard = self._hear(body, at)
                fact |= {"number": _number(found), "text": found.text, "key": f"{digest}:{heard.at}"}
        except pdu.BadPdu:
            fact |= {"unreadable": body.hex()}
        await accept([orjson.dumps(fact)])
        if heard is not None:
            heard.stored = True

    def _ref(self, name: str) -> str:
        """Some centres name a message in hexadecimal when they take it, and in decimal when they tell of it."""
        spellings = [name]
        with contextlib.suppress(ValueError):
            spellings += [f"{int(name):x}", f"{int(name):X}", f"{int(name):08x}", f"{int(name):08X}"]
        return next((self._refs[known] for known in spellings if known in self._refs), f"{PROVIDER}:{name}")

    def _hear(self, body: bytes, at: Micros) -> tuple[str, _Heard]:
        """An SMS has no id of its own. It is a repetition if the same came shortly before and our answer may not have arrived:
        on another connection, or when it could not be stored."""
        digest = hashlib.sha256(body).hexdigest()[:16]
        self._heard = {known: heard for known, heard in self._heard.items() if at - heard.at < REPEATED}
        heard = self._heard.get(digest)
        if heard is None or (heard.stored and heard.session == self._sessions):
            at = at if heard is None else max(at, heard.at + 1)
            heard = self._heard[digest] = _Heard(at, self._sessions)
        return digest, heard


def _receipt(status: int) -> Receipt:
    if status in LATER:
        return Receipt("later", after=LATER[status], why=f"status 0x{status:02x}")
    return Receipt("gone" if status in NO_SUCH_NUMBER else "refused", why=f"status 0x{status:02x}")


def _number(found: pdu.Deliver) -> str:
    """The sender in the desk's one spelling, or as he came, if he has no ordinary number."""
    digits = found.source
    with contextlib.suppress(ValueError):
        return e164(f"+{digits}" if found.source_ton == pdu.INTERNATIONAL else digits)
    return digits


def _fact(raw: bytes) -> dict[str, Any]:
    try:
        fact = orjson.loads(raw)
        names = ("number", "text", "key", "account") if "text" in fact else ("ref", "state", "error", "account")
        if fact["provider"] != PROVIDER or type(fact["at"]) is not int:
            raise ValueError(PROVIDER)
        if not all(isinstance(fact[name], str) for name in names):
            raise TypeError
        return fact
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"nothing of a message centre: {type(error).__name__}") from None
