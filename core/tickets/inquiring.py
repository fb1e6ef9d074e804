"""A ticket can be asked after (询问): the customer wants to hear how it stands, or what its number is (S97)."""

from __future__ import annotations

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record_aside

CHAT, PHONE = "chat", "phone"
"""How he asked: in a chat, or by the hotline."""


def inquire(turn: Turn, ticket: Ticket, by: Person, intent: str, words: str, via: str) -> Event:
    """Put on record that he asked, and how old the ticket was then. It leaves the ticket as it was touched last."""
    return record_aside(
        turn, Happened.INQUIRED, ticket, by, private={"words": words}, intent=intent, created=ticket.created_at, via=via
    )
