"""Words by which the desk recognises an answer, as data: what stands in vocabulary.yaml, never in the logic."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

END = " 。.!！~～"
"""What may follow an answer of one word."""


def vocabulary(name: str) -> Any:
    """An entry of vocabulary.yaml: a list of words, or a table of them. Raises KeyError."""
    return _entries()[name]


def says(text: str, name: str) -> bool:
    """Whether a text holds a word of this list."""
    return _any_of(text, vocabulary(name))


def sort_of(text: str, name: str) -> str | None:
    """The first group of this table of which a text holds a word."""
    return next((group for group, words in vocabulary(name).items() if _any_of(text, words)), None)


def answers(text: str, name: str) -> str | None:
    """The group of this table of which a text is one word and nothing else."""
    said = bare(text)
    return next((group for group, words in vocabulary(name).items() if said in words), None)


def bare(text: str) -> str:
    """A short answer without case and full stop."""
    return text.strip(END).casefold()


@cache
def _entries() -> dict[str, Any]:
    return yaml.safe_load((files("dialogue") / "vocabulary.yaml").read_text("utf-8"))


def _any_of(text: str, words: list[str]) -> bool:
    folded = text.casefold()
    return any(word in folded for word in words)
