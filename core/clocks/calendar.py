"""The business calendar (工作日历): when the house is open, on the wall clock of its zone (S9, S21, S87).

Shifts of the week, split where there is a break; public holidays and make-up days (调休) stand before them, own exceptions
before both. All is arithmetic on instants: a span of business time is real time that passes while the house is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.wording import local
from core.words import SECOND, Micros

ONE_DAY = timedelta(days=1)
LONGEST_CLOSED = 400
"""Days without an opening after which a span is said never to end."""
HORIZON = timedelta(days=60)
"""So long before a year begins its public holidays must be known."""


class NeverOpen(ValueError):
    """The calendar does not open for more than a year: no span of business time ends."""


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """Open from `opens` until `closes`, local time. One that closes at or before its opening ends on the next day."""

    opens: time
    closes: time

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True)
class Day:
    """What holds on one date instead of its weekday's shifts, and why: 国庆节, 调休上班, 盘点."""

    shifts: tuple[Shift, ...]
    name: str


WORKDAY = (Shift(time(8, 30), time(18)),)


@dataclass(frozen=True)
class Calendar:
    """`week`: the shifts of each weekday, Monday first. `days`: what holds on single dates. `years`: those whose public
    holidays are known, None where there are none to know. Raises NeverOpen if no weekday has a shift."""

    week: tuple[tuple[Shift, ...], ...] = (WORKDAY,) * 6 + ((),)
    days: Mapping[date, Day] = field(default_factory=dict, hash=False)
    years: frozenset[int] | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("a week has seven days")
        if not any(self.week):
            raise NeverOpen("no weekday has a shift")

    def add(self, start: Micros, span: Micros) -> Micros:
        """The first instant at which `span` of open time has passed since `start`. Raises NeverOpen."""
        if span <= 0:
            return start
        left = span
        for opens, closes in self._openings(start):
            begins = max(start, opens)
            if begins + left <= closes:
                return begins + left
            left -= max(closes - begins, 0)
        raise NeverOpen(f"not open for {LONGEST_CLOSED} days")

    def between(self, start: Micros, end: Micros) -> Micros:
        """How much open time lies from `start` to `end`; nothing if `end` is not later."""
        return sum(closes - opens for opens, closes in self.open_within(start, end))

    def open_within(self, start: Micros, end: Micros) -> Iterator[tuple[Micros, Micros]]:
        """The open stretches from `start` to `end`, in order and apart from one another."""
        if end <= start:
            return
        day, last = _day_of(start, self.zone) - ONE_DAY, _day_of(end, self.zone)
        begun: tuple[Micros, Micros] | None = None
        while day <= last:
            for opens, closes in self.spans_of(day):
                opens, closes = max(opens, start), min(closes, end)
                if opens >= closes:
                    continue
                if begun is not None and opens <= begun[1]:
                    begun = begun[0], max(begun[1], closes)
                    continue
                if begun is not None:
                    yield begun
                begun = opens, closes
            day += ONE_DAY
        if begun is not None:
            yield begun

    def is_open(self, at: Micros) -> bool:
        """Whether the house is open at this instant; closed at the instant of closing."""
        day = _day_of(at, self.zone)
        return any(opens <= at < closes for one in (day - ONE_DAY, day) for opens, closes in self.spans_of(one))

    def opens_next(self, at: Micros) -> Micros:
        """The instant of the next opening; `at` itself while the house is open. Raises NeverOpen."""
        return self.add(at, 1) - 1

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """The shifts that begin on this date."""
        return self.days[day].shifts if day in self.days else self.week[day.weekday()]

    def spans_of(self, day: date) -> tuple[tuple[Micros, Micros], ...]:
        """The shifts that begin on this date as instants, the earliest first; one that a clock change swallows is left out."""
        return _spans(self.shifts_on(day), day, self.zone)

    def unknown_year(self, now: Micros) -> int | None:
        """A year whose public holidays should be known by now and are not."""
        if self.years is None:
            return None
        today = _day_of(now, self.zone)
        return next((year for year in (today.year, (today + HORIZON).year) if year not in self.years), None)

    def _openings(self, start: Micros) -> Iterator[tuple[Micros, Micros]]:
        """Open stretches that end after `start`; overlapping shifts count once."""
        day, closed, until = _day_of(start, self.zone) - ONE_DAY, 0, start
        while closed < LONGEST_CLOSED:
            spans = self.spans_of(day)
            closed = 0 if spans else closed + 1
            for opens, closes in spans:
                if closes > until:
                    yield max(opens, until), closes
                    until = closes
            day += ONE_DAY


@lru_cache(maxsize=4096)
def _spans(shifts: tuple[Shift, ...], day: date, zone: ZoneInfo) -> tuple[tuple[Micros, Micros], ...]:
    spans = []
    for shift in sorted(shifts):
        ends_on = day if shift.opens < shift.closes else day + ONE_DAY
        opens, closes = _instant(day, shift.opens, zone, fold=0), _instant(ends_on, shift.closes, zone, fold=1)
        if opens < closes:
            spans.append((opens, closes))
    return tuple(spans)


def _instant(day: date, clock: time, zone: ZoneInfo, *, fold: int) -> Micros:
    """An hour that the clocks show twice begins with its first showing (fold 0) and ends with its second (fold 1). A time
    that they leave out is read as if they had not been put forward yet."""
    at = datetime.combine(day, clock, zone).replace(fold=fold)
    if fold and datetime.fromtimestamp(at.timestamp(), zone).replace(tzinfo=None, fold=0) != at.replace(
        tzinfo=None, fold=0
    ):
        at = at.replace(fold=0)
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond


def _day_of(at: Micros, zone: ZoneInfo) -> date:
    return local(at, zone).date()
