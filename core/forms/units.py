"""Units in which people tell numbers, and what they are in the unit of a field; the words stand in units.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml


def times(said: str, unit: str) -> float | None:
    """What a number in the unit that was `said` is to be multiplied by; None if it measures something else."""
    for names in _table().values():
        wanted = next((factor for name, factor in names.items() if name == unit.casefold()), None)
        if wanted is not None and said in names:
            return names[said] / wanted
    return 1.0 if said == unit.casefold() else None


def unit_at(text: str, start: int, unit: str | None) -> str:
    """The longest unit that stands in the text (lower case) right there; empty if none does."""
    known = _names() if unit is None else _names() | {unit.casefold()}
    found = [name for name in known if text.startswith(name, start) and not _goes_on(text, start + len(name), name)]
    return max(found, key=len, default="")


def _goes_on(text: str, end: int, name: str) -> bool:
    """Whether Latin letters go on after it: the m of "mpa", the c of "cnc"."""
    return name[-1].isascii() and name[-1].isalpha() and text[end : end + 1].isascii() and text[end : end + 1].isalpha()


@cache
def _names() -> frozenset[str]:
    return frozenset(name for names in _table().values() for name in names)


@cache
def _table() -> dict[str, dict[str, float]]:
    read = yaml.safe_load(Path(__file__).with_name("units.yaml").read_text("utf-8"))
    return {
        group: {str(name).casefold(): float(row[0]) for unit, row in units.items() for name in (unit, *row[1:])}
        for group, units in read.items()
    }
