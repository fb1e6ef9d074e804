"""A ticket's page can be opened: that is a click, not work; three minutes later it shows what came of it (S6, S7)."""

from __future__ import annotations

from core.people.model import Person
from core.store.model import Event, Timer
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record_aside

WATCH_TIMER = "ticket.open_watch"
"""Looks, some minutes after an engineer opened the page, whether he did anything."""


def opened(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """He opens the page. Never a response. Raises Refused: not_entitled."""
    must_be_entitled(by, "read", ticket)
    event = record_aside(turn, Happened.OPENED, ticket, by)
    if by.id == ticket.engineer_id and ticket.is_open:
        turn.remind(
            WATCH_TIMER,
            ticket.stream,
            turn.now + turn.house.policies.tickets.open_watch,
            episode=str(event.id),
            data={"ticket": ticket.id, "by": by.id, "since": turn.now},
        )
    return event


def look_what_came_of_it(turn: Turn, timer: Timer) -> None:
    """打开未处理: he opened it and did nothing within the watch."""
    ticket = turn.get(Ticket, timer.data["ticket"], lock=True)
    by = turn.get(Person, timer.data["by"])
    if ticket is not None and by is not None and (ticket.last_action_at or 0) < timer.data["since"]:
        record_aside(turn, Happened.OPENED_IDLE, ticket, by, opened_at=timer.data["since"])


TIMERS = {WATCH_TIMER: look_what_came_of_it}
