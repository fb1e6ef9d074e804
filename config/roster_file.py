"""rosters.yaml: rosters as people write them (值班表). Every mistake is named with its place, never guessed away."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import yaml

from config.settings import WEEKDAYS
from core.people.model import EVERY_DAY, Role
from core.rosters.asking import LONGEST_SHIFT
from core.words import HOUR

T = TypeVar("T")

NOBODY = ("-", "空", "待定")
"""A turn that nobody has."""
MOST_HOURS = LONGEST_SHIFT // HOUR
"""Of one turn."""
_UNITS = {
    "hour": 1,
    "hours": 1,
    "h": 1,
    "小时": 1,
    "day": 24,
    "days": 24,
    "d": 24,
    "天": 24,
    "week": 168,
    "weeks": 168,
    "周": 168,
}
_TURNS = {"daily": 24, "每天": 24, "weekly": 168, "每周": 168}
_ROSTER = ("name", "role", "team", "zone", "fallback", "layers", "shifts")
_LAYER = ("people", "turns", "handover", "from", "days", "hours")
_SHIFT = ("who", "for", "from", "until")
_WEEKDAYS_ZH = dict(zip("一二三四五六日", range(7), strict=True)) | {"天": 6}


class RosterFileError(Exception):
    """A file that cannot be used: one line for each mistake, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class LayerSheet:
    """A rotation; people by name, nobody as an empty crew."""

    crews: tuple[tuple[str, ...], ...]
    every: timedelta
    handover: time
    start: date
    weekdays: int
    since: time
    until: time


@dataclass(frozen=True, slots=True)
class SingleSheet:
    """A shift or a leave that stands beside the rotations; local times."""

    who: str | None
    instead: str | None
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """One roster of the file. `where` names it in messages."""

    where: str
    name: str
    role: Role | None
    team: str | None
    zone: str | None
    fallback: str | None
    layers: tuple[LayerSheet, ...]
    singles: tuple[SingleSheet, ...]


def read_rosters(path: Path) -> list[Sheet]:
    """The rosters of a file. Raises RosterFileError with all that is wrong in it."""
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RosterFileError(f"{path.name}: 读不了 · cannot be read: {error}") from error
    rows = content.get("rosters") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise RosterFileError(f"{path.name}: 要有一项 rosters 列表 · a list named rosters is missing")
    reading = _Reading()
    sheets = [reading.roster(f"rosters[{number}]", row) for number, row in enumerate(rows, 1)]
    names = [sheet.name for sheet in sheets if sheet is not None]
    for name in sorted({name for name in names if names.count(name) > 1}):
        reading.wrong(name, "有两张同名的值班表 · two rosters have this name")
    if reading.mistakes:
        raise RosterFileError("\n".join(reading.mistakes))
    return [sheet for sheet in sheets if sheet is not None]


