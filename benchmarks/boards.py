"""The status board: each query that its page makes, beside the best that can be written by hand on the same tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from sqlalchemy.sql.elements import ClauseElement

from benchmarks.figures import Table
from benchmarks.past import ENTITY
from benchmarks.silent import SilentDesk
from core.store.database import Connection
from core.tickets.board import standings

LOOKS = 15
"""How often the board is looked at."""
TARGET = "≤ 20"


class Watched(Connection):
    """Notes how long each statement took."""

    took: list[float]

    def all(self, statement: ClauseElement, /, **values: Any) -> list[tuple[Any, ...]]:
        started = time.perf_counter()
        found = super().all(statement, **values)
        self.took.append(time.perf_counter() - started)
        return found


def board(table: Table, name: str, desk: SilentDesk) -> None:
    """What a look at the board costs, query by query."""
    level, now = desk.desk.house.policies.service_level, desk.clock()
    with _watched(desk) as connection:
        looks = []
        for _ in range(LOOKS):
            connection.took = []
            started, cpu = time.perf_counter(), time.process_time()
            standings(connection, ENTITY, level, now)
            looks.append((time.perf_counter() - started, time.process_time() - cpu, connection.took))
    for number in range(len(looks[0][2])):
        took = median(queries[number] for _, _, queries in looks) * 1e3
        table.add(f"{name}: board, query {number + 1} of {len(looks[0][2])}", took, "ms", TARGET)
    table.add(f"{name}: board, all of it as values", median(took for took, _, _ in looks) * 1e3, "ms", TARGET)


@contextmanager
def _watched(desk: SilentDesk) -> Iterator[Watched]:
    with desk.desk.database.reading() as connection:
        kind = connection.__class__
        connection.__class__ = Watched
        assert isinstance(connection, Watched)
        connection.took = []
        try:
            yield connection
        finally:
            connection.__class__ = kind  # type: ignore[assignment]


def timed(look: Callable[[], Any], times: int = LOOKS) -> float:
    """Median seconds."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        look()
        took.append(time.perf_counter() - started)
    return median(took)
