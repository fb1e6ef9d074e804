"""Business time (工作时间): a span that runs only while the house is open, on the wall clock of its zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.wording import local
from core.words import SECOND, Micros

MONDAY_TO_SATURDAY = frozenset(range(6))


@dataclass(frozen=True)
class BusinessHours:
    """Open from `opens` to `closes`, local time, on these weekdays (Monday is 0). Raises ValueError if it is never open."""

    opens: time = time(8, 30)
    closes: time = time(18)
    weekdays: frozenset[int] = MONDAY_TO_SATURDAY

    def __post_init__(self) -> None:
        if not self.opens < self.closes:
            raise ValueError("business hours end after they begin, on the same day")
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError("business hours name weekdays from 0 (Monday) to 6")


def add_business_time(start: Micros, span: Micros, hours: BusinessHours, zone: ZoneInfo) -> Micros:
    """The first instant at which `span` of open time has passed since `start`; outside hours the span waits for the opening."""
    day, left = local(start, zone).date(), span
    while left > 0:
        opens, closes = _open_on(day, hours, zone)
        begins = max(start, opens)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, 0)
        day += timedelta(days=1)
    return start


def _open_on(day: date, hours: BusinessHours, zone: ZoneInfo) -> tuple[Micros, Micros]:
    """When the house opens and closes on this day; the same instant twice on a day off."""
    opens = _instant(day, hours.opens, zone)
    return (opens, _instant(day, hours.closes, zone)) if day.weekday() in hours.weekdays else (opens, opens)


def _instant(day: date, clock: time, zone: ZoneInfo) -> Micros:
    at = datetime.combine(day, clock, zone)
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond
