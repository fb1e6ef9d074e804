"""A database connection that runs SQLAlchemy Core statements at the cost of the bare driver.

A statement is compiled once for the dialect, then run on the driver's own cursor: 4 µs instead of 30 (an execute through
SQLAlchemy costs more than SQLite itself). Statements are built at module level, values come in by name.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.elements import ClauseElement as Executable

SQLITE_BUSY_MS = 5_000
"""How long a statement waits for another connection's lock."""
SQLITE_STATEMENTS = 512
"""Prepared statements that a SQLite connection keeps."""

Values = Mapping[str, Any]


class AlreadyRunning(RuntimeError):
    """Another process holds this SQLite file: one file, one desk."""


class TransactionLost(RuntimeError):
    """The database rolled the whole transaction back (disk full, I/O error): nothing of the group was kept."""


class Conflict(RuntimeError):
    """Another process changed the same rows at the same time: nothing of the transaction holds, and it may be tried again."""


CONFLICTS = frozenset({"40001", "40P01", "55P03", "23505"})
"""SQLSTATE of what only several processes at once bring about: serialisation, deadlock, a lock not to be had, a key
that somebody else has just taken."""


def is_conflict(error: BaseException) -> bool:
    """Whether another process stood in the way, so that trying again may help."""
    return isinstance(error, Conflict) or getattr(error, "sqlstate", None) in CONFLICTS


OUTAGES = ("08", "53", "57P", "58")
"""How an SQLSTATE begins that tells of the server's own state: connection, disk or memory full, shutting down, I/O error."""
SQLITE_OUTAGES = frozenset({5, 6, 7, 8, 10, 13, 14})
"""The same of SQLite: busy, locked, no memory, read-only, I/O error, full, cannot open."""


def is_outage(error: BaseException) -> bool:
    """Whether the database itself cannot go on for now: no turn's fault, and none may be set aside for it."""
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None) or ""
    return state.startswith(OUTAGES) or (code is not None and code & 0xFF in SQLITE_OUTAGES)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it: its text, the order of its values, and the values that it carries itself."""

    sql: str
    names: tuple[str, ...]
    defaults: Values


class Connection:
    """One connection: statements in, plain tuples out. Not shared between threads at the same time.

    `in_doubt`: a COMMIT was asked for and its answer never came.
    """

    def __init__(self, raw: Any, kind: Literal["sqlite", "postgresql"], dialect: Dialect):
        self.raw, self.kind = raw, kind
        self.in_doubt = False
        self._turned = False
        self._dialect = dialect
        self._prepared: WeakKeyDictionary[Any, Prepared] = WeakKeyDictionary()

    def all(self, statement: Executable, /, **values: Any) -> list[tuple[Any, ...]]:
        """Every row that the statement returns."""
        return self._run(statement, values).fetchall()

    def one(self, statement: Executable, /, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        return self._run(statement, values).fetchone()

    def run(self, statement: Executable, /, **values: Any) -> int:
        """Carry out a change; how many rows it touched."""
        return self._run(statement, values).rowcount

    def many(self, statement: Executable, rows: Sequence[Values]) -> None:
        """Carry out one change for each set of values; all sets have the same names."""
        prepared = self._prepare(statement)
        cursor = self.raw.cursor()
        if self.kind == "sqlite":
            cursor.executemany(prepared.sql, [[row[name] for name in prepared.names] for row in rows])
        else:
            cursor.executemany(prepared.sql, rows)

    def say(self, sql: str) -> None:
        """Run a plain word of SQL: BEGIN, SAVEPOINT turn, COMMIT."""
        self.raw.execute(sql)

    def begin_turn(self) -> None:
        """Set the point to which a turn can be taken back. One round trip ends the last turn and begins the next."""
        self.say("RELEASE SAVEPOINT turn; SAVEPOINT turn" if self._turned else "SAVEPOINT turn")
        self._turned = False

    def keep_turn(self) -> None:
        """The turn holds, if its transaction does."""
        if self.kind == "sqlite":
            self.say("RELEASE SAVEPOINT turn")
        else:
            self._turned = True

    def drop_turn(self) -> None:
        """Take the turn back."""
        self.say("ROLLBACK TO SAVEPOINT turn")
        self.say("RELEASE SAVEPOINT turn")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept together or not at all. Raises TransactionLost if the database gave it up."""
        self.say("BEGIN IMMEDIATE" if self.kind == "sqlite" else "BEGIN")
        self._turned = False
        try:
            yield
            self.must_be_in_transaction()
            self.in_doubt = True
            self.say("COMMIT")
            self.in_doubt = False
        except BaseException:
            if self.in_transaction:
                self.say("ROLLBACK")
            raise

    @property
    def in_transaction(self) -> bool:
        if self.kind == "sqlite":
            return self.raw.in_transaction
        return not self.raw.closed and self.raw.info.transaction_status != 0

    def must_be_in_transaction(self) -> None:
        """SQLite drops a whole transaction on some errors and would then commit nothing without a word."""
        if not self.in_transaction:
            raise TransactionLost("the database gave the transaction up")

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Statements inside whose results nobody awaits travel in one round trip where the driver can.

        Raises Conflict if a row that must be there as it was read has been changed by another process.
        """
        batch = Batch(self)
        if self.kind == "sqlite":
            yield batch
        else:
            with self.raw.pipeline():
                yield batch
        batch.check()

    def close(self) -> None:
        self.raw.close()

    def _run(self, statement: Executable, values: Values) -> Any:
        prepared = self._prepare(statement)
        if self.kind == "sqlite":
            given: Any = [values[n] if n in values else prepared.defaults[n] for n in prepared.names]
        else:
            given = {**prepared.defaults, **values}
        return self.raw.execute(prepared.sql, given)

    def _prepare(self, statement: Executable) -> Prepared:
        prepared = self._prepared.get(statement)
        if prepared is None:
            compiled: Any = statement.compile(dialect=self._dialect)
            names = tuple(compiled.positiontup) if compiled.positional else tuple(compiled.params)
            prepared = Prepared(str(compiled), names, compiled.params)
            self._prepared[statement] = prepared
        return prepared


class Batch:
    """Changes that are sent together, each of exactly one row."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._cursors: list[Any] = []

    def change(self, statement: Executable, /, **values: Any) -> None:
        """Carry out a change of one row."""
        self._cursors.append(self._connection._run(statement, values))

    def check(self) -> None:
        """Called when all have been sent. Raises Conflict."""
        if any(cursor.rowcount != 1 for cursor in self._cursors):
            raise Conflict("a row is no longer what it was")


