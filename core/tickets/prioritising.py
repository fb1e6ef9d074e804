"""The priority of a ticket can be set; only staff may take a P0 back (紧急等级, S9)."""

from __future__ import annotations

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Priority, Ticket
from core.tickets.noting import must_not_be_over
from core.tickets.recording import record


def set_priority(turn: Turn, ticket: Ticket, by: Person, priority: Priority) -> Event:
    """Set it. Raises Refused: p0_stays (a customer would lower a P0), not_entitled, ticket_over."""
    must_not_be_over(ticket)
    if by.is_staff:
        must_be_entitled(by, "priority", ticket)
    elif ticket.customer_id != by.id:
        raise Refused("not_entitled", number=ticket.number, verb="priority")
    elif ticket.priority == Priority.P0 and priority != Priority.P0:
        raise Refused("p0_stays", number=ticket.number)
    before, ticket.priority = ticket.priority, priority
    ticket.priority_from = "staff" if by.is_staff else "customer"
    return record(turn, Happened.PRIORITY_SET, ticket, by, before=before, priority=priority)
