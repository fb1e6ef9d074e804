"""An engineer's part of a form: asked when he has arrived, and what is required once more when he has finished. It holds nothing up
(S65, S77)."""

from __future__ import annotations

from core.conversations.saying import answer
from core.forms import filling
from core.forms.choosing import filling_of, form_of
from core.forms.conditions import Values
from core.forms.definition import FILES, Asked, Sort
from core.forms.reading import Misfit
from core.refused import Refused
from core.store.model import Event
from core.tickets.events import Happened
from core.tickets.model import Ticket
from dialogue import forms
from dialogue.forms import SKIP, SLOT, Open
from dialogue.heard import Heard
from dialogue.staff.refusing import refuse
from dialogue.understanding.words import Context

PURPOSE = "ask_form"
"""Kind of message: a question of a form, to a member of the staff."""
NO_COMMAND = frozenset({"none", "note"})


def ask_after(heard: Heard) -> None:
    """What follows from arriving or finishing in this turn: a question, if the ticket's form has one for him."""
    if not heard.turn.house.policies.forms:
        return
    done = [
        event
        for event in heard.turn.seen(Event)
        if event.cause == heard.turn.cause.text and event.by == heard.person.id
    ]
    for event in done:
        ticket = heard.turn.get(Ticket, event.data["ticket"]) if "ticket" in event.data else None
        if ticket is not None and event.kind == Happened.ARRIVED:
            _ask_next(heard, ticket)
        elif ticket is not None and event.kind == Happened.COMPLETED:
            _ask_for_missing(heard, ticket)


def take_answer(heard: Heard) -> str | None:
    """An answer to the open question. What he tells of a field of his own accord is kept too, and heard as a note besides (None)."""
    if not heard.turn.house.policies.forms:
        return None
    question = forms.opened(heard)
    if question is None:
        _keep_unasked(heard)
        return None
    if forms.is_passed(question.field, heard.text):
        filling.pass_over(heard.turn, question.ticket, question.form, question.field.id, heard.person, "skipped")
        heard.talk.question = None
        heard.answer("hint", "form.passed")
        return f"passed over {question.field.id}"
    if question.field.sort in FILES:
        return take_files(heard)
    named, more = forms.volunteered(heard, question.ticket, question.form, heard.text)
    if named:
        return _keep(heard, question, named, more)
    return _bare_answer(heard, question)


def take_files(heard: Heard) -> str | None:
    """Files that the open question asked for; others are what they always were (None)."""
    question = forms.opened(heard) if heard.turn.house.policies.forms else None
    kind, media = heard.message.kind, heard.message.media
    if question is None or not forms.suits(question.field, kind, media):
        return None
    ticket, form, name = question.ticket, question.form, question.field.id
    try:
        filling.fill_files(heard.turn, ticket, form, heard.person, name, kind, media, filling.ANSWERED)
    except Refused as refused:
        return refuse(heard, refused)
    return _answered(heard, ticket, (name,))


def press(heard: Heard, said: str) -> str:
    """A button of a question. Raises Refused."""
    ticket_id, _, rest = said.partition(":")
    name, _, chosen = rest.partition(":")
    ticket = (
        heard.turn.get(Ticket, int(ticket_id), lock=True) if ticket_id.isdecimal() and len(ticket_id) < 19 else None
    )
    form = form_of(heard.turn, ticket) if ticket is not None else None
    field = form.field(name) if form else None
    if ticket is None or form is None or field is None or ticket.entity != heard.person.entity:
        heard.answer("error_hint", "staff.not_understood")
        return "no such question"
    question = Open(ticket, form, field)
    if chosen == SKIP:
        filling.pass_over(heard.turn, ticket, form, name, heard.person, "skipped")
        heard.answer("hint", "form.passed")
        return f"passed over {name}"
    values = forms.pressed(field, chosen)
    return (_keep(heard, question, {name: values}, more=False) if values else None) or "no such choice"