@dataclass
class _Reading:
    """Reads rows and gathers what is wrong with them."""

    mistakes: list[str] = field(default_factory=list)

    def wrong(self, where: str, says: str) -> None:
        self.mistakes.append(f"{where}: {says}")

    def roster(self, where: str, row: Any) -> Sheet | None:
        if not self._known(where, row, _ROSTER):
            return None
        where = f"{where} {row.get('name', '')}".strip()
        if not row.get("name"):
            self.wrong(where, "缺 name（表名） · name is missing")
        role = self._value(where, row, "role", _role)
        if role is None and not row.get("team") and not row.get("role"):
            self.wrong(where, "要有 role（角色）或 team（班组） · a role or a team is missing")
        layers = self._list(where, row, "layers")
        if not layers:
            self.wrong(where, "缺 layers（轮换） · layers are missing")
        return Sheet(
            where,
            str(row.get("name")),
            role,
            row.get("team") or None,
            self._value(where, row, "zone", _zone),
            row.get("fallback") or None,
            tuple(one for n, part in enumerate(layers, 1) if (one := self._layer(f"{where}, layers[{n}]", part))),
            tuple(
                one
                for n, part in enumerate(self._list(where, row, "shifts"), 1)
                if (one := self._single(f"{where}, shifts[{n}]", part))
            ),
        )

    def _layer(self, where: str, row: Any) -> LayerSheet | None:
        if not self._known(where, row, _LAYER):
            return None
        crews = tuple(
            tuple(name for name in (crew if isinstance(crew, list) else [crew]) if name not in NOBODY)
            for crew in self._list(where, row, "people")
        )
        every = self._value(where, row, "turns", _turns, "daily")
        handover = self._value(where, row, "handover", _clock)
        start = self._value(where, row, "from", date.fromisoformat)
        weekdays = self._value(where, row, "days", _weekdays)
        hours = self._value(where, row, "hours", _hours)
        for name, value in (("handover", handover), ("from", start)):
            if value is None and name not in row:
                self.wrong(where, f"缺 {name} · {name} is missing")
        if every is None or handover is None or start is None:
            return None
        since, until = hours or (time(), time())
        return LayerSheet(crews, every, handover, start, weekdays or EVERY_DAY, since, until)

    def _single(self, where: str, row: Any) -> SingleSheet | None:
        if not self._known(where, row, _SHIFT):
            return None
        begins = self._value(where, row, "from", _moment)
        ends = self._value(where, row, "until", _moment)
        if not row.get("who") and not row.get("for"):
            self.wrong(where, "要有 who（谁值）或 for（谁不值） · who or for is missing")
        if begins is None or ends is None:
            if "from" not in row or "until" not in row:
                self.wrong(where, "缺 from 或 until · from or until is missing")
            return None
        if ends <= begins:
            self.wrong(where, "until 要晚于 from · until must be later than from")
        return SingleSheet(row.get("who") or None, row.get("for") or None, begins, ends)

    def _known(self, where: str, row: Any, names: tuple[str, ...]) -> bool:
        if not isinstance(row, dict):
            self.wrong(where, f"要写成 {', '.join(names)} 这些项 · expected {', '.join(names)}")
            return False
        for unknown in sorted(set(row) - set(names)):
            self.wrong(where, f"没有 {unknown} 这一项 · unknown: {unknown}; known: {', '.join(names)}")
        return True

    def _list(self, where: str, row: Mapping[str, Any], name: str) -> list[Any]:
        value = row.get(name) or []
        if isinstance(value, list):
            return value
        self.wrong(where, f"{name} 要写成列表 · {name} must be a list")
        return []

    def _value(
        self, where: str, row: Mapping[str, Any], name: str, read: Callable[[str], T], default: str | None = None
    ) -> T | None:
        value = row.get(name) or default
        if value is None:
            return None
        try:
            return read(",".join(value) if isinstance(value, list) else value)
        except (ValueError, KeyError, TypeError, OSError):
            self.wrong(where, f"{name} 看不懂：{value} · {name} cannot be read: {value}")
            return None


def _role(text: str) -> Role:
    role = Role(text)
    if role == Role.CUSTOMER:
        raise ValueError
    return role


def _zone(text: str) -> str:
    return ZoneInfo(text).key


def _turns(text: str) -> timedelta:
    """daily, weekly, 12 hours, 3 days, 每天, 12小时."""
    hours = _TURNS.get(text.strip())
    if hours is None:
        found = re.fullmatch(r"(?:every |每)?(\d{1,4}) ?([a-z一-鿿]+)", text.strip())
        hours = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 1 <= hours <= MOST_HOURS:
        raise ValueError
    return timedelta(hours=hours)


def _clock(text: str) -> time:
    return time.fromisoformat(text.strip().zfill(5))


def _hours(text: str) -> tuple[time, time]:
    since, until = re.split(r"\s*[-–~至]\s*", text.strip())
    return _clock(since), _clock(until)


def _weekdays(text: str) -> int:
    """mon, sat 周六 as bits."""
    bits = 0
    for part in re.split(r"[,，、\s]+", text.strip()):
        name = part.removeprefix("周").removeprefix("星期")
        bits |= 1 << (_WEEKDAYS_ZH[name] if name in _WEEKDAYS_ZH else WEEKDAYS.index(part.casefold()))
    return bits


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.strip())
    if found.tzinfo is not None:
        raise ValueError
    return found
