"""A form in words, for cards and pages: what is shown and answered, and nothing that the reader's role may not see (S18)."""

from __future__ import annotations

from core.forms.choosing import form_called, form_of
from core.forms.conditions import Values
from core.forms.definition import FILES, Field, Sort, standing
from core.forms.filling import answers_of
from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.model import Attachment, Ticket
from core.tickets.views import sees


def facts(turn: Turn, ticket: Ticket, reader: Person) -> tuple[tuple[str, str], ...]:
    """Label and answer of every field that this reader may see."""
    form = form_of(turn, ticket)
    if form is None:
        return ()
    answers, found = standing(form, answers_of(turn, ticket)), []
    for name, values in answers.items():
        one = form.field(name)
        if one is not None and sees(ticket, reader, one.seen_by):
            found.append((one.label.to(reader.lang), written(turn, one, values, reader.lang)))
    return tuple(found)


def asked_about(turn: Turn, event: Event, reader: Person) -> str:
    """Which field an event of a form is about, if this reader may know; empty for other events."""
    form = form_called(turn, str(event.data.get("form", "")))
    one = form.field(str(event.data.get("field"))) if form is not None else None
    return one.label.to(reader.lang) if one is not None and reader.role in one.seen_by else ""


def written(turn: Turn, one: Field, values: Values, lang: str) -> str:
    """An answer as people read it: 16 MPa."""
    if one.sort == Sort.CHOICE:
        options = [one.option(value) for value in values]
        return "、".join(
            option.label.to(lang) if option else str(value) for option, value in zip(options, values, strict=True)
        )
    if one.sort in FILES:
        files = [turn.get(Attachment, value) for value in values]
        return "、".join(file.name or turn.house.wording.text(lang, "page.file") for file in files if file is not None)
    first = values[0]
    if one.sort == Sort.YES_NO:
        return turn.house.wording.name(lang, "yes_no", "yes" if first else "no")
    if one.sort == Sort.SLIDER:
        return f"{first}/{int(one.most or 0)}{_end(one, first, lang)}"
    return f"{first} {one.unit}" if one.unit else str(first)


def _end(one: Field, value: object, lang: str) -> str:
    """The word for an end of a slider: （停产）."""
    word = one.low if value == one.least else one.high if value == one.most else None
    return "" if word is None else f" ({word.en})" if lang == "en" else f"（{word.zh}）"
