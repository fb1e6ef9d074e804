"""Reading much: rows one after another in bounded memory, and one view of the whole database while others write on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.store.database import Connection, Database

AT_A_TIME = 2_000
"""Rows that PostgreSQL hands over at once."""


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """A read-only connection that sees the whole database as it was at one instant, however long the reading takes.

    What SQLite has to sort lies in a file, not in memory.
    """
    connection = database.connect(read_only=True)
    if connection.kind == "sqlite":
        connection.say("PRAGMA temp_store=FILE")
    try:
        connection.say("BEGIN" if connection.kind == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection
        connection.say("COMMIT")
    finally:
        connection.close()


def each(connection: Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, one by one; inside a transaction."""
    if connection.kind == "sqlite":
        yield from connection.raw.execute(sql)
        return
    with connection.raw.cursor(name="each") as cursor:
        cursor.itersize = AT_A_TIME
        yield from cursor.execute(sql)
