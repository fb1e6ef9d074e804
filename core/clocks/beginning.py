"""What the clocks do when a desk begins, and by themselves from then on: policies recorded, tickets counted anew, years looked at."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.clocks.keeping import rebind, recount
from core.clocks.recorded import record_policies, stream_of
from core.conversations.saying import tell
from core.escalation.watching import rearm
from core.people.duty import in_role
from core.people.model import Role
from core.store.model import WAITING_TIMERS, Timer
from core.store.turn import Turn
from core.tickets.model import STILL_OPEN, Ticket
from core.words import DAY, HOUR, Say

COUNT_TIMER = "clocks.count"
"""Counts open tickets anew after a change of policy, some at a time."""
BATCH = 50
"""Tickets counted anew in one turn."""
FIRST = 1
"""Number of the first event in a chain."""
YEAR_TIMER = "clocks.year"
"""Looks every day whether the public holidays of the coming year are known."""
FIRST_LOOK = 1 * HOUR
"""So long after the first beginning: a desk that has just been set up has other cares."""
TOLD_EVERY = 7 * DAY
"""Managers hear of a year without holidays at most so often."""

_ticket, _timer = Ticket.table.c, Timer.table.c
_open_after = (
    select(Ticket.table)
    .where(_ticket.entity == bindparam("entity"), STILL_OPEN, _ticket.id > bindparam("after"))
    .order_by(_ticket.id)
    .limit(BATCH)
)
_waiting = (
    select(Timer.table)
    .where(_timer.subject == bindparam("subject"), _timer.kind == bindparam("kind"), WAITING_TIMERS)
    .limit(1)
)


def begin(turn: Turn) -> None:
    """The desk begins: what holds now is recorded, and what follows from a change is set going. Any number of processes."""
    entity = turn.house.policies.entity
    changed = record_policies(turn)
    if changed is not None:
        _count_after(turn, entity, changed.id, 0, first=changed.seq == FIRST)
    if turn.first(Timer, _waiting, subject=stream_of(entity), kind=YEAR_TIMER) is None:
        _look_again(turn, entity, turn.now + FIRST_LOOK, None)


def count_anew(turn: Turn, timer: Timer) -> None:
    """Open tickets under the policies that hold now; the rest in a later turn."""
    entity, after = timer.data["entity"], timer.data["after"]
    tickets = turn.rows(Ticket, _open_after, entity=entity, after=after)
    for ticket in tickets:
        locked = turn.get(Ticket, ticket.id, lock=True)
        if locked is not None and locked.is_open:
            _count(turn, locked, first=timer.data["first"])
    if len(tickets) == BATCH:
        _count_after(turn, entity, timer.data["change"], tickets[-1].id, first=timer.data["first"])


def look_at_the_year(turn: Turn, timer: Timer) -> None:
    """A year without holiday data would make every due instant wrong: managers hear so weeks before (S9)."""
    policies, told_at = turn.house.policies, timer.data["told_at"]
    year = policies.calendar.unknown_year(turn.now)
    if year is not None and (told_at is None or turn.now - told_at >= TOLD_EVERY):
        told_at = turn.now
        for manager in in_role(turn, policies.entity, Role.MANAGER):
            text = turn.house.wording.text(manager.lang, "staff.holidays_unknown", year=year)
            tell(turn, manager, Say("hint", text))
    _look_again(turn, policies.entity, turn.now + DAY, told_at)


def _count(turn: Turn, ticket: Ticket, *, first: bool) -> None:
    """The `first` count of all is of tickets that were open before the desk promised anything about them."""
    if ticket.stage_at is None:
        recount(turn, ticket, stage=True)
    rebind(turn, ticket, "policy")
    rearm(turn, ticket, begun_before=first)


def _count_after(turn: Turn, entity: str, change: int, after: int, *, first: bool) -> None:
    data = {"entity": entity, "change": change, "after": after, "first": first}
    turn.remind(COUNT_TIMER, stream_of(entity), turn.now, episode=f"{change}:{after}", data=data)


def _look_again(turn: Turn, entity: str, at: int, told_at: int | None) -> None:
    turn.remind(YEAR_TIMER, stream_of(entity), at, episode=str(at), data={"told_at": told_at})


TIMERS = {COUNT_TIMER: count_anew, YEAR_TIMER: look_at_the_year}
"""Kind of timer → what happens when it is due."""
