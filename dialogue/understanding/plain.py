"""One reading of a text for all extractors: width, case and traditional characters evened out, invisible ones dropped.

Every character of the reading stands for exactly one character of the original, so that what is found can be named by
its place in the text as given.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MOST_CHARS = 2_000
"""Characters of a message that are read for meaning; what is longer is kept as description, but not parsed."""

_DROPPED = {"Cf", "Cs", "Co", "Cn", "Mn", "Me"}
_SPACES = {"Zs", "Zl", "Zp", "Cc"}


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` is what patterns read; `at[i]` is the place of `text[i]` in `original`."""

    original: str
    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original that the span `start:end` (not empty) of the reading stands for."""
        return self.at[start], self.at[end - 1] + 1

    def raw(self, start: int, end: int) -> str:
        """The original words behind a span of the reading."""
        first, last = self.span(start, end)
        return self.original[first:last]


def plain(text: str, traditional: dict[str, str] | None = None) -> Plain:
    """Read a text. `traditional` maps traditional to simplified characters."""
    chars: list[str] = []
    at: list[int] = []
    for index, char in enumerate(text[:MOST_CHARS]):
        read = _reading(char)
        if read:
            chars.append(traditional.get(read, read) if traditional else read)
            at.append(index)
    return Plain(text, "".join(chars), tuple(at))


@lru_cache(maxsize=20_000)
def _reading(char: str) -> str:
    category = unicodedata.category(char)
    if category in _DROPPED:
        return ""
    if category in _SPACES:
        return "\n" if char in "\r\n" else " "
    wide = unicodedata.normalize("NFKC", char)
    low = (wide if len(wide) == 1 else char).lower()
    return low if len(low) == 1 else char
