"""A form is handed in on a page: a report with its answers, or answers to a ticket that is there (S51, S57)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.conversations.saying import conversation_with, tell
from core.forms.basics import ASKED, basics
from core.forms.checking import Checked, check
from core.forms.conditions import Values
from core.forms.definition import FILES, Asked, Field, Form, required, shown
from core.forms.filling import PAGE, answers_of, begin, fill, fill_files
from core.forms.model import FormUpload
from core.forms.reading import Misfit, accepted
from core.people.model import Person
from core.people.phones import phone_number
from core.store.turn import Turn
from core.tickets.announcing import announce
from core.tickets.describing import what
from core.tickets.model import Attachment, Priority, Ticket
from core.tickets.queries import by_number
from core.tickets.reporting import Told, report
from core.tickets.views import sees
from core.wording import local
from core.words import DAY, Media, Micros, Room, Say

OLD, NEW = "a:", "u:"
"""How a page names files: an attachment that the ticket has, an upload of this page."""
UPLOAD_LASTS = DAY
"""How long a file waits for its form to be sent off."""

Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Handed:
    """What came of it: the ticket, or what is wrong with which field; `basic` mistakes are about the report itself."""

    ticket: Ticket | None = None
    mistakes: dict[str, Misfit] = field(default_factory=dict)
    basic: dict[str, Misfit] = field(default_factory=dict)


def visible(ticket: Ticket | None, form: Form, reader: Person) -> tuple[Field, ...]:
    """The fields that this person may see and fill in; of a report that is yet to be made, its customer's."""
    return tuple(
        one
        for one in form.fields
        if (reader.role in one.seen_by if ticket is None else sees(ticket, reader, one.seen_by))
    )


def own_ticket(turn: Turn, person: Person, number: str) -> Ticket | None:
    """A customer's own ticket; others are not there for him."""
    ticket = by_number(turn, person.entity, number)
    return ticket if ticket is not None and ticket.customer_id == person.id else None


def known_to(turn: Turn, ticket: Ticket, form: Form, reader: Person) -> dict[str, Values]:
    """The answers that he may see: of fields that are shown now."""
    answers = answers_of(turn, ticket)
    his = {one.id for one in visible(ticket, form, reader)}
    return {one.id: answers[one.id] for one in shown(form, answers) if one.id in his and answers.get(one.id)}


def upload(turn: Turn, by: Person, name: str, mime: str, size: int, hash: str) -> str:
    """Keep in mind a file that was handed in; what his page calls it."""
    row = turn.add(
        FormUpload(id=turn.house.chance(), person_id=by.id, hash=hash, name=name, mime=mime, size=size, at=turn.now)
    )
    return row.id


def report_by_form(
    turn: Turn, customer: Person, room: Room, form: Form | None, basic: Given, given: Given, began: Micros
) -> Handed:
    """Make a ticket of a report and its form, or say what is wrong with which field; then nothing has changed."""
    today = local(turn.now, turn.house.zone).date()
    told = check(basics(), basic, today)
    wrong = dict(told.mistakes)
    said = {name: str(values[0]) for name, values in told.answers.items()}
    if said.get("phone") and phone_number(said["phone"]) is None:
        wrong["phone"] = Misfit("phone")
    checked, uploads = _checked(turn, None, form, customer, given) if form else (Checked(), {})
    if wrong or checked.mistakes:
        return Handed(None, checked.mistakes, wrong)
    fields = {name: said[name] for name in ASKED if said.get(name)}
    if "phone" in fields:
        fields["phone"] = phone_number(fields["phone"]) or ""
    words = "\n".join(fields[name] for name in ("fault_symptom", "device", "preferred_text") if name in fields)
    ticket = report(turn, customer, room, Told(words, fields, Priority(said.get("priority", Priority.P2))))
    ticket.asked = [*ASKED[:4], "preferred_time"]
    if form is not None:
        _keep(turn, ticket, form, customer, checked, uploads, began)
    announce(turn, ticket)
    _acknowledge(turn, ticket, customer, room)
    return Handed(ticket)


def fill_by_page(turn: Turn, ticket: Ticket, form: Form, by: Person, given: Given, began: Micros) -> Handed:
    """Keep what was handed in for a ticket, or say what is wrong. Raises Refused: not_entitled, ticket_over."""
    checked, uploads = _checked(turn, ticket, form, by, given)
    if checked.mistakes:
        return Handed(None, checked.mistakes)
    _keep(turn, ticket, form, by, checked, uploads, began)
    return Handed(ticket)


