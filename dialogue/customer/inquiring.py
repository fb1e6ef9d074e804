"""修好了吗? 单号多少? Each time a customer has to ask is put on record, whatever he is answered (S97)."""

from __future__ import annotations

from core.tickets.inquiring import CHAT, inquire
from core.tickets.model import Ticket
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding

INQUIRIES = frozenset({"ask_progress", "ask_ticket_no"})
"""What he means who asks; to push is more than that, and is counted by itself (S61)."""


def inquired(heard: Heard, meant: Understanding, tickets: list[Ticket], via: str = CHAT) -> Ticket | None:
    """Record that he asked after one of these: once a question, after the ticket that was made last. None if he did not."""
    if meant.intent not in INQUIRIES or not tickets:
        return None
    ticket = max(tickets, key=lambda one: (one.created_at, one.id))
    inquire(heard.turn, ticket, heard.person, meant.intent, heard.text, via)
    return ticket
