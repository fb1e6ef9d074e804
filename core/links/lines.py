"""What a table is to the core: lines of cells, whoever read them; and what was found wrong with a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell whose value cannot be had; `why` is the key of the reason."""

    why: str


Cell = str | int | float | bool | datetime | date | time | timedelta | Broken | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table, with its number as people see it there."""

    sheet: str
    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a line, or with `partly` only a part of it, is not taken. `key` names the reason, `facts` fill its words."""

    key: str
    facts: dict[str, Any] = field(default_factory=dict)
    partly: bool = False


class LineRefused(Exception):
    """A line that is not taken at all."""

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(f"{key} {facts}" if facts else key)
        self.finding = Finding(key, facts)


class TableRefused(Exception):
    """A whole file that cannot be read. `key` names the reason, `facts` fill its words."""

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(f"{key} {facts}" if facts else key)
        self.key, self.facts = key, facts
