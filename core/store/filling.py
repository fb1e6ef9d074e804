"""Filling an empty database with the rows of another one, whole or not at all, each row read back and compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.store import migrate
from core.store.database import Connection, Database
from core.store.dump import Shape, Source, Sum, lines, shapes, values
from core.store.numbers import rise_above
from core.store.recovering import free_all
from core.store.schema import REVISION
from core.words import SECOND, Micros

AT_A_TIME = 1_000
"""Rows that SQLite is given by one call."""

Tell = Callable[[str, int], None]


class NotEmpty(RuntimeError):
    """The target has rows: nothing is written over what somebody may need."""


class Differs(RuntimeError):
    """What the target gives back is not what was put in: nothing was kept."""


class WrongSchema(RuntimeError):
    """The rows are of a schema that this program does not know, or the target has tables of another one."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One table that was carried over: how many rows, and the SHA-256 over them, there as here."""

    table: str
    rows: int
    digest: str


def establish(
    target: Database, source: Source, now: Micros, *, over: bool = False, tell: Tell = lambda *_: None
) -> tuple[list[Carried], Path | None]:
    """`fill`, and on SQLite in a file of its own that takes its place when it is whole; where the former file now lies, if
    there was one with rows. The caller owns the target: no process works on it. Raises what `fill` raises."""
    if target.kind == "postgresql":
        return fill(target, source, now, over=over, tell=tell), None
    former = target.path.exists() and _has_rows(target)
    if former and not over:
        raise NotEmpty
    unfinished = target.path.with_name(f"{target.path.name}.new")
    _remove(unfinished)
    carried = fill(Database(f"sqlite:///{unfinished}"), source, now, tell=tell)
    aside = put_aside(target, "before", now) if former else None
    _remove(target.path)
    os.replace(unfinished, target.path)
    _sync(target.path.parent)
    return carried, aside


def put_aside(database: Database, why: str, now: Micros) -> Path:
    """Give a SQLite file that no process works on another name, with all that it holds; the new name."""
    connection = database.connect()
    connection.say("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path = database.path
    aside = path.with_name(f"{path.name}.{why}-{now // SECOND}")
    os.replace(path, aside)
    _sync(path.parent)
    return aside


def fill(
    target: Database, source: Source, now: Micros, *, over: bool = False, tell: Tell = lambda *_: None
) -> list[Carried]:
    """Give the target every row of the source, then the newest schema. One transaction: what is interrupted leaves no row.

    What the source's processes held is free afterwards. `over`: rows that are there are thrown away, in the same transaction.
    `tell` hears of each table when it is done. Raises NotEmpty, WrongSchema, Differs, and what the database raises.
    """
    tables = _make_tables(target.url, source)
    connection = target.connect()
    try:
        with connection.transaction():
            _make_room(connection, tables, over)
            carried = [_carry(connection, source, shape, tell) for shape in tables]
            if int(source.revision) == REVISION:
                rise_above(connection, source.floor)
        if int(source.revision) < REVISION:
            migrate.migrate(target.url)
            with connection.transaction():
                rise_above(connection, source.floor)
        free_all(connection, now)
    finally:
        connection.close()
    return carried


def occupied(connection: Connection, some: Iterable[Shape]) -> bool:
    """Whether there is any row."""
    asked = (f'SELECT 1 FROM "{shape.name}" LIMIT 1' for shape in some)
    return any(connection.raw.execute(sql).fetchone() for sql in asked)


def _has_rows(database: Database) -> bool:
    connection = database.connect(read_only=True)
    try:
        return occupied(connection, shapes(database.url))
    finally:
        connection.close()


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make a change of names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_tables(url: str, source: Source) -> tuple[Shape, ...]:
    """The target's tables, which are exactly the source's: no word of a source becomes SQL."""
    if int(source.revision) > REVISION:
        raise WrongSchema(source.revision)
    if migrate.state(url) == "empty":
        migrate.migrate(url, source.revision)
    tables = shapes(url)
    there = {shape.name: shape for shape in tables}
    wanted = {shape.name: shape for shape in source.shapes}
    if strange := [name for name in sorted({*there, *wanted}) if there.get(name) != wanted.get(name)]:
        raise WrongSchema(", ".join(strange))
    return tables


def _make_room(connection: Connection, tables: Sequence[Shape], over: bool) -> None:
    if not occupied(connection, tables):
        return
    if not over or connection.kind == "sqlite":
        raise NotEmpty
    connection.say("TRUNCATE " + ", ".join(f'"{shape.name}"' for shape in tables))


def _carry(connection: Connection, source: Source, shape: Shape, tell: Tell) -> Carried:
    given, found = Sum(), Sum()
    _insert(connection, shape, given.over(source.lines(shape)))
    for _ in found.over(lines(connection, shape)):
        pass
    if (given.rows, given.digest) != (found.rows, found.digest):
        raise Differs(shape.name)
    tell(shape.name, given.rows)
    return Carried(shape.name, given.rows, given.digest)


def _insert(connection: Connection, shape: Shape, given: Iterator[bytes]) -> None:
    rows = (values(shape, line) for line in given)
    if connection.kind == "sqlite":
        places = ", ".join("?" * len(shape.columns))
        statement = f'INSERT INTO "{shape.name}" ({shape.names}) VALUES ({places})'
        while some := list(islice(rows, AT_A_TIME)):
            connection.raw.executemany(statement, some)
        return
    truths = [place for place, (_, kind) in enumerate(shape.columns) if kind == "bool"]
    with connection.raw.cursor() as cursor, cursor.copy(f'COPY "{shape.name}" ({shape.names}) FROM STDIN') as copy:
        for row in rows:
            for place in truths:
                row[place] = None if row[place] is None else bool(row[place])
            copy.write_row(row)
