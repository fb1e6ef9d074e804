"""Dialogue scripts: what people write in a world, and when. The format is described in docs/scripts.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from core.words import SECOND, Micros

WORLD = "base.yaml"
"""The world that the scripts of a folder share."""
WITHIN_S = 15
"""Seconds that the desk has for what a turn expects."""
TURN_KEYS = frozenset(
    {
        "at",
        "from",
        "channel",
        "in",
        "type",
        "msg",
        "file",
        "msg_repeat",
        "thread",
        "parallel",
        "save",
        "clock",
        "within_s",
        "expect",
        "note",
    }
)


class ScriptError(Exception):
    """A script that cannot be played; the words say what is wrong and where."""


@dataclass(frozen=True)
class Step:
    """One turn of a script."""

    at: Micros
    within: Micros
    row: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.row.get({"sender": "from", "group": "in"}.get(name, name))


@dataclass(frozen=True)
class Script:
    """A script laid over its world."""

    id: str
    zone: ZoneInfo
    settings: dict[str, Any]
    people: dict[str, dict[str, Any]]
    groups: dict[str, dict[str, Any]]
    on_call: dict[str, Any]
    parts: dict[str, Any]
    prices: dict[str, Any]
    tickets: list[dict[str, Any]]
    steps: list[Step]
    day0: datetime
    folder: Path
    makes: int | list[int] | None = None
    never_ask_twice: tuple[str, ...] = ()

    def instant(self, text: Any) -> Micros:
        """ "HH:MM:SS[.mmm]" on day 0, "+2d HH:MM:SS", or ISO; local to the script's time zone."""
        return _instant(text, self.day0, self.zone)


def read_script(path: Path) -> Script:
    """Read a script and its world (base.yaml beside it). Raises ScriptError."""
    story = _yaml(path)
    base = path.with_name(WORLD)
    world = _yaml(base) if base.exists() else {}
    setup = story.get("setup") or {}
    zone = ZoneInfo(world.get("timezone", "Asia/Shanghai"))
    day0 = datetime.fromisoformat(str(world.get("day0", "2026-03-04")))
    steps, last = [], None
    for number, row in enumerate(story.get("turns") or []):
        unknown = set(row) - TURN_KEYS
        if unknown:
            raise ScriptError(f"{path.name}, turn {number}: unknown key {', '.join(sorted(unknown))}")
        at = _instant(row.get("at"), day0, zone)
        if last is not None and at < last:
            raise ScriptError(f"{path.name}, turn {number}: earlier than the turn before")
        last = at
        steps.append(Step(at, int(float(row.get("within_s", WITHIN_S)) * SECOND), row))
    if "id" not in story or not steps:
        raise ScriptError(f"{path.name}: a script has an id and turns")
    return Script(
        id=str(story["id"]),
        zone=zone,
        settings=world.get("settings") or {},
        people=_laid_over(world.get("people") or {}, setup.get("people") or {}),
        groups=world.get("groups") or {},
        on_call=world.get("on_call") or {},
        parts=world.get("parts") or {},
        prices=world.get("prices") or {},
        tickets=setup.get("tickets") or [],
        steps=steps,
        day0=day0,
        folder=path.parent,
        makes=story.get("makes"),
        never_ask_twice=tuple(story.get("never_ask_twice") or ()),
    )


def _laid_over(base: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    people = {key: dict(person) for key, person in base.items()}
    for key, person in extra.items():
        known = people.get(key, {})
        channels = {**(known.get("channels") or {}), **(person.get("channels") or {})}
        people[key] = {**known, **person, "channels": channels}
    return people


def _instant(text: Any, day0: datetime, zone: ZoneInfo) -> Micros:
    found = re.fullmatch(r"(?:([+-]\d+)d )?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?", str(text))
    try:
        if found:
            days, hours, minutes, seconds, part = found.groups()
            micros = int((part or "0").ljust(6, "0"))
            when = day0 + timedelta(
                days=int(days or 0),
                hours=int(hours),
                minutes=int(minutes),
                seconds=int(seconds or 0),
                microseconds=micros,
            )
        else:
            when = datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError as error:
        raise ScriptError(f"not a time: {text!r}") from error
    local = when.replace(tzinfo=zone)
    return int(local.replace(microsecond=0).timestamp()) * SECOND + when.microsecond


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScriptError(f"{path}: cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise ScriptError(f"{path}: not a script")
    return found
