"""Does a text say something? Heard-words, blanks, emoji and padding do not (S6, S12, S38)."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files

import yaml

_WORDS = yaml.safe_load(files("core.tickets").joinpath("heard.yaml").read_text("utf-8"))
HEARD = frozenset(_WORDS["heard"])
"""收到, 好的 and their kin (heard.yaml): they say that a message was heard, not what is being done."""

_TRAILING = _WORDS["trailing"]
_RUN = re.compile(r"(.)\1+", re.DOTALL)


def is_real_note(text: str) -> bool:
    """Whether a text says something: not blank, not heard-words, not emoji, not padding (S12)."""
    words = _letters(text)
    if words in HEARD or words.rstrip(_TRAILING) in HEARD or _all_heard(text):
        return False
    return len(set(words)) >= 2 and len(_RUN.sub(r"\1", words)) >= 2 and not words.isdigit()


def summary_length(text: str) -> int:
    """Characters of a summary that count: without white space; a run of one character, or of punctuation, counts once."""
    counted, last = 0, ""
    for character in unicodedata.normalize("NFKC", text):
        if character.isspace() or unicodedata.category(character) in ("Cf", "Cc", "Mn"):
            continue
        sort = "." if unicodedata.category(character)[0] in "PSZ" else character.casefold()
        if sort != last:
            counted += 1
        last = sort
    return counted


def _letters(text: str) -> str:
    """Letters and digits only, width and case folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LN")


def _all_heard(text: str) -> bool:
    """Whether every word between punctuation and blanks is a heard-word ("收到，好的", "ok 1")."""
    words = [word for word in re.split(r"[\W_]+", unicodedata.normalize("NFKC", text).casefold()) if word]
    return all(word in HEARD or word.rstrip(_TRAILING) in HEARD for word in words)
