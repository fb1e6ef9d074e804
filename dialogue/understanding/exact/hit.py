"""What an extractor found, in places of the plain reading."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

TAKEN = "\ufffc"
"""Stands where something has been read already, so that no later extractor reads it again."""


class Hit(NamedTuple):
    """One thing found: `text[start:end]` of the plain reading means `value`."""

    entity: str
    start: int
    end: int
    value: Any


def without(text: str, hits: Iterable[Hit]) -> str:
    """The text, of the same length, with all hits blanked out."""
    chars = list(text)
    for hit in hits:
        chars[hit.start : hit.end] = TAKEN * (hit.end - hit.start)
    return "".join(chars)
