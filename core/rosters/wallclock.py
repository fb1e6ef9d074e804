"""Wall clocks that are put forward and back: a local time names one instant, an instant one reading.

Both go forward only, so that what is laid end to end on the wall clock lies end to end in time: a time that clocks show
twice is its first showing; one that they leave out is the instant at which they skip it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.wording import local
from core.words import SECOND, Micros

REMEMBERED = 1 << 17
"""Local times whose instants are kept at hand."""


@lru_cache(REMEMBERED)
def first_showing(reading: datetime, zone: ZoneInfo) -> Micros:
    """The first instant at which the clocks show this local time (naive), or have skipped it."""
    at = reading.replace(tzinfo=zone)
    first = _micros(at)
    if local(first, zone).replace(tzinfo=None) == reading:
        return first
    before, after = _micros(at.replace(fold=1)), first
    return _change_between(before, after, zone)


def furthest_reading(at: Micros, zone: ZoneInfo) -> datetime:
    """The latest local time (naive) that the clocks have shown up to this instant: while an hour is shown again, the last
    moment of its first showing."""
    now = local(at, zone)
    if not now.fold:
        return now.replace(tzinfo=None)
    first = _micros(now.replace(fold=0))
    turned_back = local(_change_between(first, at, zone) - 1, zone)
    return turned_back.replace(tzinfo=None, fold=0)


def _change_between(before: Micros, after: Micros, zone: ZoneInfo) -> Micros:
    """The instant, to the second, in (before, after] at which the clocks are changed."""
    low, high = before // SECOND, after // SECOND
    offset = local(low * SECOND, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if local(middle * SECOND, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high * SECOND


def _micros(at: datetime) -> Micros:
    return int(at.replace(microsecond=0).timestamp()) * SECOND + at.microsecond
