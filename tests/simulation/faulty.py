"""The desk's database with a fuse in it: the process that uses it can be killed before and after every statement."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from core.store.database import Connection, Database
from core.words import Clock


class Killed(SystemExit):
    """kill -9. Not an Exception: nothing in the desk may catch it."""


class Fuse:
    """Counts the steps of a process, and kills it at the one for which it was made; `steps` None = never."""

    def __init__(self, steps: int | None, chance: Random, refusals: float):
        self.left, self._chance, self._refusals = steps, chance, refusals
        self.blown = False
        self.steps = 0

    def step(self) -> None:
        """One more step. Raises Killed if it was the last one, and ever after."""
        if self.blown:
            raise Killed
        self.steps += 1
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                self.blow()

    def blow(self) -> None:
        """Kill the process."""
        self.blown = True
        raise Killed

    def soothe(self) -> None:
        """From now on nothing goes wrong."""
        self.left, self._refusals = None, 0.0

    def refuses(self) -> bool:
        """Whether the database shall fail now."""
        return self._refusals > 0 and self._chance.random() < self._refusals


class Wire:
    """The driver's connection as the desk sees it."""

    def __init__(self, raw: sqlite3.Connection, fuse: Fuse):
        self._raw, self._fuse, self._open = raw, fuse, True

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        return self._say(sql, lambda: self._raw.execute(sql, values))

    def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
        return self._say(sql, lambda: self._raw.executemany(sql, rows))

    def cursor(self) -> Wire:
        return self

    @property
    def in_transaction(self) -> bool:
        return not self._fuse.blown and self._raw.in_transaction

    def close(self) -> None:
        if self._open and not self._fuse.blown:
            self._open = False
            self._raw.close()

    def cut(self) -> None:
        """The process is dead: whatever it had not committed has not happened."""
        if self._open:
            self._open = False
            self._raw.rollback()
            self._raw.close()

    def _say(self, sql: str, run: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        self._fuse.step()
        writes = self._raw.in_transaction or sql.startswith("BEGIN IMMEDIATE")
        fails = writes and self._fuse.refuses()
        if fails and sql != "COMMIT":
            self._raw.rollback()
            raise sqlite3.OperationalError("database or disk is full")
        done = run()
        self._fuse.step()
        if fails:
            raise sqlite3.OperationalError("disk I/O error: nobody knows whether that was kept")
        return done


class FaultyDatabase(Database):
    """A SQLite file whose connections belong to one process of the simulation, and may belong to several of them."""

    _statements: ClassVar[WeakKeyDictionary[Any, Any]] = WeakKeyDictionary()

    def __init__(self, url: str, fuse: Fuse, clock: Clock, holder: str, *, shared: bool):
        super().__init__(url)
        self._fuse, self._time, self._holder, self._is_shared = fuse, clock, holder, shared
        self._wires: list[Wire] = []

    @property
    def shared(self) -> bool:
        """Whether several processes work on it at the same time: as on PostgreSQL, their cycles alternate."""
        return self._is_shared

    def connect(self, *, read_only: bool = False) -> Connection:
        self._fuse.step()
        connection = super().connect(read_only=read_only)
        raw: sqlite3.Connection = connection.raw
        raw.execute("PRAGMA synchronous=OFF")
        raw.create_function("now_", 0, self._time)
        raw.create_function("process_", 0, lambda: self._holder)
        wire = Wire(raw, self._fuse)
        self._wires.append(wire)
        connection.raw, connection._prepared = wire, self._statements
        return connection

    def cut(self) -> None:
        """The process is dead, and its connections with it."""
        for wire in self._wires:
            wire.cut()
        self.disown()
