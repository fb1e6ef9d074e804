"""Industry packs (行业包): rules as YAML, read into the core's values. A mistake is named with its place, never guessed away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

import yaml

from core.rules.rule import Rule, Then, When
from core.tickets.model import Priority

PACKS = Path(__file__).parent / "packs"
DEFAULT = "default"


class PackError(Exception):
    """A pack that cannot be used; the words say what is wrong and where."""


def rules_of(name: str = DEFAULT) -> tuple[Rule, ...]:
    """The rules of the pack with this name, in the order in which they are tried. Raises PackError."""
    return read_rules(PACKS / f"{name}.yaml")


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a pack. Raises PackError."""
    try:
        pack = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PackError(f"{path.name}: cannot be read: {error}") from error
    if not isinstance(pack, dict) or not isinstance(pack.get("rules"), list):
        raise PackError(f"{path.name}: a pack has a list of rules")
    return tuple(_rule(f"{path.name}, rule {number}", row) for number, row in enumerate(pack["rules"], 1))


def _rule(where: str, row: Any) -> Rule:
    row = _only(where, row, {"name", "when", "then"})
    name = str(row.get("name") or "")
    if not name:
        raise PackError(f"{where}: a rule has a name")
    where = f"{where} ({name})"
    when = _only(where, row.get("when") or {}, {"channel", "priority", "words", "level", "since", "until"})
    then = _only(where, row.get("then") or {}, {"team", "priority", "ticket"})
    if not then:
        raise PackError(f"{where}: a rule asks for something: team, priority or ticket")
    if then.get("ticket") and set(when) != {"words"}:
        raise PackError(f"{where}: what always makes a ticket are words, and nothing besides")
    return Rule(
        name,
        When(
            channels=frozenset(_listed(where, when.get("channel"))),
            priorities=frozenset(_priority(where, value) for value in _listed(where, when.get("priority"))),
            words=_listed(where, when.get("words")),
            levels=frozenset(_listed(where, when.get("level"))),
            since=_clock(where, when.get("since")),
            until=_clock(where, when.get("until")),
        ),
        Then(
            team=str(then["team"]) if then.get("team") else None,
            priority=_priority(where, then["priority"]) if then.get("priority") else None,
            ticket=_yes(where, then.get("ticket", False)),
        ),
    )


def _only(where: str, row: Any, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise PackError(f"{where}: expected {', '.join(sorted(known))}")
    if unknown := sorted(str(key) for key in set(row) - known):
        raise PackError(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return row


def _listed(where: str, value: Any) -> tuple[str, ...]:
    parts = [] if value is None else value if isinstance(value, list) else [value]
    if strange := [part for part in parts if not isinstance(part, str) or not part.strip()]:
        raise PackError(f"{where}: not a word: {strange[0]}")
    return tuple(parts)


def _priority(where: str, value: Any) -> Priority:
    try:
        return Priority(str(value))
    except ValueError as error:
        raise PackError(f"{where}: no priority {value}; there are P0, P1 and P2") from error


def _clock(where: str, value: Any) -> time | None:
    if value is None:
        return None
    try:
        if not isinstance(value, str):
            raise ValueError
        return time.fromisoformat(value)
    except ValueError as error:
        raise PackError(f'{where}: not a time of day: {value}; write it in quotes, "18:00"') from error


def _yes(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PackError(f"{where}: ticket is true or false, not {value}")
    return value
