"""Notices by SMS for customers who have no chat, or whose reply window is shut (S98): who comes and when, another time, done."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import bindparam, select

from core.people.dialling import SMS, number_room, send
from core.people.model import Person
from core.store.model import Outbox
from core.store.turn import Turn
from core.wording import local
from core.words import Micros, Say

TEXTED = frozenset(
    {"engineer_assigned", "progress", "correction", "done", "still_waiting", "guest_let_in", "report_pdf"}
)
"""Kinds of notices that are worth an SMS, if their parameters are given."""

_outbox = Outbox.table.c
_texted = (
    select(_outbox.id)
    .where(
        _outbox.subject == bindparam("subject"),
        _outbox.channel == SMS,
        _outbox.person_id == bindparam("person_id"),
        _outbox.purpose == bindparam("purpose"),
        _outbox.created_at >= bindparam("since"),
    )
    .limit(1)
)


def texted(turn: Turn, person: Person, say: Say, subject: str | None) -> Outbox | None:
    """The SMS that says the same; None if that is not to go by SMS, or cannot."""
    room = number_room(turn, person, SMS)
    text = as_sms(turn, person.lang, say) if room and not person.is_staff else None
    if room is None or text is None:
        return None
    return send(turn, room, text, person_id=person.id, subject=subject, urgent=False)


def texted_instead(turn: Turn, row: Outbox) -> Outbox | None:
    """The SMS for a notice that its chat does not take at present; one for each notice."""
    person, say = turn.get(Person, row.person_id) if row.person_id else None, Say.of(row.say)
    text = as_sms(turn, person.lang, say) if person else None
    if person is None or text is None:
        return None
    given = {"subject": row.subject, "person_id": person.id, "purpose": text.purpose, "since": row.created_at}
    return None if turn.ask(_texted, **given) else texted(turn, person, say, row.subject)


def as_sms(turn: Turn, lang: str, say: Say) -> Say | None:
    """The same in the words of an SMS, if it is worth one: a first time of a visit says who comes."""
    params = dict(say.params)
    if say.purpose not in TEXTED or not params:
        return None
    names = "engineer" in params and "correction" not in say.also
    purpose = "engineer_assigned" if names else say.purpose
    return replace(say, purpose=purpose, text=turn.house.wording.text(lang, f"sms.{purpose}", **params))


def brief(turn: Turn, lang: str, at: Micros) -> str:
    """An instant in as few characters as can be: today's by the clock alone."""
    when, today = local(at, turn.house.zone), local(turn.now, turn.house.zone)
    if when.date() == today.date():
        return f"{when:%H:%M}"
    return turn.house.wording.text(lang, "sms.when", month=when.month, day=when.day, clock=f"{when:%H:%M}")
