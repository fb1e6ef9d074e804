"""The measures over HTTP: intake, the whole path, and the time to a reply; each beside its cheapest alternative."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Table, percentile
from benchmarks.load import SUBMITTERS, Loaded, closed_loop, open_loop, until
from benchmarks.messages import REPORTING, STAFF, Message, mixed, staff_only
from benchmarks.processes import Served, Spent, served, wecom
from benchmarks.serving import Serving
from benchmarks.town import Household
from bots.emulated.wecom import WeComServer

QUIET = 2.0
"""Declared quiet time before an opening report is answered, seconds; it is taken off the time to a reply."""
RATE = 200.0
"""Messages a second of the open loop."""
WARM = 64
"""Messages before the clock starts: connections, token and caches are then warm."""
SETTLED = 0.3
"""Seconds that the server has after its last reply to write its outcomes down."""


@dataclass(frozen=True)
class Ground:
    """Where to measure: a folder on the disk, a database in which people live, and those people."""

    folder: Path
    template: Path
    town: Sequence[Household]

    def database(self) -> str:
        """A fresh copy of the populated database."""
        for old in self.folder.glob("desk.db*"):
            old.unlink()
        shutil.copy(self.template, self.folder / "desk.db")
        return f"sqlite:///{self.folder / 'desk.db'}"


@asynccontextmanager
async def desk(ground: Ground, emulated: WeComServer, api: str, **how: bool | float) -> AsyncIterator[Served]:
    """The desk's own server on a fresh database."""
    for household in ground.town:
        emulated.remember(household.customer)
        emulated.remember(household.newcomer)
    serving = Serving(ground.database(), api, **how)  # type: ignore[arg-type]
    async with served("benchmarks.serving", serving.words()) as server:
        yield server


@asynccontextmanager
async def plain(ground: Ground, api: str, sort: str) -> AsyncIterator[Served]:
    """A server that does next to nothing."""
    path = ground.folder / "plain.db"
    for old in ground.folder.glob("plain.db*"):
        old.unlink()
    async with served("benchmarks.plain", json.dumps({"sort": sort, "path": str(path), "api": api})) as server:
        yield server


async def intake(table: Table, ground: Ground) -> None:
    """One round: from HTTP request to commit, messages of staff, no turns."""
    async with wecom() as (emulated, api):
        for name, sort in (("answers only, nothing stored", "nothing"), ("raw sqlite3, one commit each", "raw")):
            async with plain(ground, api, sort) as server:
                spent, loaded = await _closed(server, staff_only(emulated, ground.town))
                table.add(f"cheapest: {name}", spent.cpu / len(loaded.messages) * 1e3, "ms CPU/message")
                table.add(f"cheapest: {name}: rate", len(loaded.messages) / loaded.seconds, "messages/s")
        async with desk(ground, emulated, api, turns=False) as server:
            spent, loaded = await _closed(server, staff_only(emulated, ground.town))
    count = len(loaded.messages)
    table.add("desk: HTTP request to commit", spent.cpu / count * 1e3, "ms CPU/message", "≤ 0.5, stretch 0.25")
    table.add("desk: messages per fsync, intake alone", count / spent.commits, "")
    table.add("desk: rate", count / loaded.seconds, "messages/s")
    _waits(table, "desk: request to answer", [m.taken_at - m.said_at for m in loaded.messages])


