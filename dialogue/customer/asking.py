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
from dialogue.understanding.leaning import leaning
from dialogue.understanding.words import Understanding
from dialogue.vocabulary import answers, bare, vocabulary


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


EXPECTED = {
    **dict.fromkeys(SLOTS, frozenset({"supplement_info", "deny"})),
    "fault_symptom": frozenset({"report_fault", "supplement_info", "deny"}),
    "preferred_time": frozenset({"supplement_info", "change_appointment", "deny"}),
    "appointment": frozenset({"change_appointment", "supplement_info"}),
    "cancel": frozenset({"deny"}),
}
"""Open question → the intents that its answers have. A yes that does something hard is never made out of less than a yes."""
OTHER_MATTERS = frozenset({"report_fault", "greet", "thanks", "goodbye"})
"""What is surely something else than the bare answer to a question of long ago."""


def understood(heard: Heard) -> Understanding:
    """What he means, with what the open question expects in mind."""
    question, meant = open_question(heard), heard.meant
    if not question or not is_young(heard, question["at"]) or len(meant.ranking) < 2:
        return meant
    return leaning(meant, EXPECTED.get(question["slot"], frozenset()), heard.decide)


def open_question(heard: Heard) -> dict[str, Any] | None:
    """What was asked last; what it was before he was asked what he meant is still open."""
    question = heard.talk.question
    return question.get("before") or question if question else None


def take_answer(heard: Heard, fields: dict[str, Any], meant: Understanding) -> str | None:
    """Try the open question first: put its answer among the fields, days later too. Returns an outcome only if the question was
    declined."""
    question, turn = open_question(heard), heard.turn
    if not question or question["slot"] not in SLOTS:
        return None
    sure, late = meant.decision == "accept", not is_young(heard, question["at"])
    declined = sure and meant.intent == "deny" and not late
    ticket, slot = turn.get(Ticket, question["ticket"], lock=True), question["slot"]
    if ticket is None or not ticket.is_open:
        return None
    if declined and not fields:
        heard.talk.question = None
        heard.answer("smalltalk", "customer.noted")
        return f"declined {slot}"
    if sure and meant.intent in OTHER_MATTERS - ({"report_fault"} if not late or slot == "fault_symptom" else set()):
        return None
    if slot not in fields:
        value = heard.mind.expect(slot, heard.text, heard.message.at)
        if value is None or (late and "fault_symptom" in fields):
            return None
        fields.update(time_fields(value, turn.house.zone) if slot == "preferred_time" else {slot: value})
    elif not late:
        return None
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, turn.now
    heard.talk.question = None
    return None


def passed_over(heard: Heard) -> Ticket | None:
    """跳过, 不知道, skip to one of the five questions: the ticket about which the next may be asked; None if he says something else."""
    question = heard.talk.question
    if not question or question["slot"] not in SLOTS or not is_young(heard, question["at"]):
        return None
    ticket = heard.turn.get(Ticket, question["ticket"], lock=True)
    if ticket is None or not ticket.is_open or bare(heard.text) not in vocabulary("pass_over"):
        return None
    heard.talk.question = None
    return ticket


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
