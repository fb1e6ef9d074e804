"""What was told anyway is not asked: fields of the ticket and choices named in people's own words fill the form (S77)."""

from __future__ import annotations

from core.forms.choosing import form_of
from core.forms.conditions import Values
from core.forms.definition import Field, Form, Sort, shown
from core.forms.filling import TOLD, answers_of, fill, rows_of
from core.forms.reading import Misfit, named, read
from core.people.model import Person
from core.rules.containing import holds
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import ticket_in
from core.wording import local

NEAR = 12
"""Characters between the name of a field and the number that belongs to it: 油压现在大概只有 8 兆帕."""


def tell_form(turn: Turn, event: Event) -> None:
    """Fill in what a report or its supplement says; what a person answered stays."""
    if not turn.house.policies.forms:
        return
    ticket = ticket_in(turn, event)
    form = form_of(turn, ticket)
    if form is None:
        return
    words = str(words_of(turn, event).get("words") or "")
    speaker = turn.get(Person, event.by) if event.by else None
    _fill(turn, ticket, form, speaker, words)


def _fill(turn: Turn, ticket: Ticket, form: Form, speaker: Person | None, words: str) -> None:
    """Field by field, since one answer may bring another field to light."""
    done: set[str] = set()
    while True:
        rows, answers = rows_of(turn, ticket), answers_of(turn, ticket)
        fields = [one for one in shown(form, answers) if one.id not in done]
        free = [
            one for one in fields if one.id not in rows or rows[one.id].value is None or rows[one.id].reason == TOLD
        ]
        found = {one.id: value for one in free if (value := _told(turn, ticket, one, words))}
        done |= {one.id for one in fields}
        if not found:
            return
        fill(turn, ticket, form, None, found, TOLD)


def _told(turn: Turn, ticket: Ticket, one: Field, words: str) -> Values:
    if one.slot is not None:
        value = getattr(ticket, one.slot, None)
        if one.slot_values:
            known = one.slot_values.get(str(value))
            return () if known is None else (known,)
        return _read(turn, one, str(value)) if value is not None else ()
    if one.sort == Sort.CHOICE:
        options = named(one, words)
        return tuple(option.id for option in options) if len(options) == 1 or one.many else ()
    return _number_near(turn, one, words) if one.sort == Sort.NUMBER and one.unit else ()


def _number_near(turn: Turn, one: Field, words: str) -> Values:
    """A number in the field's own unit, right after its name."""
    for name in one.names:
        place = words.casefold().find(name.casefold()) if holds(words, name) else -1
        if place < 0:
            continue
        after = words[place + len(name) : place + len(name) + NEAR]
        try:
            reading = read(one, after, local(turn.now, turn.house.zone).date())
        except Misfit:
            continue
        return reading.values
    return ()


def _read(turn: Turn, one: Field, text: str) -> Values:
    try:
        return read(one, text, local(turn.now, turn.house.zone).date()).values
    except Misfit:
        return ()


REACTIONS = {Happened.REPORTED: (tell_form,), Happened.SUPPLEMENTED: (tell_form,)}
"""Event → what must follow in the same turn."""
