"""A silence budget (静默预算): whoever waits hears an honest word before he has to ask, also when there is nothing new (S97).

How long a customer may hear nothing depends on the stage, his grade, and how often he has heard that there is nothing new. A date that was
named suspends it until then; one that passes without news is owned up to within the hour. Every open ticket has one timer, at the next
instant at which it may be due: what is told meanwhile moves that instant, and is looked at when the timer has come.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from sqlalchemy import bindparam, select

from core.clocks.calendar import Calendar, Shift
from core.conversations.quiet import quiet_until
from core.parts.requesting import parts_due_at
from core.people.model import Person
from core.policies import Policies
from core.store.model import WAITING_TIMERS, Event, Timer, TimerState
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.keeping_posted import keep_posted
from core.tickets.model import Priority, Status, Ticket
from core.tickets.policy import SilencePolicy
from core.tickets.promised import Promised
from core.tickets.recording import ticket_in
from core.wording import local
from core.words import Micros

TIMER = "ticket.silence"
"""When a ticket's customer may have heard nothing for too long."""

_timer = Timer.table.c
_waiting = select(Timer.table).where(
    _timer.subject == bindparam("subject"), _timer.kind == bindparam("kind"), WAITING_TIMERS
)


@dataclass(frozen=True, slots=True)
class Said:
    """How often a customer was to hear that there is nothing new, when last, and `since` when there is."""

    times: int = 0
    at: Micros = 0
    since: Micros = 0

    @classmethod
    def of(cls, data: dict[str, Any], ticket: Ticket) -> Self:
        """As a timer remembers it; nothing, if he has heard something else or another stage has begun since."""
        said, news = cls(data.get("times", 0), data.get("at", 0), data.get("since", 0)), _news(ticket)
        return said if said.at >= news else cls(since=news)

    def again(self, now: Micros) -> Said:
        """He is to hear it once more."""
        return replace(self, times=self.times + 1, at=now)


@dataclass(frozen=True, slots=True)
class Due:
    """When a customer is to hear something, unless there is news before; `passed` is the date that will be over by then."""

    at: Micros
    passed: Promised | None = None


def due(
    ticket: Ticket, grade: str | None, date: Promised | None, said: Said, policy: SilencePolicy, awake: Calendar
) -> Due | None:
    """When the budget of an open ticket is used up; None if it never is. `awake`: the hours in which customers are told things."""
    if not ticket.is_open or said.times >= policy.most:
        return None
    since = max(said.at, _news(ticket), _wished_for(ticket))
    if date is not None and since < date.until:
        return Due(date.until + policy.late, date)
    span = policy.budget(ticket.status, ticket.priority, grade) << said.times
    if not span:
        return None
    return Due(awake.add(since, span) if policy.awake(ticket.status, ticket.priority) else since + span)


def promised(turn: Turn, ticket: Ticket) -> Promised | None:
    """The date that its customer was told: of the visit, until the engineer is at work; of the parts; of the end of a pause."""
    match ticket.status:
        case Status.ON_HOLD if ticket.hold_until is not None:
            return Promised("hold", ticket.hold_until, ticket.hold_until)
        case Status.WAITING_PART if (due_at := parts_due_at(turn, ticket)) is not None:
            return Promised("part", due_at, _close_of_day(turn, due_at))
        case Status.UNASSIGNED | Status.ACCEPTED if (start := ticket.appointment_start) is not None:
            at_work = ticket.status == Status.ACCEPTED and (ticket.last_action_at or 0) >= start
            return None if at_work else Promised("visit", start, max(start, ticket.appointment_end or start))
    return None


def watch(turn: Turn, event: Event) -> None:
    """Something happened to a ticket that may move the instant. What was taken over from elsewhere has its customers told there."""
    if not event.data.get("imported"):
        ticket = ticket_in(turn, event)
        waiting = _standing(turn, ticket)
        _rearm(turn, ticket, waiting, Said.of(waiting.data if waiting else {}, ticket))


def look(turn: Turn, timer: Timer) -> None:
    """It may be due: if it is, and nobody sleeps, those concerned hear how it stands."""
    ticket = turn.get(Ticket, timer.data["ticket"], lock=True)
    if ticket is None:
        return
    said = Said.of(timer.data, ticket)
    found = _due(turn, ticket, said)
    if found is not None and found.at <= turn.now and quiet_until(turn) is None:
        said = said.again(turn.now)
        following = _due(turn, ticket, said)
        again = _awake(turn, following.at) if following else None
        keep_posted(turn, ticket, found.passed, said.times, said.since, again)
    _rearm(turn, ticket, _standing(turn, ticket), said)


def waking(house: Policies) -> Calendar:
    """Every day, from the end of the quiet hours to their beginning."""
    day = Shift(house.reaching.quiet_until, house.reaching.quiet_from)
    return Calendar(week=((day,),) * 7, zone=house.zone)


def _due(turn: Turn, ticket: Ticket, said: Said) -> Due | None:
    house, customer = turn.house.policies, turn.get(Person, ticket.customer_id)
    grade = customer.level if customer else None
    return due(ticket, grade, promised(turn, ticket), said, house.silence, waking(house))


def _rearm(turn: Turn, ticket: Ticket, waiting: Timer | None, said: Said) -> None:
    found = _due(turn, ticket, said)
    data = {"ticket": ticket.id, **asdict(said)}
    if found is None:
        if waiting is not None:
            waiting.state = TimerState.CANCELLED
    elif waiting is not None:
        waiting.due_at, waiting.data = _awake(turn, found.at), data
    else:
        turn.remind(TIMER, ticket.stream, _awake(turn, found.at), episode=str(turn.new_id()), data=data)


def _standing(turn: Turn, ticket: Ticket) -> Timer | None:
    return turn.first(Timer, _waiting, subject=ticket.stream, kind=TIMER)


def _awake(turn: Turn, at: Micros) -> Micros:
    """This instant, or the end of the quiet hours in which it lies; never one that is over."""
    at = max(at, turn.now)
    return quiet_until(turn, at) or at


def _close_of_day(turn: Turn, at: Micros) -> Micros:
    """When the house closes on the day of this instant: a part that is to come on a day may come until then."""
    spans = turn.house.policies.calendar.spans_of(local(at, turn.house.zone).date())
    return max([at, *(closes for _, closes in spans)])


def _wished_for(ticket: Ticket) -> Micros:
    """When he wishes to be visited, while that can still be met: before then he does not ask."""
    waits = ticket.status in (Status.UNASSIGNED, Status.ACCEPTED) and ticket.priority != Priority.P0
    return ticket.preferred_start or 0 if waits else 0


def _news(ticket: Ticket) -> Micros:
    """When the customer last heard something, or the stage began of which he has yet to hear."""
    return max(ticket.told_at or 0, ticket.stage_at or ticket.created_at)


TIMERS = {TIMER: look}
"""Kind of timer → what happens when it is due."""
REACTIONS = dict.fromkeys(
    (
        Happened.REPORTED,
        Happened.SUPPLEMENTED,
        Happened.PRIORITY_SET,
        Happened.ACCEPTED,
        Happened.ARRIVED,
        Happened.TRANSFERRED,
        Happened.HELD,
        Happened.RESUMED,
        Happened.APPOINTED,
        Happened.PART_NEEDED,
        Happened.PART_DATED,
        Happened.PART_ARRIVED,
        Happened.PART_WITHDRAWN,
        Happened.REOPENED,
        Happened.UNDONE,
    ),
    (watch,),
)
"""Events that may bring the instant nearer. What only moves it away, or ends it, is seen when the timer has come."""
