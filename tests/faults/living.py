"""Live desks on one database: real threads, real time (which a test may put forward), people on an emulated platform."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from benchmarks.plain_mind import PlainMind
from config.desk import ChannelMaker, Desk, build
from config.running import LiveRunner, Supervisor
from config.serving import DRAIN
from core.policies import Policies
from core.store.database import Connection, Database
from core.store.files import FileStore
from core.store.waking import Listener, News
from core.words import SECOND, Accept, Channel, Clock, Micros
from tests import history
from tests.faults.people import People

QUICK = replace(
    Policies(), conversation=replace(Policies().conversation, burst_quiet=SECOND // 5, burst_window=SECOND // 2)
)
"""Opening reports are answered after a fifth of a second of quiet, so that tests are short."""
REST = 20.0
"""Seconds within which everything must have come to rest once nothing is wrong any more."""
SOON = 2 * SECOND
"""A timer that is due within so short a time is waited for."""
UNFINISHED = """
SELECT (SELECT count(*) FROM inbox WHERE state = 'new')
     + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'leased'))
     + (SELECT count(*) FROM job WHERE state IN ('waiting', 'leased'))
     + (SELECT count(*) FROM timer WHERE state = 'waiting' AND due_at <= {now})
"""


class Time:
    """The real time, which can be put forward."""

    def __init__(self) -> None:
        self.ahead: Micros = 0

    def __call__(self) -> Micros:
        return time.time_ns() // 1_000 + self.ahead

    def skip(self, seconds: float) -> None:
        self.ahead += int(seconds * SECOND)


@dataclass
class Living:
    """One process of the desk, as `desk serve` makes it turn. `ended`: why it had to end, if it had to."""

    desk: Desk
    runner: LiveRunner
    people: People
    ended: list[Exception] = field(default_factory=list)
    news: list[News] = field(default_factory=list)
    turns: int = 0

    @property
    def door(self) -> Accept:
        return self.desk.accept_for(self.people.name)

    def seen(self) -> None:
        self.turns += 1


@asynccontextmanager
async def living(
    url: str,
    people: People,
    clock: Time,
    *,
    holder: str = "first",
    channels: Sequence[Channel] = (),
    makers: Mapping[str, ChannelMaker] | None = None,
    database: Database | None = None,
    accounts: Mapping[str, str] | None = None,
) -> AsyncIterator[Living]:
    """A desk on the database at `url`, until the end of the block, where it stops in good order."""
    ready = {channel.name: lambda *_, made=channel: made for channel in (people, *channels)}
    with tempfile.TemporaryDirectory(prefix="huiying-") as folder:
        desk = build(
            database or Database(url),
            QUICK,
            {**ready, **(makers or {})},
            FileStore(Path(folder)),
            clock,
            PlainMind(),
            holder=holder,
            accounts=accounts,
        )
        ended: list[Exception] = []
        one = Living(desk, LiveRunner(desk, ended.append), people, ended)
        desk.watchers.append(one.seen)
        supervisor, listener = Supervisor(desk), _listener(one)
        one.runner.start()
        supervisor.start()
        if listener:
            listener.start()
        try:
            yield one
        finally:
            if listener:
                await asyncio.to_thread(listener.stop)
            await supervisor.stop()
            desk.pump.draining = desk.deliverer.draining = True
            with suppress(TimeoutError):
                await until(lambda: not (desk.deliverer.busy or desk.pump.pending), DRAIN if not one.ended else 0)
            await one.runner.stop()
            await asyncio.sleep(0)
            await desk.close()


def _listener(one: Living) -> Listener | None:
    if not one.desk.database.shared:
        return None
    loop = asyncio.get_running_loop()

    def heard(news: News) -> None:
        one.news.append(news)
        one.desk.heard(news)

    def hand_over(news: News) -> None:
        loop.call_soon_threadsafe(heard, news)

    return Listener(one.desk.database, one.desk.pump.holder, hand_over)


class Eye:
    """Looks at the database past the desk, and keeps its history from the beginning."""

    def __init__(self, url: str, clock: Clock, *, watch: bool = True):
        self._database, self._clock = Database(url), clock
        self._connection: Connection | None = None
        if watch:
            history.watch(self.connection)

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.connect()
        return self._connection

    def column(self, sql: str) -> list:
        """The first column of a query."""
        return [row[0] for row in self.connection.all(text(sql))]

    def one(self, sql: str):
        return self.column(sql)[0]

    def say(self, sql: str) -> None:
        self.connection.say(sql)

    def unfinished(self) -> int:
        """Rows that still wait for something to be done now."""
        return self.one(UNFINISHED.format(now=self._clock() + SOON))

    async def rest(self, seconds: float = REST) -> None:
        """Returns when nothing is left to be done."""
        await until(lambda: self.unfinished() == 0, seconds)

    def close(self) -> None:
        """Let go; the next look connects again (after the server was gone)."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def broken(self, *platforms: People) -> list[str]:
        """Every promise that was not kept, now that all has come to rest: nothing lost, nothing twice, nothing out of order.

        Without `platforms` nobody knows what was shown.
        """
        shown = sorted((one for people in platforms for one in people.shown), key=lambda one: one.at)
        with self.connection.transaction():
            faults = list(history.faults(self.connection, shown=shown if platforms else None, now=self._clock()))
        keys = [one.key for one in shown]
        faults += [f"{key} was shown {keys.count(key)} times" for key in {key for key in keys if keys.count(key) > 1}]
        known = set(self.column("SELECT key FROM inbox"))
        faults += [f"{key} was taken and lost" for people in platforms for key in people.taken if key not in known]
        return faults


async def until(true: Callable[[], object], seconds: float = REST) -> None:
    """Waits for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
