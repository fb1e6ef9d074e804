"""Tickets in a few words for tests of the clock: what happened when, as the event log would say it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from core.clocks.account import Account, Bound, Reckoning, account
from core.clocks.calendar import Calendar, Day, Shift
from core.clocks.history import History, history_of
from core.clocks.policy import Goal, Runs, ServiceLevel, Target
from core.store.model import Event
from core.tickets.events import Happened
from core.tickets.model import Priority, Status, Ticket
from core.words import HOUR, SECOND, Micros

SHANGHAI = ZoneInfo("Asia/Shanghai")
SPLIT = (Shift(time(8, 30), time(12)), Shift(time(13, 30), time(18)))
OFFICE = Calendar(
    week=(SPLIT,) * 5 + ((), ()),
    days={
        **{date(2026, 5, day): Day((), "劳动节") for day in range(1, 6)},
        date(2026, 5, 9): Day(SPLIT, "劳动节调休上班"),
    },
)
"""08:30–12:00 and 13:30–18:00 from Monday to Friday; May Day 2026 off, made up for on Saturday, the 9th."""
RESOLVING = ServiceLevel(
    further={Goal.RESOLUTION: {"P0": Target(8 * HOUR), "P1": Target(8 * HOUR, Runs.BUSINESS), "P2": Target(72 * HOUR)}}
)
"""The usual service level, and a time to the resolution."""


def at(text: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> Micros:
    """A local time as an instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()) * SECOND


@dataclass
class Told:
    """A ticket and its events so far. Instants may be local times of Shanghai."""

    start: Micros
    priority: str = "P1"
    events: list[Event] = field(default_factory=list)

    @classmethod
    def made(cls, when: str | Micros, priority: str = "P1", **said: Any) -> Self:
        """Reported then."""
        told = cls(_instant(when), priority)
        return told.then(when, Happened.REPORTED, priority=priority, **said)

    def then(self, when: str | Micros, kind: Happened, *, cause: str | None = None, **data: Any) -> Self:
        """And then this happened."""
        number = len(self.events) + 1
        self.events.append(
            Event(
                id=number, entity="main", stream="ticket:1", seq=number, kind=kind, at=_instant(when),
                recorded_at=_instant(when), cause=cause or f"c{number}", data={"ticket": 1, **data}, prev="", hash="",
            )
        )  # fmt: skip
        return self

    def held(self, when: str | Micros, until: str | None = None, **more: Any) -> Self:
        return self.then(when, Happened.HELD, until=_instant(until) if until else None, **more)

    def resumed(self, when: str | Micros) -> Self:
        return self.then(when, Happened.RESUMED)

    def noted(self, when: str | Micros) -> Self:
        return self.then(when, Happened.NOTED)

    def ranked(self, when: str | Micros, before: str, priority: str, **more: Any) -> Self:
        return self.then(when, Happened.PRIORITY_SET, before=before, priority=priority, **more)

    @property
    def history(self) -> History:
        return history_of(self.ticket, self.events)

    @property
    def ticket(self) -> Ticket:
        return Ticket(
            id=1, entity="main", number="GD-1", customer_id=1, channel="x", room="x", created_at=self.start,
            updated_at=self.start, priority=Priority(self.priority), status=Status.UNASSIGNED,
        )  # fmt: skip

    def account(self, now: str | Micros, *bounds: Bound) -> Account:
        return account(self.history, list(bounds) or [Bound(0, ServiceLevel(), OFFICE)], _instant(now))

    def response(self, now: str | Micros, *bounds: Bound) -> Reckoning:
        return self.of(Goal.RESPONSE, now, *bounds)

    def resolution(self, now: str | Micros, *bounds: Bound) -> Reckoning:
        return self.of(Goal.RESOLUTION, now, *(bounds or (Bound(0, RESOLVING, OFFICE),)))

    def of(self, goal: Goal, now: str | Micros, *bounds: Bound) -> Reckoning:
        found = self.account(now, *bounds).of(goal)
        assert found is not None
        return found


def add_up(one: Reckoning, start: Micros, end: Micros) -> bool:
    """Whether the segments run from start to end without gap or overlap, and what counts of them is what was spent."""
    edges = [start, *(segment.end for segment in one.segments)]
    return (
        [segment.start for segment in one.segments] == edges[:-1]
        and edges[-1] == end
        and sum(segment.span for segment in one.segments if segment.counts) == one.spent
    )


def whys(one: Reckoning) -> list[str]:
    """The reasons of its segments in order."""
    return [str(segment.why) for segment in one.segments]


def _instant(when: str | Micros) -> Micros:
    return at(when) if isinstance(when, str) else when


__all__ = ["OFFICE", "RESOLVING", "SHANGHAI", "SPLIT", "Told", "add_up", "at", "whys"]
