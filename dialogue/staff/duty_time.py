"""Which shifts somebody means: 周六, 今晚, 周末, 下周三下午, 12月5日. A day of duty begins when its shifts begin."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.rosters.shifts import Shift
from core.rosters.wallclock import first_showing
from core.wording import local
from core.words import Micros
from dialogue.heard import Heard
from dialogue.understanding.exact.moments import Moment, moments

EVENING, NOON, AFTERNOON, LATE = time(18), time(12), time(14), time(20)
"""On duty in the evening is who is there at LATE: his shift, or what of a longer one lies between EVENING and the next NOON.
By day it is who is there in the AFTERNOON, until EVENING."""
_LATE = re.compile(r"夜班|晚班|夜(?!里|间|校)|晚(?!上|间|点|到|了)")
_BY_DAY = re.compile(r"白班|白天")
_GLUED = re.compile(r"(?<=[周期拜]\w)(?=\d)|(?<=\d[号日])(?=\S)")
"""Where the reading of times wants a space: 周六14点, 10号赵工."""


class Part(StrEnum):
    """Of a day of duty: all of it, the evening and night, the daytime, or hours that were named."""

    WHOLE = "whole"
    NIGHT = "night"
    DAYTIME = "daytime"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Named:
    """A time that somebody named, local time of the desk; `text` in his words."""

    text: str
    begins: datetime
    ends: datetime
    part: Part

    def instants(self, zone: ZoneInfo) -> tuple[Micros, Micros]:
        return first_showing(self.begins, zone), first_showing(self.ends, zone)


def named_in(heard: Heard, text: str) -> tuple[Named | None, str]:
    """The first day that a text names, or this evening, and the text without it."""
    by_day = bool(_BY_DAY.search(text))
    text = _GLUED.sub(" ", _BY_DAY.sub("", _LATE.sub("晚上", text)))
    now = local(heard.turn.now, heard.turn.house.zone).replace(tzinfo=None)
    found = [moment for moment in moments(text.casefold(), now) if moment.dated or _part(moment, by_day) == Part.NIGHT]
    if not found:
        return None, text
    first = found[0]
    named = Named(text[first.start : first.end].strip(), first.begins, first.ends, _part(first, by_day))
    return named, text[: first.start] + text[first.end :]


def meant(found: list[Shift], named: Named, zone: ZoneInfo) -> list[Shift]:
    """Of these shifts, and with the parts of them, those that are meant."""
    if named.part in (Part.NIGHT, Part.DAYTIME):
        return _of_part(found, named, zone)
    start, end = named.instants(zone)
    if named.part == Part.HOURS:
        return [cut for shift in found if (cut := _cut(shift, start, end))]
    beginning = [shift for shift in found if start <= shift.starts < end]
    if not beginning:
        return [cut for shift in found if shift.starts < start if (cut := _days_of(shift, named, zone))]
    return [cut for shift in beginning if (cut := _days_of(shift, named, zone))]


def _days_of(shift: Shift, named: Named, zone: ZoneInfo) -> Shift | None:
    """What of a shift belongs to the days: they begin at the time of day at which it begins."""
    clock = local(shift.starts, zone).time()
    start = first_showing(datetime.combine(named.begins.date(), clock), zone)
    return _cut(shift, start, first_showing(datetime.combine(named.ends.date(), clock), zone))


def _of_part(found: list[Shift], named: Named, zone: ZoneInfo) -> list[Shift]:
    """Who is there late, or in the afternoon: his shift, or what of a longer one belongs to that part."""
    day = named.begins.date()

    def at(clock: time, days: int = 0) -> Micros:
        return first_showing(datetime.combine(day + timedelta(days=days), clock), zone)

    if named.part == Part.NIGHT:
        there = [shift for shift in found if shift.starts <= at(LATE) < shift.ends]
        return [s if s.starts >= at(NOON) else cut for s in there if (cut := _cut(s, at(EVENING), at(NOON, 1)))]
    there = [shift for shift in found if shift.starts <= at(AFTERNOON) < shift.ends]
    return [s if s.ends <= at(LATE) else cut for s in there if (cut := _cut(s, at(time()), at(EVENING)))]


def _cut(shift: Shift, start: Micros, end: Micros) -> Shift | None:
    starts, ends = max(shift.starts, start), min(shift.ends, end)
    return replace(shift, starts=starts, ends=ends) if starts < ends else None


def _part(moment: Moment, by_day: bool) -> Part:
    if moment.begins.time() == EVENING and moment.ends - moment.begins == timedelta(hours=4):
        return Part.NIGHT
    if moment.begins.time() != time() or moment.ends.time() != time():
        return Part.HOURS
    return Part.DAYTIME if by_day else Part.WHOLE
