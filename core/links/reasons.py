"""Why a line or a file is not taken, in plain words with the next step; the words stand in reasons.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.links.vocabulary import Language, vocabulary


def said(key: str, facts: Mapping[str, Any], lang: Language) -> tuple[str, str]:
    """What was found, and what to do about it."""
    what, next_step = _catalogue()[key][lang]
    words = {name: _worded(name, value, lang) for name, value in facts.items()}
    return what.format(**words), next_step.format(**words)


def known_reasons() -> frozenset[str]:
    """Every reason that has words."""
    return frozenset(_catalogue())


def _worded(name: str, value: Any, lang: Language) -> Any:
    if name == "group":
        return " / ".join(vocabulary().said(field, lang) for field in value)
    if name == "kind" and value in _KINDS:
        return _KINDS[value][lang == "en"]
    return value


_KINDS = {"staff": ("员工表", "staff"), "customers": ("客户表", "customers"), "tickets": ("工单表", "tickets")}


@cache
def _catalogue() -> dict[str, dict[str, tuple[str, str]]]:
    return yaml.safe_load(Path(__file__).with_name("reasons.yaml").read_text(encoding="utf-8"))
