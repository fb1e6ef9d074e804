"""Industry packs (行业包, S81): a folder of rules, words, training lines, forms and conversations. A mistake is named with its place,
never guessed away. docs/packs.md says how to write one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any

import yaml

from config.script import WORLD
from core.rules.rule import Rule, Then, When
from core.tickets.model import Priority

PACKS = Path(__file__).parent / "packs"
DEFAULT = "default"
DESCRIPTION = "pack.yaml"
"""The one file that a pack must have."""
KEYWORDS = "关键词必建单"
"""Name of the rule that a pack's `keywords` are."""


class PackError(Exception):
    """A pack that cannot be used; the words say what is wrong and where."""


@dataclass(frozen=True)
class Pack:
    """A pack that was read. Its folders need not exist."""

    name: str
    folder: Path
    title: Mapping[str, str]
    rules: tuple[Rule, ...]

    @property
    def lexicon(self) -> Path:
        """Words of the trade, laid over config/lexicon."""
        return self.folder / "lexicon"

    @property
    def nlu(self) -> Path:
        """Further training lines of customers; of staff in its folder `staff`."""
        return self.folder / "nlu"

    @property
    def forms(self) -> Path | None:
        """The pack's forms, if it has any."""
        path = self.folder / "forms.yaml"
        return path if path.is_file() else None

    @property
    def conversations(self) -> tuple[Path, ...]:
        """Its scripts, in order of name; not the world that they share."""
        return tuple(path for path in sorted(self.folder.glob("conversations/*.yaml")) if path.name != WORLD)


def packs_of(names: Sequence[str] = (DEFAULT,)) -> tuple[Pack, ...]:
    """The packs with these names, each once; a name with a slash or dot is a folder of one's own. Raises PackError."""
    return tuple(read_pack(folder_of(name)) for name in dict.fromkeys(names))


def shipped() -> tuple[Pack, ...]:
    """The packs that come with the desk, in order of name. Raises PackError."""
    return tuple(read_pack(path.parent) for path in sorted(PACKS.glob(f"*/{DESCRIPTION}")))


def folder_of(name: str) -> Path:
    """Where a pack lies."""
    return Path(name).expanduser().absolute() if set("/\\.") & set(name) else PACKS / name


def rules_of(names: Sequence[str] = (DEFAULT,)) -> tuple[Rule, ...]:
    """The rules of these packs, in the order in which they are tried. Raises PackError."""
    return tuple(rule for pack in packs_of(names) for rule in pack.rules)


def read_pack(folder: Path) -> Pack:
    """The pack in a folder. Raises PackError."""
    path = folder / DESCRIPTION
    if not path.is_file():
        raise PackError(f"{folder.name}: no such pack; there is no {path}")
    content = only(f"{folder.name}/{DESCRIPTION}", _yaml(path), {"title", "keywords", "rules"})
    title = only(f"{folder.name}/{DESCRIPTION}, title", content.get("title"), {"zh", "en"})
    if not title.get("zh") or not title.get("en"):
        raise PackError(f"{folder.name}/{DESCRIPTION}: a pack has a title in zh and en")
    return Pack(folder.name, folder, {lang: str(words) for lang, words in title.items()}, _rules(folder.name, content))


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a pack's description. Raises PackError."""
    content = _yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("rules"), list):
        raise PackError(f"{path.name}: a pack has a list of rules")
    return _rules(path.name, content)


def _rules(where: str, content: Mapping[str, Any]) -> tuple[Rule, ...]:
    keywords, rows = _listed(f"{where}, keywords", content.get("keywords")), content.get("rules") or []
    if not isinstance(rows, list):
        raise PackError(f"{where}: a pack has a list of rules")
    always = (Rule(KEYWORDS, When(words=keywords), Then(ticket=True)),) if keywords else ()
    return (*always, *(_rule(f"{where}, rule {number}", row) for number, row in enumerate(rows, 1)))


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PackError(f"{path.name}: cannot be read: {error}") from error


def _rule(where: str, row: Any) -> Rule:
    row = only(where, row, {"name", "when", "then"})
    name = str(row.get("name") or "")
    if not name:
        raise PackError(f"{where}: a rule has a name")
    where = f"{where} ({name})"
    when = only(where, row.get("when") or {}, {"channel", "priority", "words", "level", "since", "until"})
    then = only(where, row.get("then") or {}, {"team", "priority", "ticket"})
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


def only(where: str, row: Any, known: set[str]) -> Mapping[str, Any]:
    """A table that has none but these keys. Raises PackError."""
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
