"""Whom the desk has never met hears, with its first answer, who keeps what of him and why (首次告知, PIPL Art. 17)."""

from __future__ import annotations

from dataclasses import replace

from core.people.model import Person
from core.store.turn import Turn
from core.words import Room, Say

INFORMED = "person.informed"
"""The event that says when he was told, and which text."""
ALIKE = frozenset({"cannot_find", "error_hint"})
"""Answers that must read the same whatever the desk knows: the notice waits for the next one."""


def informed(turn: Turn, say: Say, person_id: int, room: Room) -> Say:
    """The same message; with the notice under it where it is the first to a customer since the notice was last changed.

    An SMS has no room for it: he is told in the first chat, or on the first page, that he opens.
    """
    if room.channel in turn.house.accounts or say.purpose in ALIKE or not (say.text or say.title):
        return say
    person = turn.get(Person, person_id)
    if person is None or not must_be_informed(turn, person):
        return say
    note_informed(turn, person)
    text = notice(turn, person.lang)
    return replace(say, text=f"{say.text}\n{text}" if say.text else text)


def must_be_informed(turn: Turn, person: Person) -> bool:
    """Whether a customer has yet to hear the notice that holds now."""
    known = person.informed_at
    return not person.is_staff and (known is None or known < turn.house.policies.privacy.notice_since)


def note_informed(turn: Turn, person: Person) -> None:
    """He is told now; it stays on record which text."""
    person.informed_at = turn.now
    since = turn.house.policies.privacy.notice_since
    turn.record(INFORMED, entity=person.entity, stream=f"person:{person.id}", data={"notice_since": since})


def notice(turn: Turn, lang: str) -> str:
    """The notice in one line."""
    return turn.house.wording.text(lang, "privacy.notice", house=house(turn, lang), more=_more(turn, lang))


def house(turn: Turn, lang: str) -> str:
    """Who keeps the data, as people know him."""
    return turn.house.policies.privacy.house or turn.house.wording.text(lang, "privacy.house")


def _more(turn: Turn, lang: str) -> str:
    url = turn.house.policies.privacy.notice_url
    return turn.house.wording.text(lang, "privacy.notice_more", url=url) if url else ""