class Database:
    """Where connections come from. `url` is sqlite:///PATH or postgresql://…"""

    def __init__(self, url: str):
        self.url = url
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if url.startswith("sqlite:") else "postgresql"
        self._lock_file: Any = None
        self._readers: list[Connection] = []
        self._guard = threading.Lock()

    @property
    def shared(self) -> bool:
        """Whether several processes work on it at the same time."""
        return self.kind == "postgresql"

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.removeprefix("sqlite:///"))

    def connect(self, *, read_only: bool = False) -> Connection:
        """A new connection; a read-only one refuses changes."""
        return _open_sqlite(self.path, read_only) if self.kind == "sqlite" else _open_postgres(self.url, read_only)

    def own(self) -> None:
        """Claim a SQLite file for this process until it ends. Raises AlreadyRunning."""
        if self.kind == "sqlite" and self._lock_file is None:
            lock_file = open(f"{self.path}.lock", "a")  # noqa: SIM115 - held for the life of the process
            try:
                fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock_file.close()
                raise AlreadyRunning(f"another desk already runs on {self.path}") from None
            self._lock_file = lock_file

    def disown(self) -> None:
        """Let another process have the file."""
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only connection and a consistent view, for pages and reports; any thread."""
        with self._guard:
            connection = self._readers.pop() if self._readers else None
        connection = connection or self.connect(read_only=True)
        try:
            connection.say("BEGIN")
            yield connection
            connection.say("COMMIT")
        except BaseException:
            connection.close()
            raise
        with self._guard:
            self._readers.append(connection)

    def close(self) -> None:
        with self._guard:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
        self.disown()


def _open_sqlite(path: Path, read_only: bool) -> Connection:
    raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=SQLITE_STATEMENTS)
    for pragma in (
        f"busy_timeout={SQLITE_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "temp_store=MEMORY",
        "query_only=1" if read_only else "query_only=0",
    ):
        raw.execute(f"PRAGMA {pragma}")
    return Connection(raw, "sqlite", sqlite.dialect(paramstyle="qmark"))


def _open_postgres(url: str, read_only: bool) -> Connection:
    import psycopg

    raw = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)
    if read_only:
        raw.execute("SET default_transaction_read_only = on")
    return Connection(raw, "postgresql", postgresql.dialect(paramstyle="pyformat"))
