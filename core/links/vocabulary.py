"""How other houses call our fields and values (headers, job titles, grades); the words stand in vocabulary.yaml."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

Kind = Literal["staff", "customers", "tickets"]
Language = Literal["zh", "en"]
SKIP = "skip"
"""What a mapping says of a column, or of a job title, that is left out."""

_SPACING = re.compile(r"[\s_\-:：*＊·./\\]+")
_BRACKETS = re.compile(r"[(（\[【〔<《{「][^)）\]】〕>》}」]*[)）\]】〕>》}」]?")
_PLAIN = re.compile(r"[0-9A-Za-z_\u3400-\u9fff ]+")


@dataclass(frozen=True)
class Vocabulary:
    """Synonyms, each already in the form in which words are compared."""

    headers: Mapping[str, Mapping[str, str]]
    values: Mapping[str, Mapping[str, str]]
    fields: Mapping[str, Mapping[Language, str]]

    def field_named(self, kind: Kind, header: str) -> tuple[str, bool] | None:
        """The field that a header means, and whether that is only a guess; None if it means none of ours."""
        known = self.headers[kind]
        for form in (compared(header), compared(without_brackets(header))):
            if form in known:
                return known[form], False
        form = compared(without_brackets(header))
        endings = [word for word in known if len(word) > 1 and form.endswith(word)]
        return (known[max(endings, key=len)], True) if endings else None

    def value(self, group: str, words: str) -> str | None:
        """What a value means in our words (group: roles, levels, priorities, states, ratings), or None."""
        return self.values[group].get(compared(words))

    def said(self, field: str, lang: Language) -> str:
        """What a field is called on the screen."""
        return self.fields[field][lang]


def compared(words: str) -> str:
    """Words in the form in which they are compared: no case, width, spaces, brackets."""
    flat = unicodedata.normalize("NFKC", words).casefold()
    flat = "".join(char for char in flat if unicodedata.category(char) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFKC", re.sub(r"[()\[\]【】〔〕<>《》{}「」]", "", _SPACING.sub("", flat)))


def without_brackets(header: str) -> str:
    """A header without the remarks in its brackets: 客户名称（最终） → 客户名称."""
    return _BRACKETS.sub("", header).strip() or header


def is_plain(header: str) -> bool:
    """Whether a header is an ordinary name: letters, digits, Han characters, no brackets or signs (S72)."""
    return _PLAIN.fullmatch(header) is not None


@cache
def vocabulary() -> Vocabulary:
    """The words that ship with the desk."""
    read = yaml.safe_load(Path(__file__).with_name("vocabulary.yaml").read_text(encoding="utf-8"))
    headers = {kind: _turned(fields) for kind, fields in read["headers"].items()}
    values = {group: _turned(read[group]) for group in ("roles", "levels", "priorities", "ratings")}
    states = {name: {compared(word): name for word in words} for name, words in read["states"].items()}
    return Vocabulary(headers, values | states, read["fields"])


def _turned(words_of: Mapping[object, list[str]]) -> dict[str, str]:
    return {compared(word): str(name) for name, words in words_of.items() for word in words}
