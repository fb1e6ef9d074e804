"""The small language in which lexicons write phrases: plain words, `(a|b)` for a choice, `?` after what may
be missing, `…` for a short gap.

It holds no unbounded repetition, so that no pack can write a pattern that takes for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

GAP = 6
"""Most characters that `…` stands for; a gap never crosses a sentence mark."""
MOST_GAPS = 2
"""Gaps in any one way of saying a phrase."""

_GAP = rf"[^,，。.!！?？;；\n]{{0,{GAP}}}?"


class BadPhrase(ValueError):
    """A phrase in a lexicon that cannot be read; the message names it."""


def pattern(phrase: str) -> str:
    """The regular expression of one phrase. Raises BadPhrase."""
    if _gaps(phrase) > MOST_GAPS:
        raise BadPhrase(f"more than {MOST_GAPS} gaps in {phrase!r}")
    source = "".join(_GAP if char == "…" else char if char in "(|)?" else _literal(char) for char in phrase.lower())
    source = source.replace("(", "(?:")
    try:
        re.compile(source)
    except re.error as error:
        raise BadPhrase(f"{phrase!r}: {error}") from error
    words = re.sub("[(|)?…]", "", phrase)
    before = "(?<![a-z0-9])" if words[:1].isascii() and words[:1].isalnum() else ""
    after = "(?![a-z0-9])" if words[-1:].isascii() and words[-1:].isalnum() else ""
    return f"{before}(?:{source}){after}"


def one_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern for any of the phrases, longest first; of no phrases, one that never matches."""
    sources = [pattern(phrase) for phrase in sorted(phrases, key=len, reverse=True)]
    return re.compile("|".join(sources) if sources else r"(?!)")


def _gaps(phrase: str) -> int:
    """Most gaps that one way through the choices holds."""
    ways = [(0, 0)]
    for char in phrase:
        most, here = ways.pop()
        if char == "…":
            here += 1
        elif char == "|":
            most, here = max(most, here), 0
        elif char == ")" and ways:
            inner = max(most, here)
            most, here = ways.pop()
            here += inner
        elif char == "(":
            ways.append((most, here))
            most, here = 0, 0
        ways.append((most, here))
    return max(map(max, ways))


def _literal(char: str) -> str:
    return " {0,2}" if char == " " else re.escape(char)
