"""What may be wrong with a desk, said in plain words with the next step; the words stand in troubles.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Level = Literal["ok", "warning", "error"]
Language = Literal["zh", "en"]
CATALOGUE = Path(__file__).with_name("troubles.yaml")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something found, free of any language: `code` is its name in the catalogue, `values` fill its sentences."""

    code: str
    level: Level = "error"
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, lang: Language = "zh") -> Finding:
        """The same in plain words."""
        what, next_step = _catalogue()[self.code][lang]
        return Finding(self.level, what.format(**self.values), next_step.format(**self.values))


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `desk doctor`: what was found, and what to do about it (empty when nothing is to be done)."""

    level: Level
    what: str
    next_step: str = ""


def known(code: str) -> bool:
    """Whether the catalogue has words for it."""
    return code in _catalogue()


@cache
def _catalogue() -> dict[str, dict[str, tuple[str, str]]]:
    return yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