def _bare_answer(heard: Heard, question: Open) -> str | None:
    """The answer and nothing else; a note that happens to hold a number is none."""
    one = question.field
    if one.sort == Sort.TEXT:
        return _words(heard, question)
    parts = [part for part in forms.clauses(heard.text) if part]
    wanted = [
        one,
        *(
            other
            for other in filling.missing(heard.turn, question.ticket, question.form, Asked.ENGINEER)
            if other != one
        ),
    ]
    found: dict[str, Values] = {}
    for part in parts:
        for other in wanted:
            if other.id in found or other.sort in (Sort.TEXT, *FILES):
                continue
            try:
                reading = forms.understood(heard, other, part, asked=other == one and len(parts) == 1)
            except Misfit as misfit:
                if (
                    other == one
                    and len(parts) == 1
                    and misfit.key in ("limits", "unit", "too_early", "too_late", "number_many")
                ):
                    return _hint(heard, question, misfit)
                continue
            if not forms.says_more(other, reading):
                found[other.id] = reading.values
                break
        else:
            return None
    return _keep(heard, question, found, more=False) if found else None


def _words(heard: Heard, question: Open) -> str | None:
    """Words answer a question for words; they are a note besides, if they say as much."""
    order = heard.mind.order(heard.text, heard.message.at, heard.person.role, Context(), bool(heard.message.media))
    if order.action not in NO_COMMAND:
        return None
    kept = _keep(heard, question, {question.field.id: (heard.text.strip(),)}, more=False)
    return None if order.action == "note" else kept


def _keep(heard: Heard, question: Open, values: dict[str, Values], more: bool) -> str | None:
    try:
        changed = filling.fill(heard.turn, question.ticket, question.form, heard.person, values, filling.ANSWERED)
    except Refused as refused:
        return refuse(heard, refused)
    outcome = _answered(heard, question.ticket, changed or tuple(values))
    return None if more else outcome


def _keep_unasked(heard: Heard) -> None:
    last = heard.talk.last_ticket
    ticket = heard.turn.get(Ticket, last, lock=True) if last else None
    form = form_of(heard.turn, ticket) if ticket is not None and filling_of(heard.turn, ticket) else None
    if ticket is None or form is None or ticket.status in ("closed", "cancelled"):
        return
    named, _ = forms.volunteered(heard, ticket, form, heard.text)
    changed = filling.fill(heard.turn, ticket, form, heard.person, named, filling.CORRECTED) if named else ()
    if changed:
        answer(heard.turn, heard.talk, "action_done", forms.noted(heard, ticket, form, changed))


def _answered(heard: Heard, ticket: Ticket, names: tuple[str, ...]) -> str:
    form, heard.talk.question = form_of(heard.turn, ticket), None
    assert form is not None
    heard.talk.last_ticket = ticket.id
    answer(heard.turn, heard.talk, "action_done", forms.noted(heard, ticket, form, names))
    if ticket.is_open:
        _ask_next(heard, ticket)
    return f"filled {', '.join(names)}"


def _ask_next(heard: Heard, ticket: Ticket) -> None:
    following = forms.next_question(heard.turn, heard.talk, ticket, Asked.ENGINEER)
    if following is not None:
        text = heard.say("form.to_staff", number=ticket.number, question=following.text)
        answer(heard.turn, heard.talk, PURPOSE, text, buttons=following.buttons)
        forms.shown_menu(heard.talk, following)


def _ask_for_missing(heard: Heard, ticket: Ticket) -> None:
    """All that is required and missing, in one question; it was asked, whatever he answers."""
    form = form_of(heard.turn, ticket)
    lacking = filling.missing(heard.turn, ticket, form, Asked.ENGINEER) if form is not None else []
    if form is None or not lacking:
        return
    for one in lacking:
        filling.asked(heard.turn, ticket, form, one.id, Asked.ENGINEER, heard.person)
    heard.talk.question = {"slot": SLOT, "ticket": ticket.id, "field": lacking[0].id, "at": heard.turn.now}
    heard.talk.menu = None
    labels = "、".join(forms.with_unit(one, heard.lang) for one in lacking)
    heard.answer(PURPOSE, "form.missing", number=ticket.number, labels=labels)


def _hint(heard: Heard, question: Open, misfit: Misfit) -> str:
    begun = filling.begin(heard.turn, question.ticket, question.form)
    if question.field.id in begun.hinted:
        filling.pass_over(heard.turn, question.ticket, question.form, question.field.id, heard.person, "unclear")
        heard.talk.question = None
        heard.answer("hint", "form.passed")
        return f"passed over {question.field.id}"
    begun.hinted = [*begun.hinted, question.field.id]
    answer(heard.turn, heard.talk, "hint", forms.hint(heard.turn, heard.talk, question.field, misfit))
    return f"hint {question.field.id}"
