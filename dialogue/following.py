"""A question follows the person, not the room: what was asked in WeChat may be answered in web chat or by SMS."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.model import Conversation
from core.people.model import Person
from core.store.turn import Turn
from core.words import Micros

_talks = select(Conversation.table).where(Conversation.table.c.person_id == bindparam("person_id"))


def take_along(turn: Turn, talk: Conversation, person: Person) -> None:
    """What was asked of a customer elsewhere, later than anything was said here, is now open here and no longer there."""
    here = max(_asked_at(talk), talk.spoken_at or 0)
    elsewhere = [other for other in turn.rows(Conversation, _talks, person_id=person.id) if _direct(other)]
    last = max((other for other in elsewhere if other.id != talk.id), key=_asked_at, default=None)
    if last is None or _asked_at(last) < here or not _asked_at(last) or not _direct(talk):
        return
    talk.question, talk.menu, talk.menu_at, talk.photos = last.question, last.menu, last.menu_at, last.photos
    talk.last_ticket, talk.spoken_at, talk.misses = last.last_ticket, last.spoken_at, last.misses
    last.question = last.menu = last.photos = None


def _asked_at(talk: Conversation) -> Micros:
    return max((talk.question or {}).get("at") or 0, (talk.menu_at or 0) if talk.menu else 0)


def _direct(talk: Conversation) -> bool:
    return not talk.room.startswith("group:")
