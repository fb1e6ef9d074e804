"""A ticket can be held (挂起), with a reason, and resumed to the status it had."""

from __future__ import annotations

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.completing import must_say_enough
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.noting import act
from core.tickets.recording import record
from core.tickets.steps import step
from core.words import Micros


def hold(turn: Turn, ticket: Ticket, by: Person, reason: str, until: Micros | None = None) -> Event:
    """Stop work for a reason of at least so many characters as a summary (S38); `until` when it goes on, if that is known.

    Raises Refused: summary_too_short, step_refused, not_entitled, not_yours.
    """
    must_be_entitled(by, "hold", ticket)
    status = step(ticket, "hold")
    must_say_enough(turn, ticket, reason)
    ticket.held_from, ticket.status, ticket.hold_until = ticket.status, status, until
    act(turn, ticket)
    return record(turn, Happened.HELD, ticket, by, private={"reason": reason}, until=until)


def resume(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """Go on where it stopped. Raises Refused: step_refused, not_entitled, not_yours."""
    must_be_entitled(by, "resume", ticket)
    ticket.status = step(ticket, "resume")
    ticket.held_from = ticket.hold_until = None
    return record(turn, Happened.RESUMED, ticket, by)
