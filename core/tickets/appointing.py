"""A visit can be appointed, or moved (改约): a customer's new time holds at once, the engineer may object (S98)."""

from __future__ import annotations

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record
from core.words import Micros


def appoint(turn: Turn, ticket: Ticket, by: Person, start: Micros, end: Micros, words: str | None = None) -> Event:
    """Set or move the time of the visit; `words` in which a customer wished for it. Raises Refused: time_past, ticket_over, not_entitled."""
    must_be_entitled(by, "appoint", ticket)
    if not ticket.is_open:
        raise Refused("ticket_over", number=ticket.number, status=ticket.status)
    if end <= turn.now:
        raise Refused("time_past", number=ticket.number)
    before = ticket.appointment_start
    ticket.appointment_start, ticket.appointment_end = start, end
    if not by.is_staff:
        ticket.preferred_start, ticket.preferred_end, ticket.preferred_text = start, end, words
    return record(turn, Happened.APPOINTED, ticket, by, start=start, end=end, before=before)
