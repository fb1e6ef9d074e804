"""What lies between two instants by the calendar, with its reason: open, outside hours, lunch, holiday, make-up day (S9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from core.clocks.calendar import ONE_DAY, Calendar
from core.wording import local
from core.words import SECOND, Micros


class Why(StrEnum):
    """Why time counts, or does not."""

    WALL = "wall"
    OPEN = "open"
    MADE_UP = "made_up"
    CLOSED = "closed"
    BREAK = "break"
    DAY_OFF = "day_off"
    HOLIDAY = "holiday"
    HOLD = "hold"
    STATUS = "status"
    DONE = "done"
    EARLIER = "earlier"


COUNTS = frozenset({Why.WALL, Why.OPEN, Why.MADE_UP})


@dataclass(frozen=True, slots=True)
class Segment:
    """From one instant to another time counts or does not, and why; `name`: of the holiday or status, `until`: of a pause."""

    start: Micros
    end: Micros
    why: Why
    name: str = ""
    until: Micros | None = None

    @property
    def counts(self) -> bool:
        return self.why in COUNTS

    @property
    def span(self) -> Micros:
        return self.end - self.start


def stretches(calendar: Calendar, start: Micros, end: Micros) -> Iterator[Segment]:
    """All of it in order, without gap; what counts adds up to `calendar.between`."""
    at = start
    for opens, closes in calendar.open_within(start, end):
        yield from _closed(calendar, at, opens)
        yield from _open(calendar, opens, closes)
        at = closes
    yield from _closed(calendar, at, end)


def joined(segments: Iterator[Segment]) -> list[Segment]:
    """Neighbours of the same reason as one; empty ones left out."""
    found: list[Segment] = []
    for one in segments:
        if one.start >= one.end:
            continue
        last = found[-1] if found else None
        if last is not None and (last.why, last.name, last.until) == (one.why, one.name, one.until):
            found[-1] = Segment(last.start, one.end, one.why, one.name, one.until)
        else:
            found.append(one)
    return found


def _open(calendar: Calendar, start: Micros, end: Micros) -> Iterator[Segment]:
    for day, begins, ends in _days(calendar, start, end):
        special = calendar.days.get(day)
        if special is not None and special.shifts:
            yield Segment(begins, ends, Why.MADE_UP, special.name)
        else:
            yield Segment(begins, ends, Why.OPEN)


def _closed(calendar: Calendar, start: Micros, end: Micros) -> Iterator[Segment]:
    for day, begins, ends in _days(calendar, start, end):
        special, shifts = calendar.days.get(day), calendar.spans_of(day)
        if special is not None and not special.shifts:
            yield Segment(begins, ends, Why.HOLIDAY, special.name)
        elif not shifts:
            yield Segment(begins, ends, Why.DAY_OFF)
        elif shifts[0][1] <= begins and ends <= shifts[-1][0]:
            yield Segment(begins, ends, Why.BREAK)
        else:
            yield Segment(begins, ends, Why.CLOSED)


def _days(calendar: Calendar, start: Micros, end: Micros) -> Iterator[tuple[date, Micros, Micros]]:
    """The dates of the zone between two instants, each with its part."""
    while start < end:
        day = local(start, calendar.zone).date()
        midnight = int(datetime.combine(day + ONE_DAY, time(), calendar.zone).timestamp()) * SECOND
        ends = min(end, max(midnight, start + 1))
        yield day, start, ends
        start = ends
