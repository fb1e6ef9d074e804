"""Numbers that the desk hands out itself: row ids in blocks, ticket numbers one by one."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert  # SQLite understands the same ON CONFLICT

from core.store.database import Connection
from core.store.model import Counter

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


class RowIds:
    """Ids for new rows, rising within a process.

    Whatever is rolled back, a turn or a group, may have drawn the block: call `forget`, or it is drawn a second time.
    """

    def __init__(self) -> None:
        self._next = self._end = 0

    def next(self, connection: Connection) -> int:
        if self._next == self._end:
            self._next = take(connection, "row", first=1, step=ID_BLOCK)
            self._end = self._next + ID_BLOCK
        self._next += 1
        return self._next - 1

    def forget(self) -> None:
        self._next = self._end = 0
