"""The desk asks for what is missing: one thing at a time, each once, and never what it knows."""

from __future__ import annotations

from typing import Any

from core.conversations.model import Conversation
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.model import SLOTS, Priority, Status, Ticket
from core.tickets.ownership import owner_of
from core.tickets.prioritising import set_priority
from core.tickets.queries import tickets_of_customer
from core.tickets.reporting import missing
from dialogue.choosing import is_young
from dialogue.customer.slots import time_fields
from dialogue.forms import SLOT as FORM
from dialogue.heard import Heard
from dialogue.vocabulary import answers


def next_question(turn: Turn, talk: Conversation, ticket: Ticket) -> str | None:
    """The next thing to ask about this ticket, remembered as asked; None if nothing is missing."""
    if ticket.status not in (Status.UNASSIGNED, Status.ACCEPTED):
        return None
    slot = next((slot for slot in missing(ticket, SLOTS) if slot not in ticket.asked), None)
    if slot or (talk.question or {}).get("slot") != FORM:
        talk.question = {"slot": slot, "ticket": ticket.id, "at": turn.now} if slot else None
    if slot:
        ticket.asked = [*ticket.asked, slot]
    return slot


def take_answer(heard: Heard, fields: dict[str, Any], declined: bool) -> str | None:
    """Try the open question first: put its answer among the fields. Returns an outcome only if the question was declined."""
    question, turn = heard.talk.question, heard.turn
    if not question or question["slot"] not in SLOTS or not is_young(heard, question["at"]):
        return None
    ticket, slot = turn.get(Ticket, question["ticket"], lock=True), question["slot"]
    if ticket is None or not ticket.is_open:
        return None
    if declined and not fields:
        heard.talk.question = None
        heard.answer("smalltalk", "customer.noted")
        return f"declined {slot}"
    value = heard.mind.expect(slot, heard.text, heard.message.at)
    if value is None or slot in fields:
        return None
    fields.update(time_fields(value, turn.house.zone) if slot == "preferred_time" else {slot: value})
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, turn.now
    heard.talk.question = None
    return None


def correct_priority(heard: Heard) -> str | None:
    """加急, 不急, P0: the priority of the ticket spoken of last, else of his only one, is corrected by one word (S9)."""
    word = answers(heard.text, "priority")
    priority = Priority(word) if word else None
    ticket = _spoken_of(heard) if priority else None
    if priority is None or ticket is None:
        return None
    try:
        set_priority(heard.turn, ticket, heard.person, priority)
    except Refused:
        owner = owner_of(heard.turn, ticket)
        heard.answer("confirm_change", "customer.p0_stays", number=ticket.number, name=owner.name if owner else "")
        return "p0 stays"
    name = heard.turn.house.wording.name(heard.lang, "priority", priority)
    heard.answer("confirm_change", "customer.raised", number=ticket.number, priority=name)
    return f"priority {priority}"


def _spoken_of(heard: Heard) -> Ticket | None:
    turn, last = heard.turn, heard.talk.last_ticket
    ticket = turn.get(Ticket, last, lock=True) if last else None
    if ticket is not None and ticket.is_open:
        return ticket
    open_ones = [ticket for ticket in tickets_of_customer(turn, heard.person) if ticket.is_open]
    return open_ones[0] if len(open_ones) == 1 else None
