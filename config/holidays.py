"""Public holidays and make-up days (法定节假日与调休), by country, and the house's own exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from core.clocks.calendar import Day, Shift

OWN_CLOSED, OWN_OPEN = "休息", "上班"
MAKE_UP = "{name}调休上班"
OWN_YEAR = 7
"""Own days off in a year from which on its public holidays are taken to be among them: fewer are stocktaking."""
Week = Sequence[tuple[Shift, ...]]


def public_holidays(country: str, week: Week) -> tuple[dict[date, Day], frozenset[int] | None]:
    """The days on which the country rests or makes up for it, and the years for which that is known; "none" knows none.

    A make-up day that would be open anyway keeps its shifts; another one has those of the first working day of the week.
    """
    if country == "none":
        return {}, None
    from chinese_calendar.constants import Holiday, holidays, workdays

    days = {day: Day((), vars(Holiday(name))["chinese"]) for day, name in holidays.items()}
    for day, name in workdays.items():
        shifts = week[day.weekday()] or _usual(week)
        days[day] = Day(shifts, MAKE_UP.format(name=vars(Holiday(name))["chinese"]))
    return days, frozenset(day.year for day in holidays)


def with_exceptions(
    days: Mapping[date, Day], closed: Sequence[date], opened: Sequence[date], week: Week
) -> dict[date, Day]:
    """The house's own days stand before public ones; a day that is named as both is open."""
    own = {day: Day((), OWN_CLOSED) for day in closed}
    own |= {day: Day(week[day.weekday()] or _usual(week), OWN_OPEN) for day in opened}
    return {**days, **own}


def years_with(years: frozenset[int] | None, closed: Sequence[date]) -> frozenset[int] | None:
    """The years whose holidays are known; one for which the house itself names so many days off counts as known."""
    named = Counter(day.year for day in closed)
    return None if years is None else years | {year for year, count in named.items() if count >= OWN_YEAR}


def _usual(week: Week) -> tuple[Shift, ...]:
    return next(shifts for shifts in week if shifts)
