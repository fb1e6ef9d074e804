"""What engineers do with a ticket by chat: each is one verb of the core, and one line of answer."""

from __future__ import annotations

from dataclasses import replace

from core.tickets import accepting, arriving, noting, prioritising
from core.tickets.describing import what
from core.tickets.model import Priority, Ticket
from core.tickets.substance import is_real_note
from dialogue.heard import Heard
from dialogue.staff.arranging import appoint_as_noted
from dialogue.staff.drafting import summarise
from dialogue.understanding.words import Order


def accept(heard: Heard, ticket: Ticket, order: Order) -> str:
    """接单."""
    accepting.accept(heard.turn, ticket, heard.person)
    heard.answer(
        "action_done",
        "staff.done_accept",
        number=ticket.number,
        what=what(heard.turn.house.wording, ticket, heard.lang),
    )
    return f"accepted {ticket.number}"


def arrive(heard: Heard, ticket: Ticket, order: Order) -> str:
    """到场; what he says besides is a note."""
    arriving.arrive(heard.turn, ticket, heard.person)
    heard.answer("action_done", "staff.done_arrive", number=ticket.number)
    besides = order.args.get("note")
    if besides and is_real_note(besides):
        return f"arrived {ticket.number}; {note(heard, ticket, replace(order, args={'text': besides}))}"
    _add_files(heard, ticket)
    return f"arrived {ticket.number}"


def note(heard: Heard, ticket: Ticket, order: Order) -> str:
    """备注."""
    first = ticket.first_response_at is None
    text = order.args.get("text") or heard.text
    noting.note(heard.turn, ticket, heard.person, text)
    appoint_as_noted(heard, ticket, text)
    _add_files(heard, ticket)
    key = "staff.done_first_response" if first else "staff.done_note"
    heard.answer("action_done", key, number=ticket.number)
    return f"noted {ticket.number}"


def complete(heard: Heard, ticket: Ticket, order: Order) -> str:
    """完成, with its summary."""
    outcome = summarise(heard, ticket, "complete", order.args.get("summary") or "")
    _add_files(heard, ticket)
    return outcome


def set_priority(heard: Heard, ticket: Ticket, order: Order) -> str:
    """改优先级."""
    priority = Priority(order.args["priority"])
    prioritising.set_priority(heard.turn, ticket, heard.person, priority)
    name = heard.turn.house.wording.name(heard.lang, "priority", priority)
    heard.answer("action_done", "staff.done_priority", number=ticket.number, priority=name)
    return f"priority {ticket.number} {priority}"


def _add_files(heard: Heard, ticket: Ticket) -> None:
    if heard.message.media:
        noting.photo(heard.turn, ticket, heard.person, heard.message.kind, heard.message.media)
