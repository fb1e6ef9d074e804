"""A member of the staff says something: a command, free text about his work, or talk that is none of the desk's business."""

from __future__ import annotations

from collections.abc import Callable

from core.people.model import Person
from core.refused import Refused
from core.tickets.model import Ticket
from core.tickets.queries import digits_of, open_of_engineer
from core.tickets.undoing import remember
from dialogue.customer.pressing import chosen
from dialogue.heard import Heard
from dialogue.staff import arranging, doing, listing, parts, serving
from dialogue.staff.auditing import audit_asked
from dialogue.staff.drafting import add_to_draft, draft_of
from dialogue.staff.refusing import refuse
from dialogue.staff.which import NoTicket, ticket_meant
from dialogue.understanding.words import Context, Order, TicketRef

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
    "agree_cancel": arranging.agree_to_cancel,
    "need_part": parts.need_part,
    "part_eta": parts.part_eta,
    "part_arrived": parts.part_arrived,
    "photo": doing.photo,
    "query": listing.show,
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

CHANGES_NOTHING = frozenset({"query", "urge_engineer", "escalate"})

DO_LATER = "do:"
"""Token of a choice: carry out this action on that ticket."""


def hear(heard: Heard) -> str:
    """Hear a member of the staff; the name of what came of it."""
    message = heard.message
    if message.kind in ("enter", "leave", "recall", "edit", "contact"):
        return message.kind
    token = (message.press or message.text) if message.kind == "press" else chosen(heard)
    if token:
        return _press(heard, token)
    if message.kind in ("image", "file", "voice") and not heard.text:
        return _carry_out(heard, Order(heard.text, "photo", TicketRef(), {}, 1.0))
    if message.kind == "place":
        return _carry_out(heard, Order(heard.text, "note", TicketRef(), {"text": message.text}, 1.0))
    try:
        answered = audit_asked(heard) or serving.forward(heard)
    except Refused as refused:
        return refuse(heard, refused)
    if answered:
        return answered
    order = heard.mind.order(heard.text, message.at, heard.person.role, _context(heard), bool(message.media))
    if draft := draft_of(heard, order):
        return add_to_draft(heard, draft)
    heard.talk.draft = None
    return _carry_out(heard, order)


def _carry_out(heard: Heard, order: Order) -> str:
    if order.action in ("none", "ack_only"):
        return _said_nothing(heard, order)
    act = DO.get(order.action)
    try:
        if order.action in TELL:
            return TELL[order.action](heard)
        if act is None:
            heard.answer("error_hint", "staff.not_yet", verb=heard.text[:20])
            return f"cannot {order.action} yet"
        ticket = ticket_meant(heard, order, DO_LATER)
        heard.talk.last_ticket = ticket.id
        outcome = act(heard, ticket, order)
    except NoTicket as missing:
        return missing.outcome
    except Refused as refused:
        return refuse(heard, refused)
    for further in order.also:
        if further.action in DO:
            outcome += f"; {_also(heard, ticket, further)}"
    if order.action not in CHANGES_NOTHING:
        remember(heard.turn, ticket, heard.person)
    return outcome


def _also(heard: Heard, ticket: Ticket, order: Order) -> str:
    try:
        return DO[order.action](heard, ticket, order)
    except Refused as refused:
        return refuse(heard, refused)


def _said_nothing(heard: Heard, order: Order) -> str:
    """收到 and its kin are heard, and do not count; talk among people is none of our business."""
    if order.action == "ack_only" and open_of_engineer(heard.turn, heard.person):
        heard.answer("hint", "staff.heard")
        return "heard, no response"
    if order.action == "none" and heard.message.called and not heard.message.room.group and heard.text.strip():
        heard.answer("hint", "staff.not_understood")
        return "not understood"
    return "nothing to do"


def _press(heard: Heard, token: str) -> str:
    """A button, or a number typed for it: accept:GD-1001, do:accept:GD-1001."""
    heard.talk.menu = None
    action, number, *into = token.removeprefix(DO_LATER).split(":")
    remembered = heard.talk.question or {}
    words = remembered.get("text", "") if remembered.get("slot") == "which" else ""
    heard.talk.question = None
    args = {"into": digits_of(into[0])} if into else remembered.get("args", {}) if words else {}
    return _carry_out(heard, Order(words, action, TicketRef("number", digits_of(number)), args, 1.0))


def _context(heard: Heard) -> Context:
    """What the desk knows of the speaker."""
    turn, person = heard.turn, heard.person
    mine = open_of_engineer(turn, person)
    last = turn.get(Ticket, heard.talk.last_ticket) if heard.talk.last_ticket else None
    customers = {}
    for ticket in mine:
        customer = turn.get(Person, ticket.customer_id)
        if customer and customer.name:
            customers[customer.name] = digits_of(ticket.number)
    return Context(digits_of(last.number) if last else None, tuple(digits_of(t.number) for t in mine), customers)
