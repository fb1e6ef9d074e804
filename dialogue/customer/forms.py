"""A customer's form goes on where the five questions of every ticket end: one question at a time, each once, and never in his way
(S65, S77). docs/forms.md says what is asked of whom."""

from __future__ import annotations

from core.conversations.model import Conversation
from core.conversations.saying import answer
from core.forms import filling
from core.forms.choosing import filling_of, form_of
from core.forms.conditions import Values
from core.forms.definition import FILES, Asked, Sort
from core.forms.reading import Misfit
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.model import Status, Ticket
from dialogue import forms
from dialogue.customer.slots import fields_of
from dialogue.forms import SKIP, SLOT, Open, Question
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding

BEFORE_WORK = frozenset({Status.UNASSIGNED, Status.ACCEPTED})
"""While a ticket stands so, its customer is asked."""
OTHERWISE = frozenset({"report_fault", "greet", "thanks", "goodbye", "out_of_scope"})
"""Intents that are no answer to a question for words, besides those that want an answer of their own."""
WANTS_ANSWER = frozenset(
    {"ask_progress", "urge", "ask_ticket_no", "human_handoff", "complain", "ask_price", "change_appointment", "cancel_ticket",
     "return_exchange", "ask_faq", "rate_service"}
)  # fmt: skip
"""Intents that are answered even where the same message answers a question."""


def next_question(turn: Turn, talk: Conversation, ticket: Ticket) -> Question | None:
    """What the form asks of the customer now; None if nothing."""
    if ticket.status not in BEFORE_WORK or forms.still_open(turn, talk):
        return None
    return forms.next_question(turn, talk, ticket, Asked.CUSTOMER)


def take_answer(heard: Heard, meant: Understanding) -> str | None:
    """Try the open question first, then what he says of his own accord. None if there is more in the message, or nothing of this."""
    if not heard.turn.house.policies.forms:
        return None
    question = forms.opened(heard)
    if question is None:
        return _told_late(heard) or _told_unasked(heard, meant)
    if forms.is_passed(question.field, heard.text):
        return _pass_over(heard, question, "skipped")
    if not _is_other(heard, question, meant):
        named, more = forms.volunteered(heard, question.ticket, question.form, heard.text)
        if named:
            return _keep(heard, question.ticket, named, more and _wants_more(meant))
        try:
            reading = forms.understood(heard, question.field, heard.text, asked=True)
        except Misfit as misfit:
            return _misfit(heard, question, misfit, meant)
        if not forms.is_answer(question.field, reading):
            return None
        more = forms.says_more(question.field, reading) and _wants_more(meant)
        return _keep(heard, question.ticket, {question.field.id: reading.values}, more)
    return _told_unasked(heard, meant)


def take_files(heard: Heard) -> str | None:
    """Files that the open question asked for; None if they are none of those."""
    question = forms.opened(heard) if heard.turn.house.policies.forms else None
    if question is None or question.field.sort not in FILES or heard.message.kind == "voice":
        return None
    kind, media = heard.message.kind, heard.message.media
    if not forms.suits(question.field, kind, media):
        _hint(heard, question, Misfit("file"))
        return None
    try:
        filling.fill_files(
            heard.turn, question.ticket, question.form, heard.person, question.field.id, kind, media, filling.ANSWERED
        )
    except Refused:
        return None
    heard.talk.question = None
    _go_on(heard, question.ticket, forms.noted(heard, question.ticket, question.form, (question.field.id,)))
    return f"filled {question.field.id}"


def press(heard: Heard, said: str) -> str | None:
    """A button of a question, also of an older one. None for one that is not his, or no longer there."""
    ticket_id, _, rest = said.partition(":")
    name, _, chosen = rest.partition(":")
    known = ticket_id.isdecimal() and len(ticket_id) < 19
    ticket = heard.turn.get(Ticket, int(ticket_id), lock=True) if known else None
    form = form_of(heard.turn, ticket) if ticket is not None and ticket.customer_id == heard.person.id else None
    field = form.field(name) if form else None
    if ticket is None or form is None or field is None or field.asked != Asked.CUSTOMER:
        return None
    if chosen == SKIP:
        return _pass_over(heard, Open(ticket, form, field), "skipped")
    values = forms.pressed(field, chosen)
    return _keep(heard, ticket, {name: values}, more=False) if values else None


