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


NAMES = ("P0 of A customers", "P0", "A customers", "all others", "finished last")
"""What the queries of the board look for, in the order in which it makes them."""
_COLUMNS = (
    "number, status, held_from, priority, device, fault_symptom, error_code, created_at, updated_at, assigned_at, arrived_at, "
    "done_at, closed_at, first_response_at, attachments, reopened, "
    "(SELECT name FROM person WHERE person.id = ticket.engineer_id)"
)
_OPEN = "status not in ('done', 'closed', 'cancelled')"
_FAVOURED = (
    "EXISTS (SELECT 1 FROM person WHERE person.entity = 'main' AND person.id = ticket.customer_id AND level = 'A')"
)
_LANE = f"SELECT {_COLUMNS} FROM ticket WHERE entity = 'main' AND {_OPEN} AND"
_ORDER = "ORDER BY priority, id LIMIT"
BY_HAND = (
    f"{_LANE} priority = 'P0' AND {_FAVOURED} {_ORDER}",
    f"{_LANE} priority = 'P0' AND NOT {_FAVOURED} {_ORDER}",
    f"{_LANE} priority > 'P0' AND {_FAVOURED} {_ORDER}",
    f"{_LANE} priority > 'P0' AND NOT {_FAVOURED} {_ORDER}",
    f"SELECT {_COLUMNS} FROM ticket WHERE entity = 'main' AND status in ('done', 'closed', 'cancelled') "
    "ORDER BY id DESC LIMIT",
)
"""The same as plain SQL: only the columns that the page shows, the constants in the text, the bare driver, tuples."""


class Watched(Connection):
    """Notes how long each statement took, and how many rows it found."""

    took: list[float]
    found: list[int]

    def all(self, statement: ClauseElement, /, **values: Any) -> list[tuple[Any, ...]]:
        started = time.perf_counter()
        found = super().all(statement, **values)
        self.took.append(time.perf_counter() - started)
        self.found.append(len(found))
        return found


def board(table: Table, name: str, desk: SilentDesk) -> None:
    """What a look at the board costs, query by query, and the same queries by hand."""
    level, now = desk.desk.house.policies.service_level, desk.clock()
    with _watched(desk) as connection:
        looks = []
        for _ in range(LOOKS):
            connection.took, connection.found = [], []
            started = time.perf_counter()
            standings(connection, ENTITY, level, now)
            looks.append((time.perf_counter() - started, connection.took))
        found = connection.found
        assert len(found) == len(BY_HAND)
        for number, sql in enumerate(BY_HAND):
            took = median(queries[number] for _, queries in looks) * 1e3
            limited = f"{sql} {max(found[number], 1)}"
            by_hand = timed(lambda sql=limited: connection.raw.execute(sql).fetchall()) * 1e3
            table.add(f"{name}: board, {NAMES[number]} ({found[number]} rows)", took, "ms", TARGET)
            table.add(f"{name}: … by hand in plain SQL, {NAMES[number]}", by_hand, "ms")
    table.add(f"{name}: board, all of it as values", median(took for took, _ in looks) * 1e3, "ms", TARGET)


@contextmanager
def _watched(desk: SilentDesk) -> Iterator[Watched]:
    with desk.desk.database.reading() as connection:
        kind = connection.__class__
        connection.__class__ = Watched
        assert isinstance(connection, Watched)
        connection.took, connection.found = [], []
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
