"""Voice calls over SIP: through a trunk or PBX, or straight to a soft phone in one's own LAN.

The stack lives in a process of its own (sip_worker.py), which is started again when it dies. What it was doing then is
told as it is: nobody knows what became of those calls.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

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
    Receipt,
    Room,
    Say,
    Size,
)
from notifier.carriers.telling import DIGITS, Telling, ended, pressed, read_call

log = logging.getLogger("huiying.carriers")

PROVIDER = "sip"
CAN = Can(text=Size(4000), rate=5.0, once=True)
MOST_CALLS = 10_000
"""Calls that are remembered, so that none rings twice; the oldest that are over are forgotten."""
MOST_LINE = 64 * 1024
"""Longest line that the dialler says, bytes."""
DIALLED = 8.0
"""Seconds within which the dialler says that a call is under way; then it is unknown."""
STARTS = 20.0
"""Seconds within which a new dialler must show that it lives."""
SILENCE = 15.0
"""Seconds without a sign of life after which the dialler is taken for dead."""
ENDS = 3.0
"""Seconds that the dialler has to hang up when it is told to end."""
RESTART = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds before a dialler that died is started again; the last for good."""
LINE_FREE = 5.0
"""Seconds after which it is worth asking again for a line when all are taken."""

_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}|[0-9]{2,15}")
_ADDRESS = re.compile(r"sips?:[A-Za-z0-9_.+~-]{1,64}@(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class SipConfig:
    """A trunk or PBX, or none, when only sip: addresses are called.

    `numbers` makes an address of a number: {number} with its plus, {digits} without, {national} without +`country`.
    `register` seconds between registrations (0 = none); `listen` and `interface` only where the stack should not choose.
    `ring`, `gap` (after each playing), `talk`: seconds; `keys` end the call when pressed, others let the prompt begin anew.
    """

    user: str = "desk"
    domain: str = ""
    password: str = field(default="", repr=False)
    auth_user: str = ""
    proxy: str = ""
    transport: str = "udp"
    register: int = 0
    numbers: str = "sip:{number}@{domain}"
    country: str = "86"
    interface: str = ""
    listen: str = ""
    account: str = "sip"
    ring: float = 30.0
    plays: int = 3
    gap: float = 4.0
    talk: float = 120.0
    keys: str = "1"
    lines: int = 4

    def __post_init__(self) -> None:
        """Raises ValueError for what the stack or a telephone could not follow."""
        if not set(self.keys) <= DIGITS:
            raise ValueError("keys: only keys of a telephone")
        if self.transport not in ("udp", "tcp", "tls"):
            raise ValueError("transport: udp, tcp or tls")
        if self.plays < 1 or self.lines < 1 or min(self.ring, self.gap, self.talk) <= 0:
            raise ValueError("plays, lines, ring, gap and talk: more than nothing")
        if self.address("+8613800000000") is None and self.domain:
            raise ValueError("numbers: does not make a SIP address of a number")

    def address(self, number: str) -> str | None:
        """What to dial for a number or an address; None if it is neither, or there is no trunk for numbers."""
        if _ADDRESS.fullmatch(number):
            return number
        if not self.domain or not _NUMBER.fullmatch(number):
            return None
        digits = number.removeprefix("+")
        national = digits.removeprefix(self.country) if number.startswith("+") else digits
        try:
            made = self.numbers.format(number=number, digits=digits, national=national, domain=self.domain)
        except (LookupError, ValueError):
            return None
        return made if _ADDRESS.fullmatch(made) else None

    def orders(self) -> dict[str, Any]:
        """What the dialler needs to start."""
        account: dict[str, Any] = {
            "user": self.user,
            "domain": self.domain or "localhost",
            "password": self.password,
            "auth_user": self.auth_user or None,
            "registrar": self.proxy or None,
            "reg_interval": self.register,
            "transport": self.transport,
        }
        listen = f"sip_listen {self.listen}\n" if self.listen else ""
        config = {
            "net_interface": self.interface or None,
            "max_concurrent_calls": self.lines + 1,
            "extra_config_text": listen,
        }
        return {"account": account, "config": config}


@dataclass(slots=True)
class _Call:
    room: Room
    receipt: asyncio.Future[Receipt]
    over: bool = False


class Sip:
    """The voice channel over SIP. `prompt` gives what is to be heard, `thanks` what is heard after the key: 8 kHz, mono, 16 bit."""

    name = "voice"
    can = CAN

    def __init__(
        self,
        config: SipConfig,
        prompt: Callable[[Say], Awaitable[bytes]],
        clock: Clock,
        thanks: Callable[[], Awaitable[bytes]] | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config, self._prompt, self._clock, self._thanks, self._pause = config, prompt, clock, thanks, pause
        self._calls: dict[str, _Call] = {}
        self._facts = Telling(pause)
        self._dialler: asyncio.subprocess.Process | None = None
        self._alive = False
        self._closed = False

    @property
    def dialler(self) -> int | None:
        """The dialler's process id while it is at work."""
        return self._dialler.pid if self._dialler and self._alive else None

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """A key, or the end of a call. Raises Unreadable."""
        return [read_call(raw, PROVIDER)]

    async def run(self, accept: Accept) -> None:
        """Keep a dialler at work, and tell what it says, for ever."""
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(self._facts.run(accept))
            await self._keep()
            telling.cancel()

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Dial; sent once the INVITE is out. A key that was dialled in this life is never dialled again."""
        ref = f"{PROVIDER}:{key}"
        if known := self._calls.get(ref):
            return await asyncio.shield(known.receipt)
        address = self._config.address(room.id)
        if address is None:
            return Receipt("refused", why="no SIP address, and no trunk that takes this number")
        if not self._alive:
            return Receipt("later", after=RESTART[1], why="the dialler is not at work")
        if sum(not call.over for call in self._calls.values()) >= self._config.lines:
            return Receipt("later", after=LINE_FREE, why="all lines are taken")
        self._forget()
        call = self._calls[ref] = _Call(room, asyncio.get_running_loop().create_future())
        receipt = await self._dial(ref, call, address, say)
        if receipt.state in ("later", "refused"):
            del self._calls[ref]
        return receipt

    async def ask(self, room: Room, key: str, ref: str | None) -> Receipt | None:
        """Sent if it was dialled in this life; unknown if the dialler died over it, or an earlier life may have dialled it."""
        known = self._calls.get(f"{PROVIDER}:{key}")
        if known is None:
            return Receipt("unknown", ref, why="not dialled in this life")
        return await asyncio.shield(known.receipt)

    async def fetch(self, media: Media) -> bytes:
        """Calls bring no files."""
        raise CannotFetch("a call has no files")

    async def close(self) -> None:
        """Hang up everything."""
        self._closed = True
        if self._dialler:
            await _end(self._dialler)

    # ---- dialling

    async def _dial(self, ref: str, call: _Call, address: str, say: Say) -> Receipt:
        try:
            prompt, thanks = await self._prompt(say), await self._thanks() if self._thanks else b""
        except BaseException:
            del self._calls[ref]
            raise
        if not self._alive:
            self._settle(ref, Receipt("later", after=RESTART[1], why="the dialler is not at work"))
            return await call.receipt
        given = self._config
        self._order(
            {
                "dial": ref,
                "to": address,
                "ring": given.ring,
                "plays": given.plays,
                "gap": given.gap,
                "talk": given.talk,
                "keys": given.keys,
                "prompt": base64.b64encode(prompt).decode(),
                "thanks": base64.b64encode(thanks).decode(),
            }
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DIALLED):
                return await asyncio.shield(call.receipt)
        self._settle(ref, Receipt("unknown", ref, why="the dialler did not answer"))
        return await call.receipt

    def _order(self, order: dict[str, Any]) -> None:
        assert self._dialler is not None and self._dialler.stdin is not None
        self._dialler.stdin.write(json.dumps(order).encode() + b"\n")

    def _settle(self, ref: str, receipt: Receipt) -> None:
        call = self._calls[ref]
        if call.receipt.done() and call.receipt.result().state == "unknown" and receipt.state == "sent":
            call.receipt = asyncio.get_running_loop().create_future()
        if not call.receipt.done():
            call.receipt.set_result(receipt)
        call.over = call.over or receipt.state in ("later", "refused")

    def _forget(self) -> None:
        while len(self._calls) >= MOST_CALLS:
            oldest = next((ref for ref, call in self._calls.items() if call.over), None)
            if oldest is None:
                return
            del self._calls[oldest]

    # ---- what the dialler says

    async def _keep(self) -> None:
        failures, loop = 0, asyncio.get_running_loop()
        while not self._closed:
            started = loop.time()
            try:
                await self._employ()
            except (OSError, ValueError, TimeoutError) as error:
                log.warning("the dialler is dead", extra={"cause": f"{type(error).__name__}: {error}"})
            if self._closed:
                return
            failures = 0 if loop.time() - started > RESTART[-1] else failures
            await self._pause(RESTART[min(failures, len(RESTART) - 1)])
            failures += 1

    async def _employ(self) -> None:
        """The life of one dialler. Raises OSError, ValueError, TimeoutError."""
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "notifier.carriers.sip_worker")
        self._dialler = dialler = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=MOST_LINE, start_new_session=True
        )
        assert dialler.stdout is not None and dialler.stderr is not None
        complaints = asyncio.create_task(_log(dialler.stderr))
        try:
            self._order(self._config.orders())
            while True:
                async with asyncio.timeout(SILENCE if self._alive else STARTS):
                    line = await dialler.stdout.readline()
                if not line:
                    raise OSError("it ended")
                self._hear(json.loads(line))
        finally:
            self._alive = False
            await _end(dialler)
            complaints.cancel()
            self._dialler = None
            self._lose()

    def _hear(self, said: dict[str, Any]) -> None:
        if "alive" in said:
            self._alive = True
            return
        ref = said["call"]
        call = self._calls.get(ref)
        if call is None:
            log.warning("the dialler speaks of a call that is not known", extra={"ref": ref})
            return
        if "dialled" in said:
            self._settle(ref, Receipt("sent", ref))
        elif "refused" in said:
            self._settle(ref, Receipt("refused", why=said["refused"]))
        elif "later" in said:
            self._settle(ref, Receipt("later", after=1.0))
        elif "lost" in said:
            self._settle(ref, Receipt("unknown", ref, why=said["lost"]))
            self._over(ref, call, CallEnd.FAILED, f"unknown: {said['lost']}")
        elif "press" in said:
            self._facts.tell(pressed(PROVIDER, call.room, ref, self._clock(), said["press"], said["count"]))
        elif "end" in said:
            self._over(ref, call, CallEnd(said["end"]), said["why"])

    def _over(self, ref: str, call: _Call, end: CallEnd, why: str) -> None:
        call.over = True
        self._facts.tell(ended(PROVIDER, call.room, ref, self._clock(), end, why))

    def _lose(self) -> None:
        """The dialler is gone, and with it the knowledge of what its calls came to."""
        why = "unknown: the dialler died"
        for ref, call in self._calls.items():
            if not call.over:
                self._settle(ref, Receipt("unknown", ref, why=why))
                self._over(ref, call, CallEnd.FAILED, why)


async def _end(dialler: asyncio.subprocess.Process) -> None:
    """Ask it to hang up and end; kill it if it does not."""
    if dialler.stdin is not None:
        dialler.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ENDS):
            await dialler.wait()
            return
    with contextlib.suppress(ProcessLookupError):
        dialler.kill()
    await dialler.wait()


async def _log(complaints: asyncio.StreamReader) -> None:
    while line := await complaints.readline():
        log.warning("dialler: %s", line.decode(errors="replace").rstrip()[:500])
