"""Times that people name: 明天上午, 下周三上午十点前, 后天下午三点, 3月6号, the day after tomorrow at 3pm.

All periods are `[start, end)` in local time. What a word like 上午 spans is in the contract of `desk understand`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

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
_N = "(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})"
_DAY = re.compile(
    rf"(?P<relative>大后天|后天|明天|明日|明儿个?|今天|今日|今儿个?|当天|大前天|前天|昨天|昨日|明(?=早|晚|上午|下午|中午)|今(?=早|晚|夜)|昨(?=晚|夜))"
    rf"|(?P<which>下下|下|这|本|上)?(?P<ge>一?个)?(?:周|星期|礼拜|禮拜)(?P<weekday>[一二三四五六日天1-7])(?![0-9一二三四五六]|[天个]?[之以]?[内后])"
    rf"(?:(?:到|至|-|~|—)(?:周|星期|礼拜)?(?P<until>[一二三四五六日天])(?!点))?(?P<pair>日(?!期))?"
    rf"|(?P<which_end>下下|下|这|本|上)?个?周末"
    rf"|(?P<which_week>下下|下|这|本)一?个?(?:周|星期|礼拜)(?![一二三四五六日天末1-7])"
    rf"|(?<![0-9.\-])(?P<year>20[0-9]{{2}})[年/.\-](?P<m1>[0-9]{{1,2}})[月/.\-](?P<d1>[0-9]{{1,2}})(?:日|号)?(?![0-9])"
    rf"|(?P<m2>{_N})月份?(?P<d2>{_N}|[二三]十[一二三四五六七八九]?)(?:日|号)?(?![楼线])"
    rf"|(?<![0-9.\-/:a-z])(?P<m3>1[0-2]|0?[1-9])/(?P<d3>3[01]|[12][0-9]|0?[1-9])(?![0-9/.])"
    rf"|(?<![0-9a-z单第路弄街栋幢排区巷道段])(?<![路弄街栋幢排区巷道段] )(?P<d4>{_N}|[二三]十[一二三四五六七八九]?)(?:号|日)"
    rf"(?=上午|下午|早|晚|中午|全天|来|过来|上门|到|送|发|之?前|以前|之?后|以后|行|可|有空|吧|修|能|的?时候|改|左右|不|没|我|你|再|"
    rf"开|交|验|出|回|要|也|都|就|了|那天|[，,。.！!？? ]|[0-9]|$)"
    rf"|(?P<days>{_N})(?P<unit>天|个星期|个?礼拜|周)(?:之后|以后|后|过后)"
    rf"|(?<![a-z])(?P<english>day after tomorrow|tomorrow|today|tonight|yesterday|(?P<next>next |this |on |coming )?"
    rf"(?P<name>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?(?![a-z])|(?P<next_end>next |this |the |at the )?weekend|"
    rf"(?P<en_week>next|this) week"
    rf"|(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{{0,6}}\.? (?P<d5>[0-9]{{1,2}})(?:st|nd|rd|th)?)(?![a-z0-9])"
)
_PART = re.compile(
    r"(?P<early>凌晨|清晨|大清早|一大早|清早|一早|early (?:in the )?morning|first thing(?: in the morning)?)"
    r"|(?P<morning>(?<!了一)(?<!等一)(?<!忙一)(?<!修一)(?<!停一)(?<!一整)(?<!整个)(?<!半个)上午|早上|早晨|"
    r"早(?=[0-9一二三四五六七八九十]{1,3}点)|(?<=[今明])早|(?:in the )?morning)"
    r"|(?P<noon>正?中午|午间|(?:at )?noon|(?:at )?midday)"
    r"|(?P<afternoon>(?<!了一)(?<!等一)(?<!忙一)(?<!修一)(?<!停一)(?<!一整)(?<!整个)(?<!半个)下午|午后|(?:in the )?afternoon)"
    r"|(?P<evening>(?<!了一)(?<!等一)(?<!忙一)(?<!修一)(?<!停一)(?<!一整)(?<!整个)(?<!半个)晚上|傍晚|晚间|夜里|夜间|(?<=[今明昨])晚|"
    r"(?<=今)夜|晚(?=[0-9一二三四五六七八九十]{1,3}点)|(?:in the )?evening|at night)"
    r"|(?P<day>全天|一整天|整天|白天|all day)"
)
_CLOCK = re.compile(
    rf"(?P<h>[0-9]{{1,2}})[:：](?P<m>[0-5][0-9])(?![0-9:]) ?(?P<ampm1>am|pm)?"
    rf"|(?P<h2>{_N}|二十[一二三]?)点(?!建议|意见|问题|儿|东西|[0-9]{{3}})(?:钟|整|多钟?|来钟)?(?:(?P<half>半)|(?P<quarter>[一三])刻|"
    rf"过?(?P<m2>[0-5]?[0-9]|[一二三四五]?十?[一二三四五六七八九十五])分?(?!个|台|次|天))?"
    rf"|(?:at |by |around )?(?P<h3>[0-9]{{1,2}})(?:[:.](?P<m3>[0-5][0-9]))? ?(?P<ampm3>a\.?m\.?|p\.?m\.?|o'?clock)(?![a-z])"
    rf"|(?:(?<=before )|(?<=after )|(?<=by )|(?<=at ))(?P<h4>[0-9]{{1,2}})(?![0-9:/a-z])"
    rf"|(?P<work>下班|上班|午饭|吃饭)"
)
_UNTIL = re.compile(r" ?(?:到|至|-|~|—|–|to|until|till|and) ?")
_SOON = re.compile(
    rf"(?P<half>半个?(?:小时|钟头))(?:之后|以后|后|之?内)|(?P<n>{_N}|半)个?(?P<unit>小时|钟头|分钟)(?:之后|以后|后|之?内)"
    rf"|(?<![a-z])(?:in|within) (?P<en>[0-9]{{1,2}}|an|a|one|two) (?P<en_unit>hours?|minutes?|mins?)(?![a-z])"
)
_BEFORE = re.compile(r"(?:之前|以前|前(?!台|面|门|后|厅|天))|(?P<inside>之内|以内|内(?!部|存|线))")
_AFTER = re.compile(r"之后|以后|过后|后(?!面|门|天|台|来)")
_EN_BOUND = re.compile(r"(?<![a-z])(?P<word>before|by|no later than|after|since|from) (?:the )?\Z")
_GLUE = re.compile(
    r"[ 的]{0,2}(?:差不多|大概|大约|at |in the |around |, |(?P<word>before|by|no later than|after) (?=[0-9a-z]))?(?=\S)"
)
_WEEKDAYS = dict(zip("一二三四五六日天1234567", (0, 1, 2, 3, 4, 5, 6, 6, 0, 1, 2, 3, 4, 5, 6), strict=True))
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RELATIVE = {"大前": -3, "前": -2, "昨": -1, "今": 0, "当": 0, "明": 1, "后": 2, "大后": 3}


class Moment(NamedTuple):
    """A time named in `text[start:end]`: it spans `[begins, ends)`. `dated` says that a day was named with it."""

    start: int
    end: int
    begins: datetime
    ends: datetime
    dated: bool
    bounded: bool


@dataclass
class _Day:
    first: date
    last: date
    guessed: bool = False
    today: bool = False


def moments(text: str, now: datetime) -> Iterator[Moment]:
    """Every time named in the text, read against `now` (local, naive), in order."""
    at = 0
    while at < len(text):
        match = _first(text, at)
        if match is None:
            return
        found = _soon(match, now) if match.re is _SOON else _read(text, match.start(), now)
        if found is None:
            at = match.end()
        else:
            yield found
            at = max(found.end, at + 1)


def _first(text: str, at: int) -> re.Match[str] | None:
    matches = [match for form in (_DAY, _PART, _CLOCK, _SOON) if (match := form.search(text, at))]
    return min(matches, key=lambda match: (match.start(), match.re is not _SOON), default=None)


def _read(text: str, start: int, now: datetime) -> Moment | None:
    """The time that begins at `start`: day, part of the day, clock, in any order that people use."""
    day = part = clock = until = bound = None
    end = at = start
    while at < len(text):
        if day is None and (match := _DAY.match(text, at)):
            day = match
        elif part is None and clock is None and (match := _PART.match(text, at)):
            part = match
        elif clock is None and (match := _CLOCK.match(text, at)):
            clock = match
        elif part is None and (match := _PART.match(text, at)) and match[0].isascii():
            part = match
        else:
            break
        end = match.end()
        if glue := _GLUE.match(text, end):
            at, bound = glue.end(), glue["word"] or bound
    if clock and (joint := _UNTIL.match(text, clock.end())):
        second_part = _PART.match(text, joint.end())
        until = _CLOCK.match(text, second_part.end() if second_part else joint.end())
        if until:
            end = max(end, until.end())
    if clock and not (day or part) and _is_no_clock(clock, text, end):
        return None
    return _moment(text, start, end, now, day, part, clock, until, bound)


def _is_no_clock(clock: re.Match[str], text: str, end: int) -> bool:
    """下班 by itself is no time, nor is the 一点 of 快一点."""
    if clock["work"]:
        return _bound(text, end) is None
    return clock[0] == "一点" and _bound(text, end) is None


def _bound(text: str, end: int) -> re.Match[str] | None:
    return _BEFORE.match(text, end) or _AFTER.match(text, end)


def _moment(
    text: str, start: int, end: int, now: datetime,
    day: re.Match[str] | None, part: re.Match[str] | None, clock: re.Match[str] | None, until: re.Match[str] | None, bound: str | None,
) -> Moment | None:  # fmt: skip
    span = _day(day, now) if day else _Day(now.date(), now.date() + timedelta(days=1), True, True)
    if span is None:
        return None
    name = part.lastgroup if part else ("evening" if day and day["english"] == "tonight" else None)
    try:
        begins, ends = _within(span, name, clock, until, now)
    except ValueError:
        return None
    if span.guessed and ends <= now:
        step = timedelta(days=7 if day else 1)
        begins, ends = begins + step, ends + step
    before, after = _BEFORE.match(text, end), _AFTER.match(text, end)
    english = _EN_BOUND.search(text, max(0, start - 16), start)
    bound = bound or (english["word"] if english else None)
    bounded = bool(before or after or bound)
    if before or bound in ("before", "by", "no later than"):
        limit = _limit(begins, ends, clock, name, bool(before and before["inside"]) or bound == "by")
        begins = (
            now
            if begins.date() <= now.date() or not (clock or name)
            else datetime.combine(begins.date(), time(DAY_STARTS))
        )
        ends = limit if limit > begins else ends
    elif (after or bound) and (clock or name):
        begins = begins if clock else ends
        ends = max(datetime.combine(begins.date(), time(DAY_ENDS)), begins + POINT)
    end = before.end() if before else after.end() if after else end
    start = english.start() if english else start
    return Moment(start, end, begins, ends, day is not None, bounded)


def _limit(begins: datetime, ends: datetime, clock: re.Match[str] | None, name: str | None, inside: bool) -> datetime:
    """Where "before X" ends: at a point of time, at noon, at the end of today, else where X begins."""
    if clock:
        return begins
    if name == "noon":
        return datetime.combine(begins.date(), LUNCH)
    return ends if inside or name else begins


def _within(
    span: _Day, name: str | None, clock: re.Match[str] | None, until: re.Match[str] | None, now: datetime
) -> tuple[datetime, datetime]:
    if clock:
        begins = datetime.combine(span.first, time()) + _clock(clock, name, span, now)
        if until:
            ends = datetime.combine(span.first, time()) + _clock(until, name, span, now)
            if ends <= begins and ends + timedelta(hours=12) > begins:
                ends += timedelta(hours=12)
            return begins, (ends if ends > begins else begins + POINT)
        return begins, begins + POINT
    if name:
        first, last = _HOURS[name]
        return (
            datetime.combine(span.first, time()) + timedelta(hours=first),
            datetime.combine(span.first, time()) + timedelta(hours=last),
        )
    return datetime.combine(span.first, time()), datetime.combine(span.last, time())


def _clock(match: re.Match[str], name: str | None, span: _Day, now: datetime) -> timedelta:
    """Time of day as people mean it. Raises ValueError for 25:00."""
    if match["work"]:
        at = {"下班": WORK_ENDS, "上班": WORK_BEGINS}.get(match["work"], LUNCH)
        return timedelta(hours=at.hour, minutes=at.minute)
    hour = number(match["h"] or match["h2"] or match["h3"] or match["h4"])
    minute = (
        30
        if match["half"]
        else 15 * (number(match["quarter"]) or 0)
        if match["quarter"]
        else number(match["m"] or match["m2"] or match["m3"] or "0")
    )
    if hour is None or minute is None or hour > 24 or minute > 59:
        raise ValueError("no such time of day")
    ampm = (match["ampm1"] or match["ampm3"] or "").replace(".", "")
    if ampm in ("am", "pm"):
        hour = hour % 12 + (12 if ampm == "pm" else 0)
    elif hour < 12 and (name in ("afternoon", "evening") or (name == "noon" and hour < 4)):
        hour += 12
    elif name == "evening" and hour == 12:
        hour = 24
    elif (name is None and hour < 7) or (
        name is None and hour < 10 and span.today and not span.guessed and now.hour > hour
    ):
        hour += 12
    return timedelta(hours=hour, minutes=minute)


def _day(match: re.Match[str], now: datetime) -> _Day | None:
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    if match["relative"]:
        first = today + timedelta(days=_RELATIVE[match["relative"].rstrip("天日儿个")])
        return _Day(first, first + timedelta(days=1), today=first == today)
    if match["weekday"]:
        return _weekday(match, today, monday)
    if match["english"]:
        return _english_day(match, today, monday)
    if match["days"]:
        step = (number(match["days"]) or 0) * (1 if match["unit"] == "天" else 7)
        return _Day(today + timedelta(days=step), today + timedelta(days=step + 1))
    if "周末" in match[0]:
        saturday = monday + timedelta(days=5 + 7 * _weeks(match["which_end"]))
        return _Day(saturday, saturday + timedelta(days=2))
    if match["which_week"]:
        first = monday + timedelta(days=7 * _weeks(match["which_week"]))
        return _Day(max(first, today), first + timedelta(days=7))
    return _calendar_day(match, today)


def _weeks(which: str | None) -> int:
    return {"下": 1, "下下": 2, "上": -1}.get(which or "", 0)


def _weekday(match: re.Match[str], today: date, monday: date) -> _Day:
    wanted = _WEEKDAYS[match["weekday"]]
    first = monday + timedelta(days=wanted + 7 * _weeks(match["which"]))
    guessed = match["which"] is None
    if guessed and first < today:
        first += timedelta(days=7)
    last = first + timedelta(days=1)
    if match["until"]:
        last = first + timedelta(days=(_WEEKDAYS[match["until"]] - wanted) % 7 + 1)
    if match["pair"]:
        last = first + timedelta(days=2)
    return _Day(first, last, guessed=guessed and first == today, today=first == today)


def _english_day(match: re.Match[str], today: date, monday: date) -> _Day | None:
    words = match["english"]
    fixed = {"day after tomorrow": 2, "tomorrow": 1, "today": 0, "tonight": 0, "yesterday": -1}.get(words)
    if fixed is not None:
        first = today + timedelta(days=fixed)
        return _Day(first, first + timedelta(days=1), today=fixed == 0)
    if words.endswith("weekend"):
        saturday = monday + timedelta(days=12 if (match["next_end"] or "").startswith("next") else 5)
        return _Day(saturday, saturday + timedelta(days=2))
    if match["en_week"]:
        first = monday + timedelta(days=7 if match["en_week"] == "next" else 0)
        return _Day(max(first, today), first + timedelta(days=7))
    if match["month"]:
        return _dated(today, _MONTHS.index(match["month"]) + 1, int(match["d5"]))
    following = 7 if (match["next"] or "").startswith("next") else 0
    first = monday + timedelta(days=_ENGLISH_DAYS.index(match["name"][:3]) + following)
    if not following and first < today:
        first += timedelta(days=7)
    return _Day(first, first + timedelta(days=1), guessed=first == today, today=first == today)


def _calendar_day(match: re.Match[str], today: date) -> _Day | None:
    try:
        if match["year"]:
            first = date(int(match["year"]), int(match["m1"]), int(match["d1"]))
            return _Day(first, first + timedelta(days=1))
        if match["d4"]:
            return _day_of_month(today, number(match["d4"]) or 0)
        return _dated(today, number(match["m2"] or match["m3"]) or 0, number(match["d2"] or match["d3"]) or 0)
    except ValueError:
        return None


def _day_of_month(today: date, day: int) -> _Day | None:
    """The next day of that number: this month or next."""
    if not 1 <= day <= 31:
        return None
    month = today.replace(day=1)
    for _ in range(3):
        try:
            if (first := month.replace(day=day)) >= today:
                return _Day(first, first + timedelta(days=1), today=first == today)
        except ValueError:
            pass
        month = (month + timedelta(days=32)).replace(day=1)
    return None


def _dated(today: date, month: int, day: int) -> _Day | None:
    """That day of this year, or of the next if it lies well back."""
    try:
        first = date(today.year, month, day)
        if (today - first).days > 90:
            first = date(today.year + 1, month, day)
    except ValueError:
        return None
    return _Day(first, first + timedelta(days=1), today=first == today)


def _soon(match: re.Match[str], now: datetime) -> Moment | None:
    if match["en"]:
        count = {"an": 1, "a": 1, "one": 1, "two": 2}.get(match["en"]) or int(match["en"])
        minutes = count * (60 if match["en_unit"].startswith("hour") else 1)
    elif match["half"] or match["n"] == "半":
        minutes = 30
    else:
        minutes = (number(match["n"]) or 0) * (1 if match["unit"] == "分钟" else 60)
    then = now + timedelta(minutes=minutes)
    inside = match[0].endswith("内") or match[0].startswith("within")
    begins, ends = (now, then) if inside else (then, then + POINT)
    return Moment(match.start(), match.end(), begins, ends, False, True) if ends > begins else None
