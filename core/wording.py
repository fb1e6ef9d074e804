"""Every sentence that people read, from one catalogue per language. Logic names a key and facts, never words."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from core.words import SECOND, Micros

LANGUAGES = ("zh", "en")


class Wording:
    """The catalogues. A key that is missing in a language is a defect; a test holds them equal."""

    def __init__(self, catalogues: Mapping[str, Mapping[str, str]]):
        self.catalogues = catalogues

    @classmethod
    @cache
    def load(cls) -> Wording:
        """The catalogues that ship with the desk."""
        folder = files("core") / "catalogue"
        read = {lang: yaml.safe_load((folder / f"{lang}.yaml").read_text("utf-8")) for lang in LANGUAGES}
        return cls({lang: dict(_flat(words)) for lang, words in read.items()})

    def text(self, lang: str, key: str, **facts: Any) -> str:
        """The sentence `key` with its facts. Facts are data: braces in them mean nothing."""
        catalogue = self.catalogues.get(lang) or self.catalogues["zh"]
        return catalogue[key].format_map(facts).strip()

    def name(self, lang: str, sort: str, value: Any) -> str:
        """What a value is called: name("zh", "status", "done") → 已完成."""
        return self.text(lang, f"{sort}.{value}")

    def terms(self, lang: str, sort: str, values: str) -> str:
        """What several values (joined by 、) are called; one that has no word yet stands for itself."""
        catalogue = self.catalogues.get(lang) or self.catalogues["zh"]
        return "、".join(catalogue.get(f"{sort}.{value}", value) for value in values.split("、"))

    def event(self, lang: str, kind: str) -> str:
        """What happened, in a word; an event that has no word yet by its kind."""
        return (self.catalogues.get(lang) or self.catalogues["zh"]).get(f"event.{kind.replace('.', '_')}", kind)

    def moment(self, lang: str, at: Micros, now: Micros, zone: ZoneInfo) -> str:
        """An instant as people say it: today by the clock, another day with its date."""
        when, today = local(at, zone), local(now, zone)
        days = (when.date() - today.date()).days
        clock = f"{when:%H:%M}"
        if days in (0, 1, 2):
            near = self.text(lang, f"day.{days}")
            return (
                f"{near} {clock}"
                if days == 0
                else self.text(
                    lang, "day.near", day=near, date=self._date(lang, when, local(now, zone).year), clock=clock
                )
            )
        return f"{self._date(lang, when, local(now, zone).year)} {clock}"

    def day(self, lang: str, at: Micros, now: Micros, zone: ZoneInfo) -> str:
        """A day as people say it, without the hour."""
        when, days = local(at, zone), (local(at, zone).date() - local(now, zone).date()).days
        date = self._date(lang, when, local(now, zone).year)
        if days not in (0, 1, 2):
            return date
        return self.text(lang, "day.near", day=self.text(lang, f"day.{days}"), date=date, clock="").strip()

    def period(self, lang: str, start: Micros, end: Micros | None, now: Micros, zone: ZoneInfo) -> str:
        """A period as people say it: its beginning, and its end if it is on the same day."""
        begins = self.moment(lang, start, now, zone)
        if end is None or local(end - 1, zone).date() != local(start, zone).date():
            return begins
        return f"{begins}–{local(end, zone):%H:%M}"

    def _date(self, lang: str, when: datetime, this_year: int) -> str:
        weekday = self.text(lang, f"weekday.{when.weekday()}")
        key = "day.date" if when.year == this_year else "day.date_year"
        return self.text(lang, key, year=when.year, month=when.month, day=when.day, weekday=weekday)


def local(at: Micros, zone: ZoneInfo) -> datetime:
    """An instant on the wall clock of a zone."""
    return datetime.fromtimestamp(at // SECOND, zone).replace(microsecond=at % SECOND)


def language_of(text: str) -> str | None:
    """zh or en, where the text tells; None for numbers, emoji and the like."""
    han = sum("\u3400" <= character <= "\u9fff" for character in text)
    latin = sum(character.isascii() and character.isalpha() for character in text)
    if han:
        return "zh" if han * 4 >= latin else "en"
    return "en" if latin >= 4 and any(len(word) > 2 and word.isalpha() for word in text.split()) else None


def placeholders(words: str) -> set[str]:
    """The names of the facts that a sentence takes."""
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def _flat(words: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in words.items():
        name = f"{above}{key}"
        pairs += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, str(value))]
    return pairs
