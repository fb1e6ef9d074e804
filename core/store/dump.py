"""Every row of a database in a form that belongs to neither SQLite nor PostgreSQL: what backups hold, and what a move carries.

A row is one line of JSON: its values in the order of the table's columns, bytes as {"b": base64}. Lines come in the
order of the primary key, so that the SHA-256 over a table's lines is the same wherever the table lies.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from sqlalchemy import Boolean, Integer, LargeBinary, MetaData, Text, create_engine
from sqlalchemy import Table as Described

from core.store.database import Connection
from core.store.numbers import ID_BLOCK, ROW_BLOCK
from core.store.streaming import each

LEFT_OUT = frozenset({"alembic_version", "process", "lease"})
"""Tables that say where the schema stands and which processes live: true of the place, not of the desk."""
KINDS = ((Boolean, "bool"), (Integer, "int"), (LargeBinary, "bytes"), (Text, "text"))
"""What a column may hold."""


class NotDumped(RuntimeError):
    """A table that cannot be carried: it has a column of a kind that the desk does not use."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns with what each holds (int, bool, text, bytes), and which of them is its key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: str

    @property
    def names(self) -> str:
        """The columns, as SQL lists them."""
        return ", ".join(f'"{name}"' for name, _ in self.columns)


class Source(Protocol):
    """Where rows come from: a database, or an archive. `revision` is the schema's, `floor` at least the highest id ever drawn."""

    revision: str
    floor: int
    shapes: tuple[Shape, ...]

    def lines(self, shape: Shape) -> Iterator[bytes]:
        """A table's rows."""
        ...


class Live:
    """A database, as one snapshot of it shows."""

    def __init__(self, connection: Connection, url: str):
        found = connection.raw.execute("SELECT version_num FROM alembic_version").fetchone()
        self.revision: str = found[0]
        self.shapes = shapes(url)
        self.floor = _highest(connection, self.shapes)
        self._connection = connection

    def lines(self, shape: Shape) -> Iterator[bytes]:
        return lines(self._connection, shape)


def shapes(url: str) -> tuple[Shape, ...]:
    """The tables of a database, by name. Raises NotDumped."""
    engine = create_engine(url)
    described = MetaData()
    try:
        described.reflect(engine)
    finally:
        engine.dispose()
    tables = sorted(described.tables.items())
    return tuple(_shape(table) for name, table in tables if name not in LEFT_OUT)


def lines(connection: Connection, shape: Shape) -> Iterator[bytes]:
    """A table's rows as the database has them now; inside a transaction."""
    kinds = dict(shape.columns)
    order = f'"{shape.key}"' + (' COLLATE "C"' if kinds[shape.key] == "text" and connection.kind != "sqlite" else "")
    truths = [place for place, (_, kind) in enumerate(shape.columns) if kind == "bool"]
    if connection.kind == "sqlite":
        truths = []
    for values in each(connection, f'SELECT {shape.names} FROM "{shape.name}" ORDER BY {order}'):
        if truths:
            row = list(values)
            for place in truths:
                row[place] = None if row[place] is None else int(row[place])
            values = tuple(row)
        yield orjson.dumps(values, default=_bytes)


def values(shape: Shape, line: bytes) -> list[Any]:
    """The row of a line, with truths as numbers. Raises ValueError if it does not fit the table."""
    row = orjson.loads(line)
    if not isinstance(row, list) or len(row) != len(shape.columns):
        raise ValueError(f"a row of {shape.name} has not its columns")
    for place, (_, kind) in enumerate(shape.columns):
        if kind == "bytes" and row[place] is not None:
            row[place] = base64.b64decode(row[place]["b"], validate=True)
    return row


@dataclass
class Sum:
    """The SHA-256 over the lines that pass, each with its line end, and how many they are."""

    rows: int = 0

    def __post_init__(self) -> None:
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def over(self, some: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines, counted and summed up as they pass."""
        for line in some:
            self._hash.update(line + b"\n")
            self.rows += 1
            yield line


def _shape(table: Described) -> Shape:
    columns = []
    for column in table.columns:
        kind = next((kind for type_, kind in KINDS if isinstance(column.type, type_)), None)
        if kind is None:
            raise NotDumped(f"{table.name}.{column.name}: {column.type}")
        columns.append((str(column.name), kind))
    return Shape(str(table.name), tuple(columns), str(next(iter(table.primary_key)).name))


def _bytes(value: Any) -> dict[str, str]:
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    raise TypeError(type(value).__name__)


def _highest(connection: Connection, some: Iterable[Shape]) -> int:
    """The highest id in use or handed out."""
    asked = [f'SELECT max("{shape.key}") FROM "{shape.name}"' for shape in some if ("id", "int") in shape.columns]
    asked.append("SELECT max(value) FROM counter WHERE name = 'row'")
    if connection.kind == "postgresql":
        asked.append(_DRAWN)
    return max((row[0] or 0 for sql in asked if (row := connection.raw.execute(sql).fetchone())), default=0)


_DRAWN = (
    f"SELECT max(CASE sequencename WHEN '{ROW_BLOCK.name}' THEN (last_value + 1) * {ID_BLOCK} ELSE last_value END) "
    "FROM pg_sequences WHERE schemaname = current_schema()"
)
