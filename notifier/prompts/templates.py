"""Wording of calls (语音提示): by purpose and language, with named values that are read out one character at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OTHER = "other"
"""The purpose under which everything without a template of its own is announced."""
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "escalation": "您好，这里是工单台。紧急工单，{number}，没有人处理。认领请按一。",
        OTHER: "您好，这里是工单台。您有一条紧急通知。确认请按一。",
        "thanks": "已收到，谢谢。",
    },
    "en": {
        "escalation": "This is the ticket desk. Urgent ticket {number} has nobody working on it. To take it, press one.",
        OTHER: "This is the ticket desk. You have an urgent notice. To confirm, press one.",
        "thanks": "Received. Thank you.",
    },
}
SPOKEN: Mapping[str, Mapping[str, str]] = {
    "zh": dict(zip("0123456789", "零幺二三四五六七八九", strict=True)),
    "en": dict(
        zip("0123456789", ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], strict=True)
    ),
}
"""How a digit is read; letters are read as they are, anything else is not read."""
MOST_VALUE = 24
"""Longest value that is read out, characters."""

_BLANK = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that one recording holds: the file's name without its ending, and the words."""

    name: str
    words: str


def purpose_of(purpose: str, lang: str) -> str:
    """The purpose whose template is used."""
    return purpose if purpose in TEMPLATES[lang] else OTHER


def pieces(purpose: str, lang: str, values: Mapping[str, str]) -> list[Piece]:
    """What is to be heard, in order; a value that is not given is left out."""
    found = []
    template = TEMPLATES[lang][purpose]
    for count, part in enumerate(_BLANK.split(template)):
        if count % 2:
            found += [_character(character, lang) for character in _read_out(values.get(part, ""))]
        elif part.strip(" ，。,."):
            found.append(Piece(f"{lang}/{purpose}.{count // 2 + 1}", part.strip(" ，,")))
    return found


def sentence(purpose: str, lang: str, values: Mapping[str, str]) -> str:
    """The same in one sentence, for a voice that speaks whole sentences."""
    spoken = {name: " ".join(piece.words for piece in _spell(value, lang)) for name, value in values.items()}
    return _BLANK.sub(lambda blank: spoken.get(blank[1], ""), TEMPLATES[lang][purpose])


def everything(lang: str) -> list[Piece]:
    """All recordings that a language needs."""
    phrases = [piece for purpose in TEMPLATES[lang] for piece in pieces(purpose, lang, {})]
    return [*phrases, *(_character(character, lang) for character in "0123456789abcdefghijklmnopqrstuvwxyz")]


def _spell(value: str, lang: str) -> Iterator[Piece]:
    return (_character(character, lang) for character in _read_out(value))


def _read_out(value: str) -> str:
    return "".join(character for character in value.lower() if character.isascii() and character.isalnum())[:MOST_VALUE]


def _character(character: str, lang: str) -> Piece:
    return Piece(f"{lang}/{character}", SPOKEN[lang].get(character, character.upper()))
