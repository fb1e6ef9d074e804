"""A device that was repaired is due for maintenance some months later (下次保养): the customer is told, and reminded (S66)."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime

from core.conversations.saying import tell
from core.people.model import Person
from core.store.model import Event, Timer
from core.store.turn import Turn
from core.tickets.describing import what
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import ticket_in
from core.wording import local
from core.words import SECOND, Micros, Say

TIMER = "ticket.maintenance"
"""Reminds the customer of the next maintenance."""
PURPOSE = "maintenance_due"
"""Kind of message of the reminder."""
HOUR_OF_DAY = 9
"""Local hour at which the reminder is sent."""


def next_maintenance(turn: Turn, ticket: Ticket, written: int | None) -> Micros:
    """When it is due: by the interval of its kind of device, else as the engineer has `written` (months), else as usual."""
    policy, device = turn.house.policies.tickets, ticket.device or ""
    kinds = [kind for kind in policy.maintenance_of if kind in device]
    months = policy.maintenance_of[max(kinds, key=len)] if kinds else written or policy.maintenance_months
    due = _months_later(local(turn.now, turn.house.zone), months).replace(
        hour=HOUR_OF_DAY, minute=0, second=0, microsecond=0
    )
    return int(due.timestamp()) * SECOND


def plan(turn: Turn, event: Event) -> None:
    """The work is done: the day is noted, and the reminder is set."""
    due_at, ticket_id = event.data["maintenance"], event.data["ticket"]
    ticket_in(turn, event).maintenance_at = due_at
    turn.remind(TIMER, event.stream, due_at, episode=str(event.id), data={"ticket": ticket_id})


def drop(turn: Turn, event: Event) -> None:
    """The work was not done after all."""
    ticket_in(turn, event).maintenance_at = None
    turn.forget(TIMER, event.stream)


def remind(turn: Turn, timer: Timer) -> None:
    """The day has come."""
    ticket = turn.get(Ticket, timer.data["ticket"])
    customer = turn.get(Person, ticket.customer_id) if ticket else None
    if ticket is None or customer is None or PURPOSE in customer.muted:
        return
    words, lang = turn.house.wording, customer.lang
    text = words.text(
        lang, "customer.maintenance_due", number=ticket.number, what=ticket.device or what(words, ticket, lang)
    )
    tell(turn, customer, Say(PURPOSE, text), subject=ticket.stream)


def _months_later(day: datetime, months: int) -> datetime:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


TIMERS = {TIMER: remind}
"""Kind of timer → what happens when it is due."""
REACTIONS = {Happened.COMPLETED: (plan,), Happened.REOPENED: (drop,)}
"""Event → what must follow in the same turn."""
REVERSALS = {Happened.COMPLETED: (drop,)}
"""Event → what its taking back takes back besides."""
