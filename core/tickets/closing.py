"""A done ticket can be closed, or reopened when it was not fixed (返修: same engineer, no rating)."""

from __future__ import annotations

from core.people.model import Person
from core.store.model import Event, Timer
from core.store.turn import Turn
from core.tickets.completing import CLOSE_TIMER
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.recording import happened_at, record
from core.tickets.steps import step


def close(turn: Turn, ticket: Ticket, by: Person | None) -> Event:
    """Close a done ticket for good; `by` is None when its time has run out. Raises Refused: step_refused, not_entitled."""
    if by is not None:
        must_be_entitled(by, "close", ticket)
    ticket.status = step(ticket, "close")
    ticket.closed_at = happened_at(turn)
    turn.forget(CLOSE_TIMER, ticket.stream)
    return record(turn, Happened.CLOSED, ticket, by)


def close_when_due(turn: Turn, timer: Timer) -> None:
    """Nobody rated it and nobody complained: the ticket is closed."""
    ticket = turn.get(Ticket, timer.data["ticket"], lock=True)
    if ticket is not None and ticket.status == Status.DONE:
        close(turn, ticket, None)


def reopen(turn: Turn, ticket: Ticket, by: Person, words: str = "") -> Event:
    """It is not fixed: back to the same engineer. Raises Refused: step_refused, not_entitled."""
    must_be_entitled(by, "reopen", ticket)
    ticket.status = step(ticket, "reopen")
    ticket.reopened += 1
    ticket.done_at, ticket.rating, ticket.rating_requested = None, None, False
    if words:
        ticket.description = f"{ticket.description}\n{words}".strip()
    turn.forget(CLOSE_TIMER, ticket.stream)
    return record(turn, Happened.REOPENED, ticket, by, private={"words": words}, engineer=ticket.engineer_id)
