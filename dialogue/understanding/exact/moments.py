"""Times that people name: 明天上午, 下周三上午十点前, 后天下午三点, 3月6号, the day after tomorrow at 3pm.

All periods are `[start, end)` in local time. What a word like 上午 spans is in the contract of `desk understand`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple

from dialogue.understanding.exact.days import Days, Found, N, day_at, first_start
from dialogue.understanding.numerals import number

DAY_STARTS = 8
"""Hour at which "before X" on another day begins."""
DAY_ENDS = 22
"""Hour at which "after X" ends."""
POINT = timedelta(hours=1)
"""How long a point of time lasts."""
WORK_BEGINS, LUNCH, WORK_ENDS = time(8, 30), time(12), time(18)
"""What 上班, 午饭 and 下班 mean where no calendar says otherwise."""

_HOURS = {
    "early": (6, 9),
    "morning": (8, 12),
    "noon": (11, 13),
    "afternoon": (13, 18),
    "evening": (18, 22),
    "day": (0, 24),
}
_WHOLE = "".join(f"(?<!{word})" for word in ("了一", "等一", "忙一", "修一", "停一", "一整", "整个", "半个"))
"""Not 等了一下午: that is a length, not a time."""
_PART = re.compile(
    r"(?P<early>凌晨|清晨|大清早|一大早|清早|一早|天一亮|early (?:in the )?morning|first thing(?: in the morning)?)"
    rf"|(?P<morning>{_WHOLE}上午|早上|早晨|头晌|早间|早(?=[0-9一二三四五六七八九十]{{1,3}}点)|(?<=[今明])早|"
    rf"(?:in the )?morning)"
    r"|(?P<noon>正?中午|午间|晌午|(?:at )?noon|(?:at )?midday)"
    rf"|(?P<afternoon>{_WHOLE}下午|午后|后晌|下晌|下半天|(?:in the )?afternoon)"
    rf"|(?P<evening>{_WHOLE}晚上|傍晚|晚间|夜里|夜间|夜晚|(?<=[今明昨])晚|(?<=今)夜|"
    rf"晚(?=[0-9一二三四五六七八九十]{{1,3}}点)|"
    r"(?:in the )?evening|at night)"
    r"|(?P<day>全天|一整天|整天|白天|all day|any ?time)"
)
_SPAN_AHEAD = r"(?= ?(?:-|–|~|—|to|and|到|至) ?[0-9]{1,2}(?:[:.][0-5][0-9])? ?(?:点|am|pm|a\.m|p\.m))"
_CLOCK = re.compile(
    rf"(?P<h>[0-9]{{1,2}})[:：](?P<m>[0-5][0-9])(?![0-9:]) ?(?P<ampm1>am|pm)?"
    r"|(?P<h6>一两|两三|三四|四五|五六|六七|七八|八九|九十)点钟?"
    rf"|(?P<h2>{N}|二十[一二三]?)点(?!建议|意见|问题|儿|东西|[0-9]{{3}})(?:钟|整|多钟?|来钟)?(?:(?P<half>半)|"
    rf"(?P<quarter>[一三])刻|"
    rf"过?(?P<m2>[0-5]?[0-9]|[一二三四五]?十?[一二三四五六七八九十五])分?(?!个|台|次|天))?"
    rf"|(?:at |around )?(?P<h3>[0-9]{{1,2}})(?:[:.](?P<m3>[0-5][0-9]))? ?(?P<ampm3>a\.?m\.?|p\.?m\.?|"
    rf"o'?clock)(?![a-z])"
    rf"|(?:(?<=before )|(?<=after )|(?<=by )|(?<=at )|(?<=between )|(?<=from )|(?<=until )|"
    rf"(?<=till ))(?P<h4>[0-9]{{1,2}})(?![0-9:/a-z])"
    rf"|(?<![0-9a-z.\-/#])(?P<h5>[0-9]{{1,2}}){_SPAN_AHEAD}"
    rf"|(?P<work>下班|上班|午饭|吃饭)"
)
_UNTIL = re.compile(r" ?(?:到|至|-|~|—|–|to|until|till|and) ?")
_LATER = re.compile(r"(?P<h4>[0-9]{1,2})(?![0-9:/a-z号])")
"""The second end of a span may be a bare number: between 9 and 11."""
_SOON = re.compile(
    rf"(?P<half>半个?(?:小时|钟头))(?:之后|以后|后|之?内)|(?P<n>{N}|半)个?(?P<more>半)?(?P<unit>小时|钟头|"
    rf"分钟)(?:半)?(?:之后|以后|后|之?内)"
    rf"|(?<![a-z])(?:in|within) (?P<en>[0-9]{{1,2}}|half an|an|a|one|two|three|four) (?P<en_unit>hours?|"
    rf"minutes?|mins?)(?![a-z])"
)
_BEFORE = re.compile(r"(?:之前|以前|前(?!台|面|门|后|厅|天))|(?P<inside>之内|以内|内(?!部|存|线))")
_AFTER = re.compile(r"之后|以后|过后|后(?!面|门|天|台|来(?:又|就|才|我|他|师|发|坏))")
_EN_BOUND = re.compile(
    r"(?<![a-z])(?P<word>any ?time before|before|by|no later than|any ?time after|after|since|from) (?:the )?\Z"
)
_GLUE = re.compile(
    r"[ 的，,]{0,2}(?:差不多|大概|大约|之间|at |on |in the |around |between |from |, |(?P<word>before|by|"
    r"no later than|after) (?=[0-9a-z]))?(?=\S)"
)
_UNTIL_WORDS = ("before", "by", "no later than", "any time before", "anytime before")


class Moment(NamedTuple):
    """A time named in `text[start:end]`: it spans `[begins, ends)`. `dated` says that a day was named with it, `bounded`
    that it is "before" or "after" something."""

    start: int
    end: int
    begins: datetime
    ends: datetime
    dated: bool
    bounded: bool


def moments(text: str, now: datetime) -> Iterator[Moment]:
    """Every time named in the text, read against `now` (local, naive), in order."""
    at = 0
    while at < len(text):
        start = _first(text, at)
        if start is None:
            return
        soon = _SOON.match(text, start)
        found = _soon(soon, now) if soon else _read(text, start, now)
        if found is None:
            at = start + 1
        else:
            yield found
            at = max(found.end, at + 1)


def _first(text: str, at: int) -> int | None:
    starts = [match.start() for form in (_PART, _CLOCK, _SOON) if (match := form.search(text, at))]
    if (day := first_start(text, at)) is not None:
        starts.append(day)
    return min(starts, default=None)


def _read(text: str, start: int, now: datetime) -> Moment | None:
    """The time that begins at `start`: day, part of the day, clock, in any order that people use."""
    day = part = clock = until = bound = None
    end = at = start
    while at < len(text):
        if day is None and (found := day_at(text, at, now)):
            day, end = found, found.end
        elif (
            clock is None and (match := _CLOCK.match(text, at)) and not (day and _is_no_clock(match, text, match.end()))
        ):
            clock, until, end = match, *_until(text, match.end())
        elif part is None and (match := _PART.match(text, at)) and (clock is None or match[0].isascii()):
            part, end = match, match.end()
        else:
            break
        if glue := _GLUE.match(text, end):
            at, bound = glue.end(), glue["word"] or bound
    if day and day.days is None:
        return None
    if clock and not (day or part) and not until and _is_no_clock(clock, text, end):
        return None
    return _moment(text, start, end, now, day, part, clock, until, bound)


def _until(text: str, end: int) -> tuple[re.Match[str] | None, int]:
    """The other end of a span of hours that begins before `end`, and where its words end."""
    joint = _UNTIL.match(text, end)
    if joint is None:
        return None, end
    part = _PART.match(text, joint.end())
    place = part.end() if part else joint.end()
    until = _CLOCK.match(text, place) or _LATER.match(text, place)
    return until, until.end() if until else end


def _is_no_clock(clock: re.Match[str], text: str, end: int) -> bool:
    """下班 by itself is no time, nor is the 一点 of 快一点."""
    if clock["work"]:
        return _bound(text, end) is None
    return clock[0] == "一点" and _bound(text, end) is None


def _bound(text: str, end: int) -> re.Match[str] | None:
    return _BEFORE.match(text, end) or _AFTER.match(text, end)


def _moment(
    text: str, start: int, end: int, now: datetime,
    day: Found | None, part: re.Match[str] | None, clock: re.Match[str] | None, until: re.Match[str] | None, bound: str | None,
) -> Moment | None:  # fmt: skip
    days = day.days if day and day.days else Days(now.date(), now.date() + timedelta(days=1), True, True)
    name = part.lastgroup if part else ("evening" if day and day.tonight else None)
    try:
        begins, ends = _within(days, name, clock, until, now)
    except ValueError:
        return None
    if days.before and not (clock or name):
        begins = now
    if days.guessed and ends <= now:
        step = timedelta(days=7 if day else 1)
        begins, ends = begins + step, ends + step
    before, after = _BEFORE.match(text, end), _AFTER.match(text, end)
    english = _EN_BOUND.search(text, max(0, start - 20), start)
    bound = bound or (english["word"] if english and not until else None)
    if before or bound in _UNTIL_WORDS:
        inclusive = days.inclusive or bound == "by" or bool(before and before["inside"])
        limit = _limit(begins, ends, clock, name, inclusive)
        earliest = now if begins.date() <= now.date() or not (clock or name) else _day_starts(begins, limit)
        begins, ends = (earliest, limit) if limit > earliest else (min(earliest, begins), ends)
    elif (after or bound) and (clock or name) and not until:
        begins = begins if clock else ends
        ends = max(datetime.combine(begins.date(), time(DAY_ENDS)), begins + POINT)
    start, end = (english.start() if english else start), (before or after).end() if before or after else end  # type: ignore[union-attr]
    return Moment(start, end, begins, ends, day is not None, bool(before or after or bound or days.before))


def _day_starts(day: datetime, limit: datetime) -> datetime:
    """Where "before X" begins on another day: at 08:00, earlier if X itself is."""
    starts = (datetime.combine(day.date(), time(hour)) for hour in (DAY_STARTS, _HOURS["early"][0], 0))
    return next((start for start in starts if start < limit), day)


def _limit(begins: datetime, ends: datetime, clock: re.Match[str] | None, name: str | None, inside: bool) -> datetime:
    """Where "before X" ends: at a point of time, at noon, at the end of a day that counts itself, else where X begins."""
    if clock:
        return begins
    if name == "noon":
        return datetime.combine(begins.date(), LUNCH)
    return ends if inside or name else begins


def _within(
    days: Days, name: str | None, clock: re.Match[str] | None, until: re.Match[str] | None, now: datetime
) -> tuple[datetime, datetime]:
    midnight = datetime.combine(days.first, time())
    if clock:
        half = _half(clock, until)
        begins = midnight + _clock(clock, name, days, now, half)
        if until is None:
            return begins, begins + (2 * POINT if clock.groupdict().get("h6") else POINT)
        ends = midnight + _clock(until, name, days, now, "")
        if ends <= begins and ends + timedelta(hours=12) > begins:
            ends += timedelta(hours=12)
        return begins, (ends if ends > begins else begins + POINT)
    if name and name != "day":
        first, last = _HOURS[name]
        return midnight + timedelta(hours=first), midnight + timedelta(hours=last)
    return midnight, datetime.combine(days.last, time())


def _half(clock: re.Match[str], until: re.Match[str] | None) -> str:
    """9-11am: the first hour is of the same half of the day, if it is the lesser one."""
    later = until.groupdict().get("ampm3") or until.groupdict().get("ampm1") if until else None
    if not until or not later or clock["ampm1"] or clock["ampm3"]:
        return ""
    first, last = _hour(clock), _hour(until)
    return later.replace(".", "") if first is not None and last is not None and first < last % 12 else ""


def _hour(match: re.Match[str]) -> int | None:
    found = match.groupdict()
    if found.get("h6"):
        return number(found["h6"][0])
    return number(next((found[name] for name in ("h", "h2", "h3", "h4", "h5") if found.get(name)), ""))


def _clock(match: re.Match[str], name: str | None, days: Days, now: datetime, half: str) -> timedelta:
    """Time of day as people mean it. Raises ValueError for 25:00."""
    found = match.groupdict()
    if found.get("work"):
        at = {"下班": WORK_ENDS, "上班": WORK_BEGINS}.get(match["work"], LUNCH)
        return timedelta(hours=at.hour, minutes=at.minute)
    hour = _hour(match)
    quarters = found.get("quarter")
    minute = 30 if found.get("half") else 15 * (number(quarters) or 0) if quarters else number(
        found.get("m") or found.get("m2") or found.get("m3") or "0")  # fmt: skip
    if hour is None or minute is None or hour > 24 or minute > 59:
        raise ValueError("no such time of day")
    ampm = (found.get("ampm1") or found.get("ampm3") or half).replace(".", "")
    if ampm in ("am", "pm"):
        hour = hour % 12 + (12 if ampm == "pm" else 0)
    elif hour < 12 and (name in ("afternoon", "evening") or (name == "noon" and hour < 4)):
        hour += 12
    elif name == "evening" and hour == 12:
        hour = 24
    elif (name is None and hour < 7) or (
        name is None and hour < 10 and days.today and not days.guessed and now.hour > hour
    ):
        hour += 12
    return timedelta(hours=hour, minutes=minute)


def _soon(match: re.Match[str], now: datetime) -> Moment | None:
    if match["en"]:
        count = {"an": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "half an": 0.5}.get(match["en"])
        minutes = (int(match["en"]) if count is None else count) * (60 if match["en_unit"].startswith("hour") else 1)
    elif match["half"] or match["n"] == "半":
        minutes = 30
    else:
        minutes = (number(match["n"]) or 0) * (1 if match["unit"] == "分钟" else 60) + (30 if match["more"] else 0)
    then = now + timedelta(minutes=minutes)
    inside = match[0].endswith("内") or match[0].startswith("within")
    begins, ends = (now, then) if inside else (then, then + POINT)
    return Moment(match.start(), match.end(), begins, ends, True, not inside) if ends > begins else None
