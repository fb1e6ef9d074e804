"""A desk with a past, and the commands that carry it elsewhere, as an operator gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.cli import main
from core.store.database import Database
from core.store.dump import Live, Sum
from core.store.streaming import snapshot
from tests.scenario import Story, story

MOVED_ON = frozenset({"outbox", "job", "counter"})
"""Tables in which a restored desk may differ: what was under way is free again, and SQLite counts ids in a row of its own."""


class Operator:
    """Somebody at a terminal on a machine of his own."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch):
        self.data = home / "var"
        self._home, self._patch = home, patch

    def says(self, url: str, *words: str) -> int:
        """A command, with settings that name a database; its exit status."""
        self._home.mkdir(exist_ok=True)
        self._patch.chdir(self._home)
        self._patch.setenv("LANG", "en_US.UTF-8")
        self._patch.setenv("HUIYING_DATA_DIR", str(self.data))
        self._patch.setenv("HUIYING_DATABASE_URL", url.replace("postgresql+psycopg:", "postgresql:"))
        return main(list(words))


@contextmanager
def with_a_past(url: str) -> Iterator[Story]:
    """A desk on which a ticket was opened, accepted and told about; it stays open inside."""
    with story(url) as desk:
        wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
        wang.says("空压机漏油")
        number = wang.hears("ack_created").ticket
        liu.says(f"接单 {number}")
        yield desk


def sums(url: str) -> dict[str, tuple[int, str]]:
    """Rows and SHA-256 of every table."""
    found = {}
    with snapshot(Database(url)) as connection:
        live = Live(connection, url)
        for shape in live.shapes:
            total = Sum()
            for _ in total.over(live.lines(shape)):
                pass
            found[shape.name] = (total.rows, total.digest)
    return found


def same(one: dict[str, tuple[int, str]], other: dict[str, tuple[int, str]]) -> None:
    """Both have the same rows; where a desk may have moved on, as many."""
    assert {name: value for name, value in one.items() if name not in MOVED_ON} == {
        name: value for name, value in other.items() if name not in MOVED_ON
    }
    for name in MOVED_ON - {"counter"}:
        assert one[name][0] == other[name][0]
