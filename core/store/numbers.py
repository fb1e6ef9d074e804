"""Numbers that the desk hands out itself: row ids in blocks, ticket numbers one by one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Sequence, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert  # SQLite understands the same ON CONFLICT

from core.store.database import Connection
from core.store.model import Counter
from core.store.rows import metadata

ID_BLOCK = 1_000
"""Row ids that a process takes at a time; those left at its end are never used."""

_counter = Counter.table
_take = (
    insert(_counter)
    .values(name=bindparam("name"), value=bindparam("first"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": _counter.c.value + bindparam("step")})
    .returning(_counter.c.value)
)


def take(connection: Connection, name: str, *, first: int = 1, step: int = 1) -> int:
    """The next number of a row of numbers (the first one ever is `first`); part of the running transaction."""
    row = connection.one(_take, name=name, first=first, step=step)
    assert row is not None
    return row[0]


ARRIVAL = Sequence("arrival", metadata=metadata)
ROW_BLOCK = Sequence("row_block", metadata=metadata)
"""On PostgreSQL: ids of inbox and outbox rows one by one, and those of all other rows in blocks of ID_BLOCK."""


def series(count: BindParameter[int]) -> Any:
    """A PostgreSQL table of so many rows."""
    return func.generate_series(literal_column("1"), count).alias()


_arrivals = select(ARRIVAL.next_value()).select_from(series(bindparam("count")))
_row_block = select(ROW_BLOCK.next_value())


class RowIds:
    """Ids for new rows, rising within a process; those of messages, in and out, rising over all processes.

    On SQLite, whatever is rolled back, a turn or a group, may have drawn the block: call `forget`, or it is drawn a second
    time. A PostgreSQL sequence gives nothing back.
    """

    def __init__(self) -> None:
        self._next = self._end = 0

    def next(self, connection: Connection) -> int:
        if self._next == self._end:
            self._next = _new_block(connection)
            self._end = self._next + ID_BLOCK
        self._next += 1
        return self._next - 1

    def arrivals(self, connection: Connection, count: int) -> list[int]:
        """As many ids, each higher than all that any process has drawn before."""
        if connection.kind == "sqlite":
            return [self.next(connection) for _ in range(count)]
        return [row[0] for row in connection.all(_arrivals, count=count)]

    def forget(self) -> None:
        self._next = self._end = 0


def rise_above(connection: Connection, highest: int) -> None:
    """From now on, ids are higher than this: for a database that was filled from elsewhere."""
    if connection.kind == "sqlite":
        connection.run(_at_least, name="row", first=highest + 1)
    else:
        connection.raw.execute(
            "SELECT setval('arrival', %s), setval('row_block', %s)", (highest + 1, highest // ID_BLOCK + 1)
        )


def _new_block(connection: Connection) -> int:
    if connection.kind == "sqlite":
        return take(connection, "row", first=1, step=ID_BLOCK)
    row = connection.one(_row_block)
    assert row is not None
    return row[0] * ID_BLOCK


_at_least = (
    insert(_counter)
    .values(name=bindparam("name"), value=bindparam("first"))
    .on_conflict_do_update(
        index_elements=["name"], set_={"value": bindparam("first")}, where=_counter.c.value < bindparam("first")
    )
)