def _checked(
    turn: Turn, ticket: Ticket | None, form: Form, by: Person, given: Given
) -> tuple[Checked, dict[str, list[FormUpload]]]:
    """His fields against the definition; files are named by words that only his page knows."""
    his = visible(ticket, form, by)
    known = answers_of(turn, ticket) if ticket is not None else {}
    mistakes: dict[str, Misfit] = {}
    files: dict[str, Values] = {}
    uploads: dict[str, list[FormUpload]] = {}
    for one in his:
        if one.sort in FILES and one.id in given:
            names = [name for name in given[one.id] if name.strip()]
            fresh = [_upload(turn, by, name.removeprefix(NEW)) for name in names if name.startswith(NEW)]
            kept = [value for value in known.get(one.id, ()) if f"{OLD}{value}" in names]
            uploads[one.id] = [row for row in fresh if row is not None and accepted(one, row.name, row.mime)]
            files[one.id] = (*kept, *(row.id for row in uploads[one.id]))
            if len(uploads[one.id]) != len(fresh):
                mistakes[one.id] = Misfit("upload")
    mine = {one.id for one in his}
    checked = check(
        form,
        {name: values for name, values in given.items() if name in mine},
        local(turn.now, turn.house.zone).date(),
        files=files,
        known=known,
        needs=False,
    )
    needed = _needed(form, {**known, **checked.answers}, mine, checked, ticket is None or not by.is_staff)
    return Checked(checked.answers, {**needed, **checked.mistakes, **mistakes}, checked.hidden), uploads


def _needed(
    form: Form, answers: Mapping[str, Values], mine: set[str], checked: Checked, strict: bool
) -> dict[str, Misfit]:
    """Required fields that stayed empty: a customer is held to those he is asked for, staff to none (S65)."""
    if not strict:
        return {}
    wanted = {one.id for one in form.fields if one.asked == Asked.CUSTOMER and one.id in mine}
    filled = {name for name, value in answers.items() if value}
    return {
        name: Misfit("required")
        for name in required(form, answers) & wanted
        if name not in filled | checked.mistakes.keys()
    }


def _keep(
    turn: Turn,
    ticket: Ticket,
    form: Form,
    by: Person,
    checked: Checked,
    uploads: dict[str, list[FormUpload]],
    began: Micros,
) -> None:
    filling = begin(turn, ticket, form)
    if filling.began_at is None:
        filling.began_at = min(max(began, ticket.created_at - UPLOAD_LASTS), turn.now)
    plain = {name: value for name, value in checked.answers.items() if name not in uploads}
    emptied = {name: () for name in uploads if not checked.answers.get(name)}
    fill(turn, ticket, form, by, {**plain, **emptied}, PAGE)
    for name, rows in uploads.items():
        if rows and name in checked.answers:
            media = [Media(row.hash, row.mime, row.name, row.size, hash=row.hash) for row in rows]
            kept = [value for value in checked.answers[name] if not isinstance(value, str)]
            fill_files(turn, ticket, form, by, name, "file", media, PAGE, keep=kept)
            for row in rows:
                row.used_at = turn.now


def _upload(turn: Turn, by: Person, name: str) -> FormUpload | None:
    row = turn.get(FormUpload, name)
    fresh = row is not None and row.person_id == by.id and row.used_at is None
    return row if fresh and row is not None and turn.now - row.at <= UPLOAD_LASTS else None


def _acknowledge(turn: Turn, ticket: Ticket, customer: Person, room: Room) -> None:
    """The same words as in a chat, in his chat."""
    words, lang = turn.house.wording, customer.lang
    promise = words.text(lang, f"customer.promise.{ticket.priority}")
    text = words.text(lang, "customer.created", number=ticket.number, what=what(words, ticket, lang), promise=promise)
    talk = conversation_with(turn, customer, room)
    talk.last_ticket, talk.spoken_at = ticket.id, turn.now
    tell(turn, customer, Say("ack_created", text), subject=ticket.stream, room=room)


def file_names(turn: Turn, values: Values) -> list[tuple[str, str]]:
    """What a page calls the files of an answer, and their names."""
    files = [turn.get(Attachment, value) for value in values]
    return [(f"{OLD}{file.id}", file.name or "") for file in files if file is not None]
