"""The dialler: the SIP stack in a process of its own, because a stack that has died cannot be started again in its process.

Speaks JSON lines: orders come in on standard input (first the account), facts go out on standard output. When the input
ends, every call is hung up and the process ends. Started by sip.py; `python -m notifier.carriers.sip_worker`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from baresip import (
    Account,
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    Call,
    CommandQueueFull,
    CommandTimeout,
    Config,
    Event,
    RegistrationError,
    Runtime,
    StackEvent,
    UserAgent,
)

from core.words import CallEnd

log = logging.getLogger("huiying.sip")

SAMPLES_A_SECOND = 8000
"""G.711: every prompt is 8 kHz, mono, 16 bit."""
MOST_LINE = 16 * 1024 * 1024
"""Longest order, bytes: a prompt of some minutes."""
BEAT = 2.0
"""Seconds between two signs of life, each after a round trip through the stack."""
LEAD_IN = 0.4
"""Seconds of silence before the prompt, in which the callee brings the receiver to his ear."""
FEED = 0.1
"""Seconds between two looks at how much of the prompt has been sent."""
TAIL = 0.15
"""Seconds that the last of a sound, taken from the buffer, still needs to the far side."""
FLUSH = 0.1
"""Seconds after which a flush is over: it takes place at the next packet, and takes along what was written meanwhile."""
MEDIA = 3.0
"""Seconds within which an answered call must carry sound."""

BUSY = frozenset({486, 600})
DECLINED = frozenset({603, 607})
INVALID = frozenset({404, 410, 416, 484, 485, 604})
NOT_ALLOWED = frozenset({401, 402, 403, 405, 406, 407, 415, 420, 421, 488, 493, 606})
"""The trunk refuses us or what we offer: a fault of the settings, not of the callee."""

Tell = Callable[[dict[str, Any]], None]


def end_of(reason: str | None, rang: bool) -> CallEnd:
    """What a final answer other than "200 OK" means. `reason` is a status line, or an error text where nobody answered."""
    head = (reason or "").partition(" ")[0]
    status = int(head) if len(head) == 3 and head.isdigit() else None
    if status in BUSY:
        return CallEnd.BUSY
    if status in DECLINED:
        return CallEnd.DECLINED
    if status in INVALID:
        return CallEnd.INVALID
    if status == 429:
        return CallEnd.THROTTLED
    if status in NOT_ALLOWED:
        return CallEnd.FAILED
    return CallEnd.NO_ANSWER if rang and status in (408, 480, 487) else CallEnd.UNREACHABLE


class Line:
    """One call: dialled, rung, spoken to, ended. `order` is what sip.py asked for."""

    def __init__(self, order: dict[str, Any], tell: Tell) -> None:
        self._order, self._ref = order, order["dial"]
        self._tell = tell
        self._prompt = base64.b64decode(order["prompt"])
        self._thanks = base64.b64decode(order["thanks"])
        self._happens: asyncio.Queue[tuple[Event | None, str | None]] = asyncio.Queue()
        self._pressed = 0

    def hear(self, event: StackEvent) -> None:
        """Something happened to this call."""
        self._happens.put_nowait((event.event, event.text))

    async def live(self, call: Call) -> None:
        """From the INVITE to the end."""
        end, why = await self._ring(call)
        if end is None:
            end, why = await self._talk(call)
        self._tell({"call": self._ref, "end": end, "why": why})

    async def _ring(self, call: Call) -> tuple[CallEnd | None, str]:
        rang = False
        try:
            async with asyncio.timeout(self._order["ring"]):
                while True:
                    event, text = await self._happens.get()
                    if event in (Event.CALL_RINGING, Event.CALL_PROGRESS):
                        rang = True
                    elif event is Event.CALL_ESTABLISHED:
                        return None, ""
                    elif event is Event.CALL_CLOSED:
                        return end_of(text, rang), text or ""
        except TimeoutError:
            await _hang_up(call)
            return (CallEnd.NO_ANSWER if rang else CallEnd.UNREACHABLE), "ring time is over"

    async def _talk(self, call: Call) -> tuple[CallEnd, str]:
        self._tell({"call": self._ref, "answered": True})
        speaking = asyncio.create_task(self._repeat(call))
        why = "talk time is over"
        try:
            async with asyncio.timeout(self._order["talk"]):
                while True:
                    event, text = await self._happens.get()
                    if event is Event.CALL_CLOSED:
                        return CallEnd.ANSWERED, f"they hung up: {text or ''}"
                    if event is None:
                        why = text or ""
                        break
                    if event is Event.CALL_DTMF_START and text:
                        speaking.cancel()
                        self._press(text)
                        speaking = asyncio.create_task(self._answer(call, text))
        except TimeoutError:
            pass
        finally:
            speaking.cancel()
        await _hang_up(call)
        return CallEnd.ANSWERED, why

    def _press(self, digit: str) -> None:
        self._pressed += 1
        self._tell({"call": self._ref, "press": digit, "count": self._pressed})

    # ---- sound

    async def _repeat(self, call: Call) -> None:
        """The prompt, as often as ordered, a pause after each."""
        for _ in range(self._order["plays"]):
            await self._play(call, bytes(int(SAMPLES_A_SECOND * LEAD_IN) * 2) + self._prompt)
            await asyncio.sleep(self._order["gap"])
        self._happens.put_nowait((None, "nothing was pressed"))

    async def _answer(self, call: Call, digit: str) -> None:
        """What was being played stops at once. The key that ends the call is thanked for; after any other all begins anew."""
        try:
            call.audio.flush_tx()
            await asyncio.sleep(FLUSH)
        except (AudioNotActive, AudioRestarted):
            log.debug("nothing to silence")
        if digit not in self._order["keys"]:
            await self._repeat(call)
            return
        await self._play(call, self._thanks)
        self._happens.put_nowait((None, f"{digit} was pressed"))

    async def _play(self, call: Call, sound: bytes) -> None:
        """Returns when the last of it has been sent. The stack takes some two seconds at a time."""
        loop = asyncio.get_running_loop()
        silent_since = loop.time()
        while True:
            try:
                sound = sound[call.audio.write(sound) :]
                if not sound and call.audio.info().tx_buffered == 0:
                    await asyncio.sleep(TAIL)
                    return
                silent_since = loop.time()
            except (AudioNotActive, AudioRestarted):
                if loop.time() - silent_since > MEDIA:
                    self._happens.put_nowait((None, "no sound could be sent"))
                    return
            await asyncio.sleep(FEED)


async def _hang_up(call: Call) -> None:
    try:
        await call.hangup()
    except BaresipError as error:
        log.debug("gone already: %s", error)


class Dialler:
    """The stack, its account, and the lines that are open."""

    def __init__(self, runtime: Runtime, agent: UserAgent, tell: Tell) -> None:
        self._runtime, self._agent, self._tell = runtime, agent, tell
        self._lines: dict[int, Line] = {}
        self._early: dict[int, list[StackEvent]] = {}
        self._dialling = 0
        runtime.subscribe(self._hear)
        agent.on_incoming(lambda call: asyncio.ensure_future(_reject(call)))

    def _hear(self, event: StackEvent) -> None:
        """A final answer may come before `dial` has told us which call it is for: it is kept until then."""
        if line := self._lines.get(event.call):
            line.hear(event)
        elif self._dialling:
            self._early.setdefault(event.call, []).append(event)

    async def dial(self, order: dict[str, Any]) -> None:
        """One call, from order to end."""
        line = Line(order, self._tell)
        call = await self._invite(order, line)
        if call is None:
            return
        self._tell({"call": order["dial"], "dialled": True})
        try:
            await line.live(call)
        finally:
            self._lines.pop(call.handle, None)

    async def _invite(self, order: dict[str, Any], line: Line) -> Call | None:
        self._dialling += 1
        try:
            call = await self._agent.dial(order["to"])
            self._lines[call.handle] = line
            for event in self._early.pop(call.handle, ()):
                line.hear(event)
            return call
        except CommandTimeout:
            self._tell({"call": order["dial"], "lost": "the stack did not say whether it dialled"})
        except CommandQueueFull:
            self._tell({"call": order["dial"], "later": True})
        except (BaresipError, ValueError) as error:
            self._tell({"call": order["dial"], "refused": str(error)[:200]})
        finally:
            self._dialling -= 1
            if not self._dialling:
                self._early.clear()
        return None

    async def beat(self) -> None:
        """Show for ever that the stack answers. Raises what it raises when it does not."""
        while True:
            await self._runtime.set_native_log_level("warning")
            self._tell({"alive": True})
            await asyncio.sleep(BEAT)


async def _reject(call: Call) -> None:
    """Nobody calls the desk."""
    try:
        await call.reject()
    except BaresipError as error:
        log.debug("gone already: %s", error)


async def work(orders: asyncio.StreamReader, tell: Tell) -> None:
    """Follow orders until they end. Raises BaresipError, ValueError: the stack cannot start or go on."""
    said = json.loads(await orders.readline())
    runtime = Runtime()
    await runtime.start(Config(**said["config"]))
    calls: set[asyncio.Task[None]] = set()
    try:
        agent = await UserAgent.create(runtime, Account(**said["account"]), transfer_policy="reject")
        dialler = Dialler(runtime, agent, tell)
        registering = asyncio.create_task(_register(agent)) if said["account"].get("reg_interval") else None
        beating = asyncio.create_task(dialler.beat())
        reading = asyncio.create_task(_read(orders, lambda order: _begin(calls, dialler.dial(order))))
        await asyncio.wait({reading, beating}, return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, beating, registering):
            if task is not None:
                task.cancel()
        if beating.done() and not beating.cancelled():
            beating.result()
    finally:
        for task in calls:
            task.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await runtime.close()


async def _read(orders: asyncio.StreamReader, obey: Callable[[dict[str, Any]], None]) -> None:
    while line := await orders.readline():
        obey(json.loads(line))


def _begin(calls: set[asyncio.Task[None]], call: Any) -> None:
    task = asyncio.create_task(call)
    calls.add(task)
    task.add_done_callback(calls.discard)


async def _register(agent: UserAgent) -> None:
    """A trunk that wants to know where we are; it goes on by itself, and a call may succeed without."""
    try:
        await agent.register()
    except RegistrationError as error:
        log.warning("the registrar refuses us: %s", error)


async def _main() -> int:
    """The stack may print: what it prints must not lie between our lines."""
    facts = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def tell(fact: dict[str, Any]) -> None:
        facts.write(json.dumps(fact).encode() + b"\n")

    orders = asyncio.StreamReader(limit=MOST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    try:
        await work(orders, tell)
    except (BaresipError, ValueError, TypeError) as error:
        log.error("the dialler ends: %s: %s", type(error).__name__, error)
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    sys.exit(asyncio.run(_main()))
