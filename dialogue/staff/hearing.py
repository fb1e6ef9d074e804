"""A member of the staff says something: a command, free text about his work, or talk that is none of the desk's business."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from core.refused import Refused
from core.tickets.model import Ticket
from core.tickets.queries import digits_of, numbers_of_engineer
from core.tickets.undoing import remember
from dialogue import serving
from dialogue.choosing import chosen, is_young
from dialogue.forms import TOKEN as FORM
from dialogue.heard import Heard
from dialogue.photos import keep, waits
from dialogue.quoting import quoted
from dialogue.staff import (
    acknowledging,
    arranging,
    changing,
    doing,
    forms,
    forwarding,
    listing,
    parts,
    photos,
    replacing,
    scanning,
    shipping,
)
from dialogue.staff.auditing import audit_asked
from dialogue.staff.belated import overtaken, put_on_record
from dialogue.staff.contentment import contentment_asked
from dialogue.staff.documents import report_asked
from dialogue.staff.drafting import add_to_draft
from dialogue.staff.echoing import echo, gathering
from dialogue.staff.erasing import erasure_asked
from dialogue.staff.explaining import explain, meant_to_explain
from dialogue.staff.first_photos import first_photos_asked
from dialogue.staff.idling import idle_asked
from dialogue.staff.inquiring import inquiries_asked
from dialogue.staff.refusing import refuse
from dialogue.staff.rostering import roster_asked
from dialogue.staff.signing import signature_asked
from dialogue.staff.staying import stayed_asked
from dialogue.staff.swapping import SWAP, swap_pressed
from dialogue.staff.which import NoTicket, numbers_named, ticket_meant, ticket_numbered
from dialogue.understanding.words import Context, Order, TicketRef
from dialogue.vocabulary import vocabulary

DO: dict[str, Callable[[Heard, Ticket, Order], str]] = {
    "accept": doing.accept,
    "arrive": doing.arrive,
    "note": doing.note,
    "complete": doing.complete,
    "set_priority": doing.set_priority,
    "transfer": arranging.transfer,
    "refuse": arranging.refuse,
    "hold": arranging.hold,
    "resume": arranging.resume,
    "reschedule": arranging.reschedule,
    "merge": arranging.merge,
    "keep_apart": arranging.keep_apart,
    "quote": arranging.quote,
    "urge_engineer": arranging.urge,
    "escalate": arranging.escalate,
    "cancel": arranging.cancel,
    "agree_cancel": arranging.agree_to_cancel,
    "need_part": parts.need_part,
    "part_eta": parts.part_eta,
    "part_arrived": parts.part_arrived,
    "query": listing.show,
    "explain": explain,
    "acknowledge": acknowledging.take,
}
"""What is done with one ticket."""

TELL: dict[str, Callable[[Heard], str]] = {
    "list_my_open": listing.my_open,
    "board": listing.board,
    "overdue": listing.overdue,
    "on_call": listing.on_call,
    "undo": arranging.undo,
    "release": serving.release,
}
"""What is answered without a ticket."""

ASKED_FIRST: tuple[Callable[[Heard], str | None], ...] = (
    forms.take_answer,
    audit_asked,
    erasure_asked,
    stayed_asked,
    idle_asked,
    inquiries_asked,
    first_photos_asked,
    contentment_asked,
    report_asked,
    scanning.history_asked,
    acknowledging.alarm_taken,
    roster_asked,
    serving.forward,
    signature_asked,
    shipping.take,
)
"""What is recognised by its own words before any order is looked for; each says what came of it, or None."""

NEEDS = {"set_priority": "priority", "merge": "into", "quote": "amount"}
"""What an action cannot do without: a button pressed late may have lost it."""

_NOT_WORDS = re.compile(r"gd|[\W\d_]")

DO_LATER = "do:"
"""Token of a choice: carry out this action on that ticket."""


def hear(heard: Heard) -> str:
    """Hear a member of the staff; the name of what came of it. What it changed can be taken back."""
    outcome = _hear(heard)
    forms.ask_after(heard)
    remember(heard.turn, heard.person)
    return outcome


def _hear(heard: Heard) -> str:
    message = heard.message
    if message.kind == "enter" and (came := scanning.entered(heard)):
        return came
    if message.kind == "edit":
        return changing.edited(heard, _hear)
    if message.kind == "recall":
        return changing.recalled(heard)
    if message.kind in ("enter", "leave"):
        return message.kind
    token = (message.press or message.text) if message.kind == "press" else chosen(heard)
    if token:
        return _press(heard, token)
    if (passed_on := forwarding.take(heard)) is not None:
        return passed_on
    if message.kind in ("image", "file", "voice") and not heard.text:
        return forms.take_files(heard) or shipping.take_photo(heard) or replacing.take_photo(heard)
    if message.kind == "place":
        return photos.place(heard) or _carry_out(
            heard, Order(heard.text, "note", TicketRef(), {"text": message.text}, 1.0)
        )
    if message.kind == "contact":
        return _carry_out(heard, _contact_noted(heard))
    try:
        answered = next(filter(None, (ask(heard) for ask in ASKED_FIRST)), None)
    except Refused as refused:
        return refuse(heard, refused)
    if answered:
        return answered
    order = _order(heard)
    if order.action == "query" and (waits(heard) or shipping.waits(heard)) and (digits := numbers_named(order.ticket)):
        return _tried(heard, _put_there, digits[0])
    return replacing.keep_words(heard, order) or _added(heard, order) or _carry_out(heard, order)


def _added(heard: Heard, order: Order) -> str | None:
    """It goes on with a summary; None if it does not. What it tells of replaced parts is told of the same ticket."""
    draft = heard.talk.draft
    outcome = add_to_draft(heard, order)
    ticket = heard.turn.get(Ticket, draft["ticket"], lock=True) if outcome and draft else None
    if ticket is not None:
        replacing.follow(heard, ticket, heard.text)
    return outcome


def _contact_noted(heard: Heard) -> Order:
    """Somebody's card (这是客户电话) is a note on the ticket at hand, with name and number."""
    return Order(heard.text, "note", TicketRef(), {"text": heard.say("staff.contact_note", contact=heard.text)}, 1.0)


