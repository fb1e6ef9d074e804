"""What is late: first response that is due and has not come, and P0 that nobody has taken (S9, S12, S85)."""

from __future__ import annotations

from core.store.turn import Turn
from core.tickets.model import Priority, Status, Ticket
from core.tickets.queries import unanswered
from core.words import HOUR, Micros

NEARLY = 1 * HOUR
"""So long before it is due a ticket counts as nearly late."""


def response_due_at(turn: Turn, ticket: Ticket) -> Micros:
    """When the first response of a ticket is due."""
    return ticket.created_at + turn.house.policies.service_level.first_response(ticket.priority)


def late_by(turn: Turn, ticket: Ticket) -> Micros:
    """How late the first response is; negative while there is time."""
    return turn.now - response_due_at(turn, ticket)


def what_is_late(turn: Turn, entity: str) -> list[Ticket]:
    """Open tickets whose first response is late or nearly late, and P0 that nobody has taken, the latest first."""
    waiting = [
        ticket
        for ticket in unanswered(turn, entity)
        if late_by(turn, ticket) > -NEARLY or (ticket.priority == Priority.P0 and ticket.status == Status.UNASSIGNED)
    ]
    return sorted(waiting, key=lambda ticket: (ticket.priority, -late_by(turn, ticket)))
