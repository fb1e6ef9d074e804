"""Duty in words: from when until when, and who."""

from __future__ import annotations

from collections.abc import Iterable

from core.people.model import Person
from core.store.turn import Turn
from core.wording import local
from core.words import Micros


def from_to(turn: Turn, lang: str, starts: Micros, ends: Micros) -> str:
    """A span as people say it; an end on the same day by the clock alone."""
    words, zone = turn.house.wording, turn.house.zone
    begins = words.moment(lang, starts, turn.now, zone)
    if local(starts, zone).date() == local(ends, zone).date():
        return f"{begins}–{local(ends, zone):%H:%M}"
    return f"{begins} – {words.moment(lang, ends, turn.now, zone)}"


def names(turn: Turn, people: Iterable[int]) -> str:
    """What these people are called."""
    found = (turn.get(Person, one) for one in people)
    return "、".join(person.name or "" for person in found if person is not None)