def _order(heard: Heard) -> Order:
    message, answered = heard.message, quoted(heard)
    context = _context(heard, answered)
    _, said = heard.mind.parcels(heard.text)
    order = heard.mind.order(said, message.at, heard.person.role, context, bool(message.media))
    if answered is not None and order.ticket.form in (None, "last"):
        order = replace(order, ticket=TicketRef("number", digits_of(answered.number)))
    named = bool(numbers_named(order.ticket)) and order.ticket.form != "last"
    cancels = named and _NOT_WORDS.sub("", heard.text.casefold()) in vocabulary("cancel")
    return replace(order, action="cancel") if cancels else replacing.as_note(heard, meant_to_explain(heard, order))


def _carry_out(heard: Heard, order: Order) -> str:
    """Do what he wants done, with every ticket that he named."""
    if order.action in ("none", "ack_only"):
        return _said_nothing(heard, order)
    if heard.among_people and order.action not in TELL and not numbers_named(order.ticket):
        return "said among people"
    needs = NEEDS.get(order.action)
    if order.action not in DO.keys() | TELL.keys() or (needs and order.args.get(needs) is None):
        heard.answer("error_hint", "staff.not_understood")
        return f"cannot {order.action}"
    if order.action in TELL:
        return _tell(heard, order)
    return "; ".join([_do(heard, order, digits) for digits in numbers_named(order.ticket) or [None]])


def _tell(heard: Heard, order: Order) -> str:
    try:
        return TELL[order.action](heard)
    except Refused as refused:
        return refuse(heard, refused)


