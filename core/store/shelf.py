"""The shelf: access tokens and pull cursors that all processes share, with one holder at a time where it matters."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import bindparam, select

from core.store.database import Database
from core.store.leases import release, seize
from core.store.model import ShelfRow
from core.store.turn import Turn
from core.words import SECOND, Clock

POLL = 0.1
"""Seconds between two looks at a lease that another process holds."""

_value = select(ShelfRow.table).where(ShelfRow.table.c.name == bindparam("name"))

Act = Callable[[Callable[[Turn], Any]], Awaitable[Any]]


class StoreShelf:
    """The shelf in the desk's own database. `act` carries out a turn, `holder` names this process."""

    def __init__(self, database: Database, act: Act, clock: Clock, holder: str):
        self._database, self._act, self._clock, self._holder = database, act, clock, holder
        self._here: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, name: str) -> str | None:
        with self._database.reading() as connection:
            found = connection.one(_value, name=name)
        row = ShelfRow.from_db(found) if found else None
        return row.value if row and (row.until is None or row.until > self._clock()) else None

    async def put(self, name: str, value: str, seconds: float | None = None) -> None:
        until = None if seconds is None else self._clock() + int(seconds * SECOND)

        def write(turn: Turn) -> None:
            row = turn.get(ShelfRow, name) or turn.add(ShelfRow(name=name, value=value))
            row.value, row.until = value, until

        await self._act(write)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """One holder among all tasks of all processes; a dead process's hold runs out.

        A SQLite file has one process only: there, nothing needs to be written down.
        """
        async with self._here[name]:
            if self._database.kind == "sqlite":
                yield
                return
            while not await self._act(lambda turn: seize(turn, name, self._holder)):  # noqa: ASYNC110 - another process holds it
                await asyncio.sleep(POLL)
            try:
                yield
            finally:
                await self._act(lambda turn: release(turn, name, self._holder))