def _told_late(heard: Heard) -> str | None:
    """An answer days after its question, if it can mean nothing else: 16兆帕, 上周三换的, but no bare number."""
    for question in forms.left_open(heard):
        one, ticket = question.field, question.ticket
        if one.asked != Asked.CUSTOMER or not ticket.is_open or one.sort in (Sort.TEXT, Sort.YES_NO, *FILES):
            continue
        try:
            reading = forms.understood(heard, one, heard.text, asked=False)
        except Misfit:
            continue
        if not reading.bare and not forms.says_more(one, reading):
            return _keep(heard, ticket, {one.id: reading.values}, more=False)
    return None


def _told_unasked(heard: Heard, meant: Understanding) -> str | None:
    """油压是 14 不是 16: a field that he names himself, of the ticket spoken of."""
    last = heard.talk.last_ticket
    ticket = heard.turn.get(Ticket, last, lock=True) if last else None
    begun = filling_of(heard.turn, ticket) if ticket is not None else None
    form = form_of(heard.turn, ticket) if ticket is not None and begun else None
    if ticket is None or form is None or ticket.customer_id != heard.person.id or not ticket.is_open:
        return None
    named, more = forms.volunteered(heard, ticket, form, heard.text)
    return _keep(heard, ticket, named, more, filling.CORRECTED) if named else None


def _is_other(heard: Heard, question: Open, meant: Understanding) -> bool:
    """Whether a question for words got words that are about something else."""
    sure = meant.decision == "accept"
    if question.field.sort == Sort.TEXT:
        return (sure and meant.intent in WANTS_ANSWER | OTHERWISE) or "?" in heard.text or "？" in heard.text
    return question.field.sort in FILES


def _wants_more(meant: Understanding) -> bool:
    return meant.decision == "accept" and meant.intent in WANTS_ANSWER | {"report_fault"}


def _keep(
    heard: Heard, ticket: Ticket, values: dict[str, Values], more: bool, reason: str = filling.ANSWERED
) -> str | None:
    form = form_of(heard.turn, ticket)
    assert form is not None
    try:
        changed = filling.fill(heard.turn, ticket, form, heard.person, values, reason)
    except Refused as refused:
        heard.answer("refuse", f"refused.{refused.key}", **refused.facts)
        return refused.key
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    open_one = heard.talk.question or {}
    if open_one.get("slot") == SLOT and open_one["field"] in values:
        heard.talk.question = None
    if more:
        return None
    _go_on(heard, ticket, forms.noted(heard, ticket, form, changed or tuple(values)))
    return f"filled {', '.join(values)}"


def _pass_over(heard: Heard, question: Open, reason: str) -> str:
    filling.pass_over(heard.turn, question.ticket, question.form, question.field.id, heard.person, reason)
    heard.talk.question = None
    _go_on(heard, question.ticket, heard.say("form.passed"))
    return f"passed over {question.field.id}"


def _misfit(heard: Heard, question: Open, misfit: Misfit, meant: Understanding) -> str | None:
    """One hint with an example; the second time the question is left. What is plainly something else is heard as that."""
    sure = meant.decision == "accept" and meant.intent in WANTS_ANSWER | OTHERWISE
    tells = fields_of(meant, heard.turn.house.zone).keys() - {"emotion"}
    if (sure or tells) and misfit.key in ("number", "choice", "date", "yes_no", "file", "empty"):
        return _told_unasked(heard, meant)
    begun = filling.begin(heard.turn, question.ticket, question.form)
    if question.field.id in begun.hinted:
        return _pass_over(heard, question, "unclear")
    _hint(heard, question, misfit)
    return f"hint {question.field.id}"


def _hint(heard: Heard, question: Open, misfit: Misfit) -> None:
    begun = filling.begin(heard.turn, question.ticket, question.form)
    if question.field.id not in begun.hinted:
        begun.hinted = [*begun.hinted, question.field.id]
        heard.talk.question = {**(heard.talk.question or {}), "at": heard.turn.now}
        text = forms.hint(heard.turn, heard.talk, question.field, misfit)
        answer(heard.turn, heard.talk, "ask_slot", text, asks=(question.field.id,))


def _go_on(heard: Heard, ticket: Ticket, said: str) -> None:
    """What came of the answer, and the next question."""
    following = next_question(heard.turn, heard.talk, ticket)
    if following is None:
        answer(heard.turn, heard.talk, "confirm_change", said)
        return
    text = f"{said}\n{following.text}"
    answer(
        heard.turn,
        heard.talk,
        "confirm_change",
        text,
        also=("ask_slot",),
        asks=(following.field,),
        buttons=following.buttons,
    )
    forms.shown_menu(heard.talk, following)
