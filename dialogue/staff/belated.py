"""What was written before the ticket moved on, and comes only now, goes on record at its own time and overturns nothing (S12, S90)."""

from __future__ import annotations

from core.refused import Refused
from core.tickets import noting
from core.tickets.model import Ticket
from core.tickets.substance import is_real_note
from core.wording import local
from core.words import MINUTE
from dialogue.heard import Heard
from dialogue.understanding.words import Order

LATE = 2 * MINUTE
"""Age of a message from which on it counts as late; platforms tell the time in whole seconds, and networks dawdle."""
MOVES = frozenset(
    {"accept", "arrive", "need_part", "part_arrived", "complete", "transfer", "hold", "resume", "merge", "cancel"}
)
"""Actions that move a ticket on."""


def overtaken(heard: Heard, ticket: Ticket, order: Order) -> bool:
    """Whether the message would move the ticket, was written before it last moved, and comes late."""
    written = heard.message.at
    late = heard.turn.now - written >= LATE
    return late and order.action in MOVES and (ticket.stage_at or 0) > written


def put_on_record(heard: Heard, ticket: Ticket, order: Order) -> str:
    """Note what he said, at the time when he said it. Raises Refused: ticket_over, not_entitled."""
    words = heard.text.strip()
    if not is_real_note(words):
        raise Refused("note_says_nothing", number=ticket.number)
    noting.note(heard.turn, ticket, heard.person, words)
    if order.action == "arrive" and ticket.arrived_at is None:
        ticket.arrived_at = heard.message.at
    wording, zone = heard.turn.house.wording, heard.turn.house.zone
    heard.answer(
        "action_done",
        "staff.done_late",
        number=ticket.number,
        time=local(heard.message.at, zone).strftime("%H:%M"),
        status=wording.name(heard.lang, "status", ticket.status),
    )
    return f"put on record {ticket.number}"
