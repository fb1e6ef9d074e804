"""A pump on a real database, with turns as small as a test can make them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.emulated.carrier import CAN, Carrier
from core.house import House
from core.policies import Policies
from core.store.database import Connection, Database
from core.store.intake import Delivery
from core.store.model import Inbox, ShelfRow
from core.store.pump import Hears, Item, Pump
from core.store.turn import Cause, Turn
from core.wording import Wording
from core.words import SECOND, Cursor, Inbound, Micros, Room, Who

NOON: Micros = 1_772_596_800 * SECOND


class Watched(Database):
    """Counts transactions that were committed; on SQLite the disk can be made full."""

    def __init__(self, url: str):
        super().__init__(url)
        self.commits = 0
        self.full = False

    def connect(self, *, read_only: bool = False) -> Connection:
        connection = super().connect(read_only=read_only)
        said = connection.say

        def say(sql: str) -> None:
            said(sql)
            self.commits += sql == "COMMIT"

        connection.say = say  # type: ignore[method-assign]
        if self.full and not read_only:
            _fill(connection.raw)
        return connection


def _fill(raw: sqlite3.Connection) -> None:
    """No page more than there are, and none that is free."""
    raw.execute("PRAGMA max_page_count = 1")


@dataclass
class Stand:
    """A pump and what it answered. `hear` is what a message's turn does."""

    database: Watched
    pump: Pump
    clock: list[Micros]
    answers: list[Any] = field(default_factory=list)

    def submit(self, work: Callable[[Turn], Any] | Delivery, *, again: bool = False) -> None:
        """Hand something in; its answer goes to `answers`."""
        cause = None if isinstance(work, Delivery) else Cause(f"act:{len(self.answers)}")
        self.pump.submit(Item(work, cause, self.answers.append, again))

    def cycle(self) -> None:
        """One group, and its answers."""
        for done, result in self.pump.cycle().answers:
            done(result)

    def column(self, sql: str) -> list[Any]:
        """What one column of a query holds."""
        with self.database.reading() as connection:
            return [row[0] for row in connection.raw.execute(sql).fetchall()]


@contextmanager
def stand(url: str, hear: Callable[[Turn, Inbox], str] = lambda turn, row: "heard") -> Iterator[Stand]:
    database = Watched(url)
    clock = [NOON]
    house = House(Policies(), lambda: "0" * 32, Wording.load(), {"carried": CAN})
    pump = Pump(database, house, Hears(hear, lambda turn, row: None), lambda: clock[0], "stand")
    yield Stand(database, pump, clock)
    pump.close()
    database.close()


def message(number: int, *, room: str = "wang", text: str = "你好") -> Inbound:
    return Inbound(f"carried:{number}", NOON, Who(room), Room("carried", "desk", room), "text", text)


def delivery(*messages: Inbound, cursor: Cursor | None = None) -> Delivery:
    return Delivery(Carrier.__name__, messages, (), cursor)


def keep(name: str, value: str = "") -> Callable[[Turn], str]:
    """A turn that keeps a value under a name and answers with the name."""

    def act(turn: Turn) -> str:
        turn.add(ShelfRow(name=name, value=value))
        return name

    return act


class Hurt(RuntimeError):
    """What a test's turn fails with."""


def keep_and_fail(name: str) -> Callable[[Turn], None]:
    """A turn that has written already when it fails."""

    def act(turn: Turn) -> None:
        turn.add(ShelfRow(name=name, value=""))
        turn.flush()
        raise Hurt(name)

    return act
