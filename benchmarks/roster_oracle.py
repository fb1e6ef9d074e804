"""Who is on duty, worked out again minute by minute, in a way of its own: the wall clock is read once a minute and the
furthest reading kept; nothing is asked of folds, gaps or hand-over instants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from core.rosters.rotation import Crew, Layer
from core.rosters.shifts import Change, Plan, Shift
from core.words import MINUTE, Micros

YEAR = 2026
MINUTES = 366 * 24 * 60
"""Minutes that are looked at: a year, and the day after it."""
STEP = 5
"""Minutes between two readings of a clock; clocks are put at full quarters of an hour."""
NOBODY_EXPECTED = None
_EPOCH = datetime.combine(date(1970, 1, 1), time())
_DAY = 24 * 60
_THURSDAY = 3
"""The weekday of minute 0."""


def start_of_year() -> Micros:
    """Where the minutes begin: midnight UTC."""
    return int(datetime(YEAR, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


@cache
def readings(zone: str) -> np.ndarray:
    """The furthest that the clocks of a zone have shown at each minute, in minutes since 1970. They are read every STEP."""
    place, first = ZoneInfo(zone), datetime(YEAR, 1, 1, tzinfo=UTC)
    shown = (
        (first + timedelta(minutes=minute)).astimezone(place).replace(tzinfo=None) - _EPOCH
        for minute in range(0, MINUTES, STEP)
    )
    read = np.fromiter((one // timedelta(minutes=1) for one in shown), np.int64, MINUTES // STEP)
    return np.maximum.accumulate((read[:, None] + np.arange(STEP)).ravel())


@cache
def clock_changes(zone: str) -> list[int]:
    """The minutes at which clocks are put forward, or begin to show an hour again."""
    moved = np.diff(readings(zone))
    return [int(minute) for minute in np.flatnonzero(moved > 1) + 1] + [
        int(minute) for minute in np.flatnonzero((moved[1:] == 0) & (moved[:-1] == 1)) + 2
    ]


@cache
def _days(zone: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of every minute: the bit of its weekday, that of the day before, and the minute of its day."""
    days, clock = np.divmod(readings(zone), _DAY)
    today, yesterday = (days + _THURSDAY) % 7, (days + _THURSDAY - 1) % 7
    return (1 << today).astype(np.uint8), (1 << yesterday).astype(np.uint8), clock.astype(np.int16)


class Crews:
    """Crews by number, as arrays of minutes name them. Number 0: nobody is expected."""

    def __init__(self) -> None:
        self.listed: list[Crew | None] = [NOBODY_EXPECTED]

    def number(self, crew: Crew | None) -> int:
        if crew not in self.listed:
            self.listed.append(crew)
        return self.listed.index(crew)


def expected(plan: Plan, crews: Crews) -> np.ndarray:
    """Whom every minute of the year should find there."""
    shown = readings(str(plan.zone))
    who = np.zeros(MINUTES, np.int64)
    for layer in plan.layers:
        begins = _minutes(layer.start) + _clock(layer.handover)
        holds = (shown >= begins) & _applies(layer, str(plan.zone))
        turn = (shown - begins) // int(layer.every.total_seconds() // 60)
        numbers = np.array([crews.number(crew) for crew in layer.crews or ((),)])
        who = np.where(holds, numbers[turn % len(numbers)], who)
    for change in plan.changes:
        span = slice(max(0, _minute(change.starts)), max(0, _minute(change.ends)))
        who[span] = _each(who[span], crews, lambda crew, change=change: _changed(crew, change))
    return _each(who, crews, lambda crew: crew and tuple(one for one in crew if one not in plan.gone))


def as_minutes(found: list[Shift], crews: Crews) -> np.ndarray:
    """What shifts say of every minute. Raises ValueError where two overlap, or one has no length."""
    who, until = np.zeros(MINUTES, np.int64), start_of_year()
    for shift in found:
        if shift.starts < until or shift.ends <= shift.starts:
            raise ValueError(f"overlaps or is empty: {shift}")
        until = shift.ends
        who[_minute(shift.starts) : _minute(shift.ends)] = crews.number(shift.people)
    return who


def _each(who: np.ndarray, crews: Crews, change: Callable[[Crew | None], Crew | None]) -> np.ndarray:
    """The same minutes with every crew changed."""
    changed = who.copy()
    for number in np.unique(who):
        changed[who == number] = crews.number(change(crews.listed[number]))
    return changed


def expected_spans(plan: Plan) -> list[tuple[Micros, Micros]]:
    """When somebody should be there, worked out without saying who: hours of days, changes, laid over one another."""
    shown = readings(str(plan.zone))
    holds = np.zeros(MINUTES, bool)
    for layer in plan.layers:
        holds |= (shown >= _minutes(layer.start) + _clock(layer.handover)) & _applies(layer, str(plan.zone))
    for change in plan.changes:
        if change.person is not None and change.instead_of is None:
            holds[max(0, _minute(change.starts)) : max(0, _minute(change.ends))] = True
    edges = np.flatnonzero(np.diff(np.concatenate(([False], holds, [False])).astype(np.int8)))
    instants = [start_of_year() + int(edge) * MINUTE for edge in edges]
    return list(zip(instants[::2], instants[1::2], strict=True))


def _applies(layer: Layer, zone: str) -> np.ndarray:
    today, yesterday, clock = _days(zone)
    since, until = _clock(layer.since), _clock(layer.until)
    begun = (today & layer.weekdays != 0) & (clock >= since)
    if since < until:
        return begun & (clock < until)
    return begun | ((yesterday & layer.weekdays != 0) & (clock < until))


def _changed(crew: Crew | None, change: Change) -> Crew | None:
    if change.instead_of is None:
        if change.person is None:
            return None if crew is None else ()
        return (change.person,)
    if crew is None or change.instead_of not in crew:
        return crew
    there: list[int] = []
    for one in crew:
        new = change.person if one == change.instead_of else one
        if new is not None and new not in there:
            there.append(new)
    return tuple(there)


def _minute(at: Micros) -> int:
    return (at - start_of_year()) // MINUTE


def _minutes(day: date) -> int:
    return (day - _EPOCH.date()).days * _DAY


def _clock(at: time) -> int:
    return at.hour * 60 + at.minute
