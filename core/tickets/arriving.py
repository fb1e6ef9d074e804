"""An engineer can arrive (现场诊断)."""

from __future__ import annotations

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import happened_at, record
from core.tickets.steps import step


def arrive(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """He is there. Raises Refused: step_refused, not_entitled, not_yours."""
    must_be_entitled(by, "arrive", ticket)
    ticket.status = step(ticket, "arrive")
    ticket.arrived_at = happened_at(turn)
    return record(turn, Happened.ARRIVED, ticket, by)