def _do(heard: Heard, order: Order, digits: str | None) -> str:
    """One ticket, and whatever else the same message asks for, echoed in one line."""
    heard, ticket = gathering(heard), None
    try:
        ticket = ticket_numbered(heard, digits) if digits else ticket_meant(heard, order, DO_LATER)
        heard.talk.last_ticket = ticket.id
        if overtaken(heard, ticket, order):
            outcome = put_on_record(heard, ticket, order)
        else:
            outcome = "; ".join([DO[order.action](heard, ticket, order), *_further(heard, ticket, order)])
        photos.follow(heard, ticket, order.action, named=digits is not None)
        replacing.follow(heard, ticket, order.text)
    except NoTicket as missing:
        if heard.message.kind == "image":
            keep(heard)
        return missing.outcome
    except Refused as refused:
        if ticket is not None and refused.key == "summary_too_short":
            replacing.follow(heard, ticket, order.text)
        return refuse(heard, refused)
    echo(heard, ticket)
    return outcome


def _further(heard: Heard, ticket: Ticket, order: Order) -> list[str]:
    return [_also(heard, ticket, further) for further in order.also if further.action in DO]


def _also(heard: Heard, ticket: Ticket, order: Order) -> str:
    try:
        return DO[order.action](heard, ticket, order)
    except Refused as refused:
        return refuse(heard, refused)


def _said_nothing(heard: Heard, order: Order) -> str:
    """收到 and its kin are heard, and do not count; talk among people is none of our business."""
    if order.action == "ack_only" and numbers_of_engineer(heard.turn, heard.person):
        heard.answer("hint", "staff.heard")
        return "heard, no response"
    if order.action == "none" and heard.message.called and not heard.message.room.group and heard.text.strip():
        heard.answer("hint", "staff.not_understood")
        return "not understood"
    return "nothing to do"


def _press(heard: Heard, token: str) -> str:
    """A button, or a number typed for it: accept:GD-1001, do:accept:GD-1001."""
    heard.talk.menu = None
    if token == scanning.REPAIR:
        return _tried(heard, scanning.repair, token)
    if token.startswith(f"{SWAP}:"):
        return _tried(heard, swap_pressed, token)
    if token.startswith(photos.PHOTO):
        return _tried(heard, _put_there, token.removeprefix(photos.PHOTO))
    if token.startswith(shipping.PARCEL):
        return _tried(heard, shipping.press, token.removeprefix(shipping.PARCEL))
    if token.startswith(FORM):
        return forms.press(heard, token.removeprefix(FORM))
    action, number, *into = (*token.removeprefix(DO_LATER).split(":"), "")
    question, heard.talk.question = heard.talk.question or {}, None
    asked = question.get("slot") == "which" and is_young(heard, question["at"])
    words, args = (question["text"], question["args"]) if asked else ("", {})
    args = {"into": digits_of(into[0])} if into[0] else args
    return _carry_out(heard, Order(words, action, TicketRef("number", digits_of(number)), args, 1.0))


def _put_there(heard: Heard, number: str) -> str:
    """He says where what waits belongs: a parcel, what he forwarded, or his own photos. Raises Refused."""
    if shipping.waits(heard):
        return shipping.press(heard, number)
    return forwarding.press(heard, number) if forwarding.waits(heard) else replacing.put_photos(heard, number)


def _tried(heard: Heard, do: Callable[[Heard, str], str], token: str) -> str:
    try:
        return do(heard, token)
    except Refused as refused:
        return refuse(heard, refused)


def _context(heard: Heard, answered: Ticket | None) -> Context:
    """What the desk knows of the speaker, who answers a message about a ticket."""
    mine = [(digits_of(number), name) for number, name in numbers_of_engineer(heard.turn, heard.person)]
    last = answered or (heard.turn.get(Ticket, heard.talk.last_ticket) if heard.talk.last_ticket else None)
    customers = {name: digits for digits, name in mine if name}
    return Context(digits_of(last.number) if last else None, tuple(digits for digits, _ in mine), customers)
