"""Answers follow their ticket: into the one it is merged into, and back when what was done is taken back."""

from __future__ import annotations

from core.forms.choosing import filling_of, form_called, form_of
from core.forms.definition import standing
from core.forms.filling import MERGED, answers_of, fill, measure, rows_of
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import ticket_in


def take_along(turn: Turn, event: Event) -> None:
    """What the merged ticket's form knows and the other's does not is known of both."""
    other = turn.get(Ticket, event.data["other"]) if "other" in event.data else None
    begun = filling_of(turn, other) if other is not None else None
    if other is None or begun is None:
        return
    ticket = ticket_in(turn, event)
    form = form_of(turn, ticket) or form_called(turn, begun.form)
    if form is None or form.id != begun.form:
        return
    known = answers_of(turn, ticket)
    brought = {name: value for name, value in standing(form, answers_of(turn, other)).items() if name not in known}
    if brought:
        fill(turn, ticket, form, None, brought, MERGED)


def put_back(turn: Turn, event: Event) -> None:
    """The answer was taken back: what stood there before stands there again."""
    ticket, words = ticket_in(turn, event), words_of(turn, event)
    row, form = rows_of(turn, ticket).get(event.data["field"]), form_called(turn, event.data["form"])
    if row is None or "before" not in words:
        return
    row.value, row.reason = words["before"], words["reason"] or row.reason
    if form is not None:
        measure(turn, ticket, form)


REACTIONS = {Happened.MERGED: (take_along,)}
"""Event → what must follow in the same turn."""
REVERSALS = {Happened.FORM_ANSWERED: (put_back,)}
"""Event → what its taking back takes back besides."""