async def path(table: Table, ground: Ground) -> None:
    """One round: the whole path with 64 submitters, until the last outcome is written down."""
    async with wecom() as (emulated, api), plain(ground, api, "reply") as server:
        messages = staff_only(emulated, ground.town)
        spent, _ = await _closed(server, messages, lambda: _answered(emulated, messages))
        name = "cheapest: raw sqlite3, one commit each, one reply"
        table.add(name, spent.cpu / (len(messages) - WARM) * 1e3, "ms CPU/message")
    async with wecom() as (emulated, api), desk(ground, emulated, api, unlimited=True, quiet=QUIET) as server:
        messages = mixed(emulated, ground.town)
        spent, loaded = await _closed(server, messages, lambda: _answered(emulated, messages))
    count = len(loaded.messages)
    table.add("desk: whole path", spent.cpu / count * 1e3, "ms CPU/message", "≤ 1, stretch 0.5")
    table.add("desk: messages per fsync, all commits counted", count / spent.commits, "", "≥ 16, stretch 28")
    table.add("desk: rate taken", count / loaded.seconds, "messages/s")
    _waits(table, "desk: staff message to reply at WeCom", _latencies(loaded.messages, STAFF))


async def reply(table: Table, ground: Ground, seconds: float) -> None:
    """One round: 200 messages a second as they come, from callback to the reply's arrival at WeCom."""
    chance = random.Random(2026)
    town = ground.town[: int(RATE * seconds) + WARM]
    async with wecom() as (emulated, api), plain(ground, api, "reply") as server:
        messages = staff_only(emulated, town)
        await _open(server, emulated, messages, chance)
        _waits(table, "cheapest: one commit, one reply", _latencies(messages[WARM:]))
    for name, own_mind in (("without understanding", False), ("own understanding", True)):
        async with wecom() as (emulated, api), desk(ground, emulated, api, own_mind=own_mind, quiet=QUIET) as server:
            messages = mixed(emulated, town)
            spent = await _open(server, emulated, messages, chance)
        _tell(table, f"desk, {name}", messages[WARM:], spent)


def _tell(table: Table, name: str, timed: Sequence[Message], spent: Spent) -> None:
    _waits(table, f"{name}: callback to reply", _latencies(timed), "≤ 60, stretch 30")
    for sort in dict.fromkeys(message.sort for message in timed):
        _waits(table, f"{name}: the same, {sort}", _latencies(timed, sort))
    _waits(table, f"{name}: callback to answer", [message.taken_at - message.said_at for message in timed])
    table.add(f"{name}: processor time", spent.cpu / len(timed) * 1e3, "ms CPU/message")


async def _closed(
    server: Served, messages: Sequence[Message], done: Callable[[], bool] = lambda: True
) -> tuple[Spent, Loaded]:
    await closed_loop(server.port, messages[:WARM], SUBMITTERS)
    await asyncio.sleep(SETTLED)
    before = await server.spent()
    loaded = await closed_loop(server.port, messages[WARM:])
    await until(done)
    await asyncio.sleep(SETTLED)
    return await server.spent() - before, loaded


async def _open(server: Served, emulated: WeComServer, messages: Sequence[Message], chance: random.Random) -> Spent:
    await closed_loop(server.port, messages[:WARM], SUBMITTERS)
    await asyncio.sleep(SETTLED)
    before = await server.spent()
    await open_loop(server.port, messages[WARM:], RATE, chance)
    await until(lambda: _answered(emulated, messages))
    return await server.spent() - before


def _answered(emulated: WeComServer, messages: Sequence[Message]) -> bool:
    """Whether everybody has had a reply; notes when it came."""
    first: dict[str, float] = {}
    for sent in emulated.sent:
        first.setdefault(sent.to, sent.at / 1e6)
    for message in messages:
        message.answered_at = first.get(message.sender, 0.0)
    return all(message.answered_at for message in messages)


def _latencies(messages: Sequence[Message], sort: str | None = None) -> list[float]:
    """Seconds from callback to reply, less the declared quiet time."""
    return [
        message.answered_at - message.said_at - (QUIET if message.sort == REPORTING else 0.0)
        for message in messages
        if sort in (None, message.sort)
    ]


def _waits(table: Table, name: str, seconds: Sequence[float], target: str = "") -> None:
    table.add(f"{name}, p50", percentile(seconds, 0.5) * 1e3, "ms")
    table.add(f"{name}, p99", percentile(seconds, 0.99) * 1e3, "ms", target)
