"""Days that people name: 后天, 下周三, 周末, 3月6号, 三天后, 月底, 国庆后第一天, next Tuesday, the 12th of March."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dialogue.understanding.exact import festivals
from dialogue.understanding.numerals import number

ONE_DAY = timedelta(days=1)
LONG_PAST = 90
"""Days ago from which a date without a year is taken to be next year's."""
MIDDLE, LATE = 11, 25
"""Day of the month on which 月中 and 月底 begin."""

N = "(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})"
"""A small number."""
_MONTH_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_SMALL = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_WEEK = "(?:周|星期|礼拜|禮拜)"
_FOLLOWED = (
    "(?=上午|下午|早|晚|中午|全天|来|过来|上门|到|送|发|之?前|以前|之?后|以后|行|可|有空|吧|修|能|的?时候|改|"
    "左右|不|没|我|你|再|"
    "开|交|验|出|回|要|也|都|就|了|那天|方便|和|或|至|-|、|[，,。.！!？? ]|[0-9]|$)"
)
_DAY = re.compile(
    rf"(?P<relative>大后天|后天|明天|明日|明儿个?|今天|今日|今儿个?|当天|大前天|前天|昨天|昨日|明(?=早|晚|上午|"
    rf"下午|中午|后天)|今(?=早|晚|夜)|昨(?=晚|夜))"
    rf"|(?P<which>下下|下|这|本|"
    rf"上)?(?P<ge>一?个)?{_WEEK}(?P<weekday>[一二三四五六日天1-7])(?![0-9一二三四五六](?![0-9十]?(?:点|:))|"
    rf"[天个]?[之以]?[内后](?!面))(?P<pair>日(?!期))?"
    rf"|(?P<which_end>下下|下|这|本|上)?个?(?:周末|双休日?)"
    rf"|(?P<which_week>下下|下|这|本)一?个?{_WEEK}(?![一二三四五六日天末1-7])"
    rf"|(?P<which_month>下下|下|这|本)一?个?月(?:(?P<of_month>{N}|[二三]十[一二三四五六七八九]?)(?:日|号)|"
    rf"(?P<third>初|中旬?|底|末))?"
    rf"|(?<![个几多半0-9一二三四五六七八九十])月(?P<this_third>初|底|末)"
    rf"|"
    rf"(?<![0-9.\-])(?P<year>20[0-9]{{2}}) ?[年/.\-] ?(?P<m1>[0-9]{{1,2}}) ?[月/.\-] ?(?P<d1>[0-9]{{1,2}}) ?(?:日|号)?(?![0-9])"
    rf"|(?P<m2>{N}) ?月份? ?(?P<d2>[二三]十[一二三四五六七八九]?|{N}) ?(?:日|号)?(?![楼线])"
    rf"|(?<![0-9.\-/:a-z])(?P<m3>1[0-2]|0?[1-9])/(?P<d3>3[01]|[12][0-9]|0?[1-9])(?![0-9/.])"
    rf"|(?<![0-9a-z单第路弄街栋幢排区巷道段])(?<![路弄街栋幢排区巷道段] )(?:(?P<d0>{N})(?:号|"
    rf"日)?[-~至到])?(?P<d4>[二三]十[一二三四五六七八九]?|"
    rf"{N})(?:号|日){_FOLLOWED}"
    rf"|(?P<within>(?P<n>{N})(?:天|日)(?:之|以)?内|[这近今明](?:一?两|几|明两)天|今明两天|[一1]个?(?:周|星期|"
    rf"礼拜)(?:之|以)?内)"
    rf"|(?P<days>{N})(?P<unit>天|个星期|个?礼拜|周)(?:之后|以后|后|过后)|过(?P<days2>{N})(?P<unit2>天|个星期|"
    rf"个?礼拜|周)(?!了)"
    rf"|(?<![a-z])(?P<english>day after tomorrow|tomorrow|tmrw?|tmr|today|tonight|yesterday|"
    rf"in (?P<en_days>[0-9]{{1,2}}|{'|'.join(_SMALL)}) (?P<en_unit>days?|weeks?)"
    rf"|(?P<next>next |this |on |coming )?(?P<name>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|"
    rf"sun)(?:days?)?(?![a-z])"
    rf"|(?P<next_end>next |this |the |at the |on the )?weekends?|(?P<en_week>next|this) week(?!end)|"
    rf"(?:the )?end of (?:the |this )?(?P<en_end>month|week)"
    rf"|(?P<month>{_MONTH_NAMES})[a-z]{{0,6}}\.? (?:the )?(?P<d5>[0-9]{{1,2}})(?:st|nd|rd|th)?"
    rf"|(?:the )?(?P<d6>[0-9]{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month2>{_MONTH_NAMES})[a-z]{{0,6}}"
    rf"|(?:on )?the (?P<d7>[0-9]{{1,2}})(?:st|nd|rd|th)(?! (?:floor|time|of|line|street|ave)))(?![a-z0-9])"
)
_AND = re.compile(r" ?(?:、|和|或者?|跟|与|及|/|and |or ) ?| ?(?=[\u4e00-\u9fff])")
_TO = re.compile(r" ?(?:到|至|-|~|—|–|to|until|through) ?")
_UNTIL = re.compile(rf"(?P<week>{_WEEK})?(?P<weekday>[一二三四五六日天])(?![点号])|(?P<day>{N})(?:号|日)?(?!点|:)")
_WEEKDAYS = dict(zip("一二三四五六日天1234567", (0, 1, 2, 3, 4, 5, 6, 6, 0, 1, 2, 3, 4, 5, 6), strict=True))
_ENGLISH_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = tuple(_MONTH_NAMES.split("|"))
_RELATIVE = {"大前": -3, "前": -2, "昨": -1, "今": 0, "当": 0, "明": 1, "后": 2, "大后": 3}


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` up to but without `last`. `guessed`: which week or whether today is meant was not said.
    `before`: all the time until `last`, as in 节前. `inclusive`: what is before it may still lie in it, as in 月底前."""

    first: date
    last: date
    guessed: bool = False
    today: bool = False
    before: bool = False
    inclusive: bool = False


class Found(NamedTuple):
    """Days named in `text[start:end]`; `days` is None for a day that does not exist."""

    start: int
    end: int
    days: Days | None
    english: bool
    tonight: bool


def first_start(text: str, at: int) -> int | None:
    """Where the next day is named."""
    starts = [match.start() for form in (_DAY, festivals.form()) if (match := form.search(text, at))]
    return min(starts, default=None)


def day_at(text: str, at: int, now: datetime) -> Found | None:
    """The day or days that are named at this place, with what is counted together: 周三到周五, 周六周日, 明后天."""
    found = _one_at(text, at, now)
    if found is None or found.days is None:
        return found
    days, end = found.days, found.end
    for further in _further(text, found, now):
        if further.days is None or further.days.last <= days.last:
            break
        days, end = replace(days, last=further.days.last, guessed=False), further.end
    return found._replace(end=end, days=days)


def _one_at(text: str, at: int, now: datetime) -> Found | None:
    if match := festivals.form().match(text, at):
        named = festivals.named(match, now.date())
        days = Days(named.first, named.last, before=named.before) if named else None
        return Found(at, match.end(), days, match[0].isascii(), False)
    match = _DAY.match(text, at)
    if match is None:
        return None
    return Found(at, match.end(), _day(match, now), bool(match["english"]), match["english"] == "tonight")


def _further(text: str, found: Found, now: datetime) -> Iterator[Found]:
    """The end of a range, or days that follow one another."""
    assert found.days is not None
    if to := _TO.match(text, found.end):
        until = _one_at(text, to.end(), now)
        if until:
            yield until
        elif short := _UNTIL.match(text, to.end()):
            yield Found(
                found.start, short.end(), _until(short, text[found.start : found.end], found.days), False, False
            )
        return
    while (joint := _AND.match(text, found.end)) and (following := _one_at(text, joint.end(), now)):
        if following.days is None or found.days is None or following.days.first != found.days.last:
            return
        yield following
        found = found._replace(end=following.end, days=following.days)


def _until(match: re.Match[str], begun: str, days: Days) -> Days | None:
    if match["weekday"] and re.search("周|星期|礼拜", begun):
        last = days.first + timedelta(days=(_WEEKDAYS[match["weekday"]] - days.first.weekday()) % 7)
        return Days(days.first, last + ONE_DAY)
    if match["day"] and re.search("[号日]|月", begun):
        ends = _day_of_month(days.first, number(match["day"]) or 0)
        return Days(days.first, ends.last) if ends else None
    return None


def _day(match: re.Match[str], now: datetime) -> Days | None:
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    if match["relative"]:
        return _single(today + timedelta(days=_RELATIVE[match["relative"].rstrip("天日儿个")]), today)
    if match["weekday"]:
        return _weekday(match, today, monday)
    if match["english"]:
        return _english_day(match, today, monday)
    if match["within"]:
        count = number(match["n"]) or 0 if match["n"] else 7 if "内" in match["within"] else 2
        return Days(today, today + timedelta(days=count + (1 if match["n"] else 0)), today=True) if count else None
    if match["days"] or match["days2"]:
        step = (number(match["days"] or match["days2"]) or 0) * (1 if "天" in (match["unit"], match["unit2"]) else 7)
        return _single(today + timedelta(days=step), today)
    if match["which_month"] or match["this_third"]:
        return _month(match, today)
    if match["which_week"]:
        first = monday + timedelta(days=7 * _weeks(match["which_week"]))
        return Days(max(first, today), first + timedelta(days=7))
    if "周末" in match[0] or "双休" in match[0]:
        saturday = monday + timedelta(days=5 + 7 * _weeks(match["which_end"]))
        return Days(saturday, saturday + timedelta(days=2))
    return _calendar_day(match, today)


def _single(day: date, today: date) -> Days:
    return Days(day, day + ONE_DAY, today=day == today)


def _weeks(which: str | None) -> int:
    return {"下": 1, "下下": 2, "上": -1}.get(which or "", 0)


def _weekday(match: re.Match[str], today: date, monday: date) -> Days:
    first = monday + timedelta(days=_WEEKDAYS[match["weekday"]] + 7 * _weeks(match["which"]))
    guessed = match["which"] is None
    if guessed and first < today:
        first += timedelta(days=7)
    last = first + timedelta(days=2 if match["pair"] else 1)
    return Days(first, last, guessed=guessed and first == today, today=first == today)


def _month(match: re.Match[str], today: date) -> Days | None:
    months = _weeks(match["which_month"])
    first = _months_on(today, months)
    third = (match["third"] or match["this_third"] or "")[:1]
    if match["of_month"]:
        try:
            return _single(first.replace(day=number(match["of_month"]) or 0), today)
        except ValueError:
            return None
    if third == "初" and not months and today.day > MIDDLE:
        first = _months_on(today, 1)
    following = _months_on(first, 1)
    begins = {
        "初": first,
        "中": first.replace(day=MIDDLE),
        "底": first.replace(day=LATE),
        "末": first.replace(day=LATE),
    }
    ends = {"初": first.replace(day=MIDDLE), "中": first.replace(day=21)}
    return Days(max(begins.get(third, first), today), ends.get(third, following), inclusive=third in ("底", "末"))


def _months_on(day: date, months: int) -> date:
    """The first of the month so many months on."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1)


def _english_day(match: re.Match[str], today: date, monday: date) -> Days | None:
    words = match["english"]
    fixed = {"day after tomorrow": 2, "tomorrow": 1, "tmr": 1, "tmrw": 1, "today": 0, "tonight": 0, "yesterday": -1}
    if words in fixed:
        return _single(today + timedelta(days=fixed[words]), today)
    if match["en_days"]:
        count = _SMALL.get(match["en_days"]) or int(match["en_days"])
        return _single(today + timedelta(days=count * (1 if match["en_unit"].startswith("day") else 7)), today)
    if match["en_end"]:
        month = _months_on(today, 1)
        friday = monday + timedelta(days=4)
        if match["en_end"] == "week":
            return Days(max(today, friday), max(today, friday) + ONE_DAY, inclusive=True)
        return Days(max(today, month.replace(day=1) - timedelta(days=6)), month, inclusive=True)
    if words.rstrip("s").endswith("weekend"):
        saturday = monday + timedelta(days=12 if (match["next_end"] or "").startswith("next") else 5)
        return Days(saturday, saturday + timedelta(days=2))
    if match["en_week"]:
        first = monday + timedelta(days=7 if match["en_week"] == "next" else 0)
        return Days(max(first, today), first + timedelta(days=7))
    if match["month"] or match["month2"]:
        return _dated(today, _MONTHS.index(match["month"] or match["month2"]) + 1, int(match["d5"] or match["d6"]))
    if match["d7"]:
        return _day_of_month(today, int(match["d7"]))
    following = 7 if (match["next"] or "").startswith("next") else 0
    first = monday + timedelta(days=_ENGLISH_DAYS.index(match["name"][:3]) + following)
    if not following and first < today:
        first += timedelta(days=7)
    return Days(first, first + ONE_DAY, guessed=first == today, today=first == today)


def _calendar_day(match: re.Match[str], today: date) -> Days | None:
    try:
        if match["year"]:
            return _single(date(int(match["year"]), int(match["m1"]), int(match["d1"])), today)
        if match["d4"]:
            first = _day_of_month(today, number(match["d0"] or match["d4"]) or 0)
            last = _day_of_month(first.first, number(match["d4"]) or 0) if first else None
            return Days(first.first, last.last) if first and last and match["d0"] else first
        return _dated(today, number(match["m2"] or match["m3"]) or 0, number(match["d2"] or match["d3"]) or 0)
    except ValueError:
        return None


def _day_of_month(today: date, day: int) -> Days | None:
    """The next day of that number: this month or next."""
    if not 1 <= day <= 31:
        return None
    month = today.replace(day=1)
    for _ in range(3):
        try:
            if (first := month.replace(day=day)) >= today:
                return _single(first, today)
        except ValueError:
            pass
        month = _months_on(month, 1)
    return None


def _dated(today: date, month: int, day: int) -> Days | None:
    """That day of this year, or of the next if it lies well back."""
    try:
        first = date(today.year, month, day)
        if (today - first).days > LONG_PAST:
            first = date(today.year + 1, month, day)
    except ValueError:
        return None
    return _single(first, today)
