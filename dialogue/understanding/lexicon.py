"""Words of the trade, as data: devices, symptoms, places, moods, constraints, command words (S81)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class BadLexicon(ValueError):
    """A lexicon that cannot be used; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lexicon files of some folders laid over one another: lists are joined, tables merged key by key."""

    entries: dict[str, Any]

    @classmethod
    def load(cls, *folders: Path) -> Lexicon:
        """Read every `*.yaml` of each folder, in order of name: the desk's own, then those of packs (S81). Raises BadLexicon."""
        entries: dict[str, Any] = {}
        for path in (path for folder in folders for path in sorted(folder.glob("*.yaml"))):
            try:
                content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            except yaml.YAMLError as error:
                raise BadLexicon(f"{path.name}: {error}") from error
            if not isinstance(content, dict):
                raise BadLexicon(f"{path.name}: a lexicon is a table of lists")
            _lay_over(entries, content, path.name)
        return cls(entries)

    def words(self, name: str) -> tuple[str, ...]:
        """A list of words or phrases; empty if no file has it. A string of words parted by blanks (`_` is a blank) is a list, a table of lists its groups."""
        return _listed(self.entries.get(name, ()))

    def table(self, name: str) -> dict[str, tuple[str, ...]]:
        """A table of lists."""
        return {key: _listed(value) for key, value in self.entries.get(name, {}).items()}

    def usual(self, name: str) -> dict[str, str]:
        """A table of synonyms by the words that people say: other name → the usual one. The usual name is one of its own."""
        table = self.table(name)
        return {word: usual for usual, others in table.items() for word in (usual, *others)}


def _lay_over(below: dict[str, Any], above: dict[str, Any], where: str) -> None:
    for key, value in above.items():
        if key not in below:
            below[key] = value
        elif isinstance(value, dict) and isinstance(below[key], dict):
            _lay_over(below[key], value, where)
        elif (isinstance(value, dict) and _is_keyed(value)) or (isinstance(below[key], dict) and _is_keyed(below[key])):
            raise BadLexicon(f"{where}: {key!r} is a list in one file and a table in another")
        else:
            below[key] = [*_listed(below[key]), *_listed(value)]


def _is_keyed(table: dict[str, Any]) -> bool:
    """A table of tables; a table of lists is a list in groups."""
    return any(isinstance(value, dict) for value in table.values())


def _listed(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(word for group in value.values() for word in _listed(group))
    return (
        tuple(word.replace("_", " ") for word in value.split())
        if isinstance(value, str)
        else tuple(str(item) for item in value)
    )
