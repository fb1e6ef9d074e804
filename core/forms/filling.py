"""A form can be filled in: every answer is an event, and how far it has come is kept in rows (S77, S79)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, select

from core.forms.choosing import filling_of
from core.forms.conditions import Scalar, Values
from core.forms.definition import Asked, Field, Form, required, shown, standing
from core.forms.model import FormAnswer, FormFilling
from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.attaching import attach
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.noting import must_not_be_over
from core.tickets.recording import happened_at, record, record_aside
from core.tickets.views import sees
from core.words import Media, Micros

TOLD, MERGED, IMPORTED = "told", "merged", "imported"
"""Reasons of answers that nobody gave to a question: found in what was said anyway, of a merged ticket, of a table."""
ANSWERED, CORRECTED, PAGE = "answered", "corrected", "page"
"""Reasons of answers that a person gave: to a question, of his own accord, on the page."""
BY_ITSELF = frozenset({TOLD, MERGED, IMPORTED})

_answers = (
    select(FormAnswer.table)
    .where(FormAnswer.table.c.ticket_id == bindparam("ticket_id"))
    .order_by(FormAnswer.table.c.id)
)


def rows_of(turn: Turn, ticket: Ticket) -> dict[str, FormAnswer]:
    """Field → the row of its answer, also one that was taken back."""
    return {row.field: row for row in turn.rows(FormAnswer, _answers, ticket_id=ticket.id)}


def answers_of(turn: Turn, ticket: Ticket) -> dict[str, Values]:
    """Every answer that is kept, also of fields that are hidden now: for `shown` and `standing`, not for people."""
    return {name: tuple(row.value) for name, row in rows_of(turn, ticket).items() if row.value}


def begin(turn: Turn, ticket: Ticket, form: Form) -> FormFilling:
    """The ticket's progress; from now on this form is its form."""
    return filling_of(turn, ticket) or turn.add(
        FormFilling(
            id=turn.new_id(),
            entity=ticket.entity,
            ticket_id=ticket.id,
            ticket_at=ticket.created_at,
            form=form.id,
            version=form.version,
        )
    )


def fill(
    turn: Turn, ticket: Ticket, form: Form, by: Person | None, values: Mapping[str, Values], reason: str
) -> tuple[str, ...]:
    """Keep answers (an empty one takes back what was there); the fields that changed. Values are as `reading` gives them.

    Raises Refused: not_entitled (a field is not his to see), ticket_over.
    """
    if by is not None:
        _must_be_his(ticket, form, by, values)
    if reason not in BY_ITSELF:
        must_not_be_over(ticket)
    begin(turn, ticket, form)
    rows = rows_of(turn, ticket)
    changed = [
        name for name, value in values.items() if value != tuple((rows[name].value or ()) if name in rows else ())
    ]
    for name in changed:
        _keep(turn, ticket, form, by, name, values[name], reason, rows.get(name))
    if changed:
        measure(turn, ticket, form)
    return tuple(changed)


def fill_files(
    turn: Turn,
    ticket: Ticket,
    form: Form,
    by: Person,
    name: str,
    kind: str,
    media: Sequence[Media],
    reason: str,
    *,
    keep: Sequence[Scalar] = (),
) -> None:
    """Keep files as an answer, beside those that it is to `keep`: they land on the ticket too. Raises Refused."""
    _must_be_his(ticket, form, by, (name,))
    must_not_be_over(ticket)
    begin(turn, ticket, form)
    row = rows_of(turn, ticket).get(name)
    event, row = _keep(turn, ticket, form, by, name, (), reason, row)
    row.value = [*keep, *(attachment.id for attachment in attach(turn, ticket, by, event, kind, media))]
    measure(turn, ticket, form)


def asked(turn: Turn, ticket: Ticket, form: Form, name: str, of: Asked, by: Person | None) -> FormFilling:
    """A field was asked for, once and never again; the clock of filling begins with the first."""
    filling = begin(turn, ticket, form)
    filling.asked = [*filling.asked, name]
    pause = turn.house.policies.conversation.question
    fresh = filling.sitting_at is None or turn.now - filling.sitting_at > pause
    filling.sitting, filling.sitting_at = (1 if fresh else filling.sitting + 1), turn.now
    filling.began_at = filling.began_at if filling.began_at is not None else turn.now
    record_aside(turn, Happened.FORM_ASKED, ticket, by, form=form.id, field=name, of=of)
    measure(turn, ticket, form)
    return filling


def pass_over(turn: Turn, ticket: Ticket, form: Form, name: str, by: Person | None, reason: str) -> None:
    """A field is left empty: `reason` skipped (he said so) or unclear (the answer did not fit twice)."""
    filling = begin(turn, ticket, form)
    if name not in filling.passed:
        filling.passed = [*filling.passed, name]
        record_aside(turn, Happened.FORM_LEFT, ticket, by, form=form.id, field=name, reason=reason)


def open_fields(turn: Turn, ticket: Ticket, form: Form, of: Asked) -> list[Field]:
    """What may still be asked of them: shown, theirs, without an answer, not asked for and not passed over before."""
    answers, filling = answers_of(turn, ticket), filling_of(turn, ticket)
    over = {*filling.asked, *filling.passed} if filling else set()
    return [one for one in shown(form, answers) if one.asked == of and not answers.get(one.id) and one.id not in over]


def missing(turn: Turn, ticket: Ticket, form: Form, of: Asked) -> list[Field]:
    """What is required of them and has no answer yet, asked for or not; what was passed over is left in peace."""
    answers, filling = answers_of(turn, ticket), filling_of(turn, ticket)
    needed, passed = required(form, answers), filling.passed if filling else ()
    return [
        one
        for one in shown(form, answers)
        if one.id in needed and one.asked == of and not answers.get(one.id) and one.id not in passed
    ]


def measure(turn: Turn, ticket: Ticket, form: Form) -> None:
    """How complete it is, and when a person answered last."""
    rows, filling = rows_of(turn, ticket), begin(turn, ticket, form)
    answers = {name: tuple(row.value) for name, row in rows.items() if row.value}
    counted, needed = standing(form, answers), required(form, answers)
    filling.shown, filling.filled = len(shown(form, answers)), len(counted)
    filling.needed, filling.given = len(needed), len(needed & counted.keys())
    given_at: list[Micros] = [rows[name].at for name in counted if rows[name].reason not in BY_ITSELF]
    filling.last_at = max(given_at, default=None)


def _keep(
    turn: Turn,
    ticket: Ticket,
    form: Form,
    by: Person | None,
    name: str,
    value: Values,
    reason: str,
    row: FormAnswer | None,
) -> tuple[Event, FormAnswer]:
    before = row.value if row else None
    event = record(
        turn,
        Happened.FORM_ANSWERED,
        ticket,
        by,
        private={"value": list(value), "before": before, "reason": row.reason if row else None},
        form=form.id,
        field=name,
        reason=reason,
    )
    if row is None:
        row = turn.add(FormAnswer(id=turn.new_id(), ticket_id=ticket.id, field=name, reason=reason, at=event.at))
    row.value, row.reason, row.by = list(value) or None, reason, by.id if by else None
    row.at, row.via = happened_at(turn), turn.cause.via
    return event, row


def _must_be_his(ticket: Ticket, form: Form, by: Person, names: Iterable[str]) -> None:
    must_be_entitled(by, "fill", ticket)
    for name in names:
        one = form.field(name)
        if one is None or not sees(ticket, by, one.seen_by):
            raise Refused("not_entitled", number=ticket.number, verb="fill")
