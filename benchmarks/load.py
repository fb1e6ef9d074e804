"""Load on a server: 64 who speak again as soon as they are answered, or people who speak when they like (Poisson)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.messages import Message
from benchmarks.wire import Wire

SUBMITTERS = 64
"""Who speak at the same time in a closed loop."""
PATIENCE = 60.0
"""Seconds after which a message that was not answered counts as a defect of the desk."""


class NotAnswered(RuntimeError):
    """The server did not do its work: no figure would be worth printing."""


@dataclass(frozen=True)
class Loaded:
    """What a load brought: its messages, and the seconds from the first word to the last answer of the server."""

    messages: Sequence[Message]
    seconds: float


async def closed_loop(port: int, messages: Sequence[Message], submitters: int = SUBMITTERS) -> Loaded:
    """Each submitter sends its next message when the last one was answered with 200. Raises NotAnswered."""
    waiting = iter(messages)
    wires = [await Wire.open(port) for _ in range(submitters)]
    started = time.perf_counter()
    await asyncio.gather(*(_submit(wire, waiting) for wire in wires))
    seconds = time.perf_counter() - started
    for wire in wires:
        wire.close()
    return Loaded(messages, seconds)


async def _submit(wire: Wire, waiting: Sequence[Message] | object) -> None:
    for message in waiting:  # type: ignore[attr-defined]
        await _say(wire, message)


async def open_loop(port: int, messages: Sequence[Message], rate: float, chance: random.Random) -> Loaded:
    """`rate` messages a second on average, whenever the dice say, whatever became of those before. Raises NotAnswered."""
    free = [await Wire.open(port) for _ in range(SUBMITTERS)]

    async def say(message: Message) -> None:
        kept = free.pop() if free else None
        wire = await Wire.open(port) if kept is None or kept.closed else kept
        await _say(wire, message)
        free.append(wire)

    started = due = time.perf_counter()
    tasks = []
    for message in messages:
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(say(message)))
    await asyncio.gather(*tasks)
    for wire in free:
        wire.close()
    return Loaded(messages, time.perf_counter() - started)


async def _say(wire: Wire, message: Message) -> None:
    message.lay()
    message.said_at = time.time()
    status, _ = await wire.ask(message.words)
    message.taken_at = time.time()
    if status != 200:
        raise NotAnswered(f"a callback was answered with {status}")


async def until(done: Callable[[], bool], look: Callable[[], Awaitable[None]] | None = None) -> None:
    """Wait for something. Raises NotAnswered after PATIENCE seconds."""
    end = time.perf_counter() + PATIENCE
    while not done():
        if time.perf_counter() > end:
            raise NotAnswered("the desk did not answer everybody")
        await asyncio.sleep(0.005)
