"""A ticket can be accepted: from then on exactly one engineer owns it (接单, S1)."""

from __future__ import annotations

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.handing_over import answer_handover
from core.tickets.model import Status, Ticket
from core.tickets.recording import happened_at, record
from core.tickets.steps import possible, step


def accept(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """Give the ticket to `by`.

    Raises Refused: accept_conflict (names who was first), already_yours, step_refused, not_entitled.
    """
    must_be_entitled(by, "accept", ticket)
    if ticket.status != Status.UNASSIGNED and ticket.is_open and ticket.engineer_id is not None:
        owner = turn.get(Person, ticket.engineer_id)
        if ticket.engineer_id == by.id:
            raise Refused("already_yours", number=ticket.number, steps=possible(ticket))
        raise Refused("accept_conflict", number=ticket.number, name=owner.name if owner else "")
    ticket.status = step(ticket, "accept")
    ticket.engineer_id = ticket.owner_id = by.id
    ticket.assigned_at = happened_at(turn)
    answered = answer_handover(turn, ticket, by)
    return record(turn, Happened.ACCEPTED, ticket, by, engineer=by.id, answered=answered)
