"""Does a text hold a word? Without a lexicon: Chinese anywhere, Latin letters and digits as a whole word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

REMEMBERED = 512
"""Answers that are kept: a report is held against the same few skills for every engineer."""


@lru_cache(REMEMBERED)
def holds(text: str, word: str) -> bool:
    """Whether the word stands in the text; width, case, and blanks between Chinese characters aside."""
    text, word = _folded(text), _folded(word).strip()
    if not word:
        return False
    if word.isascii():
        return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
    return "".join(word.split()) in "".join(text.split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
