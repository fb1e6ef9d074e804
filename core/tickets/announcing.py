"""A ticket is announced: dispatched to one engineer, and a P0 told to everybody who may help, at once (S58, S10)."""

from __future__ import annotations

from core.dispatch.offering import alarm, dispatch, hurry
from core.people.duty import fallback_owner, on_duty
from core.people.model import Person, Role
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Priority, Status, Ticket
from core.tickets.recording import record, ticket_in


def announce(turn: Turn, ticket: Ticket) -> None:
    """Find somebody for it. Once per ticket, and once more when it becomes a P0; not while staff decide whether it is a
    repetition (S64)."""
    urgent = ticket.priority == Priority.P0
    if ticket.status != Status.UNASSIGNED or ticket.announced == Priority.P0 or (ticket.announced and not urgent):
        return
    if ticket.duplicate_of is not None and not _more_urgent(turn, ticket):
        return
    ticket.announced = ticket.priority
    told = None
    if ticket.engineer_id is None:
        told = dispatch(turn, ticket)
    else:
        hurry(turn, ticket)
    if urgent:
        _tell_everybody(turn, ticket, told)


def announce_p0_at_once(turn: Turn, event: Event) -> None:
    """A P0 waits for no end of a burst."""
    ticket = ticket_in(turn, event)
    if ticket.priority == Priority.P0:
        announce(turn, ticket)


def announce_after_all(turn: Turn, event: Event) -> None:
    """It is a fault of its own."""
    announce(turn, ticket_in(turn, event))


def _tell_everybody(turn: Turn, ticket: Ticket, told: Person | None) -> None:
    """Every engineer on duty and whoever answers for unaccepted tickets, but for the one who has just been told."""
    fallback = fallback_owner(turn, ticket.entity)
    people = [*on_duty(turn, ticket.entity, Role.ENGINEER), *([fallback] if fallback else [])]
    others = [person for person in people if told is None or person.id != told.id]
    for person in others:
        alarm(turn, ticket, person)
    record(turn, Happened.ANNOUNCED, ticket, None, priority=ticket.priority, to=[person.id for person in others])


def _more_urgent(turn: Turn, ticket: Ticket) -> bool:
    """A P0 does not wait for a verdict, unless the ticket that it may repeat has raised the alarm already."""
    other = turn.get(Ticket, ticket.duplicate_of) if ticket.duplicate_of else None
    return ticket.priority == Priority.P0 and (other is None or other.priority != Priority.P0)


REACTIONS = {Happened.KEPT_APART: (announce_after_all,)}
"""Event → what must follow in the same turn."""
