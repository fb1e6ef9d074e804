"""A ticket can be urged (催单): counted, and whoever has it hears so."""

from __future__ import annotations

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.noting import must_not_be_over
from core.tickets.recording import record


def urge(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """Push it. Raises Refused: ticket_over."""
    must_not_be_over(ticket)
    ticket.urge_count += 1
    return record(turn, Happened.URGED, ticket, by, count=ticket.urge_count)
