"""Fills an empty database with a company's past, as fast as the machine can: indexes last, nothing awaited."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

import psycopg
from sqlalchemy.engine import make_url

from benchmarks.past import SHEETS, Past
from core.store.database import Database
from core.store.migrate import create
from core.store.numbers import rise_above
from core.store.rows import Row

CHUNK = 5_000
"""Tickets that are made and written together."""
AHEAD = 3
"""So many of these lots may wait to be written."""

T = TypeVar("T")


def fill(url: str, past: Past) -> None:
    """Make all tables in an empty database and write the past into them."""
    create(url)
    if url.startswith("sqlite:"):
        _fill_sqlite(url.removeprefix("sqlite:///"), past)
    else:
        _fill_postgres(url, past)
    database = Database(url)
    connection = database.connect()
    with connection.transaction():
        rise_above(connection, past.last_id)
    connection.close()
    database.close()


def _made(past: Past, make: Callable[[Past, range], T]) -> Iterator[T]:
    """The past, CHUNK tickets at a time; another process makes the next ones while these are written."""
    parts = [range(first, min(first + CHUNK, past.size)) for first in range(0, past.size, CHUNK)]
    if len(parts) == 1:
        yield make(past, parts[0])
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:
        ahead = deque(maker.submit(make, past, part) for part in parts[:AHEAD])
        for number in range(len(parts)):
            yield ahead.popleft().result()
            if number + AHEAD < len(parts):
                ahead.append(maker.submit(make, past, parts[number + AHEAD]))


def others(kind: type[Row]) -> dict[str, Any]:
    """The columns that the past does not give, with the model's defaults as the database takes them."""
    values = {}
    for name in kind.columns:
        if name not in SHEETS[kind]:
            values[name] = kind.written(name, kind.model_fields[name].get_default(call_default_factory=True))
    return values


# ---- SQLite


def _fill_sqlite(path: str, past: Past) -> None:
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "locking_mode=EXCLUSIVE"):
        database.execute(f"PRAGMA {pragma}")
    indexes = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        database.execute(f'DROP INDEX "{name}"')
    database.execute("BEGIN")
    statements = {kind: _insert(kind) for kind in SHEETS}
    for rows in _made(past, Past.rows):
        for kind, found in rows.items():
            database.executemany(statements[kind], found)
    database.execute("COMMIT")
    for _, sql in indexes:
        database.execute(sql)
    database.execute("PRAGMA locking_mode=NORMAL")
    database.execute("PRAGMA journal_mode=WAL")
    database.close()


def _insert(kind: type[Row]) -> str:
    fixed = others(kind)
    names = ", ".join(f'"{name}"' for name in (*SHEETS[kind], *fixed))
    values = ", ".join([*("?" * len(SHEETS[kind])), *(_literal(value) for value in fixed.values())])
    return f'INSERT INTO "{kind.table.name}" ({names}) VALUES ({values})'


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


# ---- PostgreSQL


def _fill_postgres(url: str, past: Past) -> None:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        with _without_indexes(connection):
            for kind in SHEETS:  # emptied in this transaction, so that COPY need not write a log
                connection.execute(f'TRUNCATE "{kind.table.name}"'.encode())
            for texts in _made(past, copy_texts):
                for words, text in texts:
                    with connection.cursor().copy(words.encode()) as copy:
                        copy.write(text)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def copy_texts(past: Past, places: range) -> list[tuple[str, str]]:
    """What to say to PostgreSQL, and the rows that follow, table by table."""
    texts = []
    for kind, found in past.rows(places).items():
        fixed = others(kind)
        names = ", ".join(f'"{name}"' for name in (*SHEETS[kind], *fixed))
        tail = "".join(f"\t{_field(value)}" for value in fixed.values()) + "\n"
        text = tail.join(["\t".join([_field(value) for value in values]) for values in found])
        texts.append((f'COPY "{kind.table.name}" ({names}) FROM STDIN', text + tail if found else ""))
    return texts


def _field(value: Any) -> str:
    """A value in COPY's text format; the past holds neither tabs nor backslashes."""
    if value.__class__ is str:
        return value
    if value is None:
        return "\\N"
    if value.__class__ is bytes:
        return "\\\\x" + value.hex()
    return str(value)


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Indexes and unique constraints are dropped, and made again at the end; primary keys stay."""
    unique = connection.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'u' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    plain = connection.execute(
        "SELECT quote_ident(indexname), indexdef FROM pg_indexes WHERE schemaname = 'public' AND "
        "indexname NOT IN (SELECT conname FROM pg_constraint)"
    ).fetchall()
    for table, name, _ in unique:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name, _ in plain:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    for table, name, definition in unique:
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".encode())
    for _, definition in plain:
        connection.execute(definition.encode())
