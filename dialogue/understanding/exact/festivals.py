"""Holidays that people name (国庆后第一天, 节前, 初八): which day, how long the country rests, when work begins again (调休)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from dialogue.understanding.numerals import number

LONGEST_REST = 30
"""Days after a festival within which work begins again."""
ONE_DAY = timedelta(days=1)

_FIXED = {"元旦": (1, 1), "五一": (5, 1), "国庆": (10, 1), "圣诞": (12, 25)}
_LUNAR = {
    "春节": ("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03"),
    "清明": ("2024-04-04", "2025-04-04", "2026-04-05", "2027-04-05", "2028-04-04", "2029-04-04", "2030-04-05"),
    "端午": ("2024-06-10", "2025-05-31", "2026-06-19", "2027-06-09", "2028-05-28", "2029-06-16", "2030-06-05"),
    "中秋": ("2024-09-17", "2025-10-06", "2026-09-25", "2027-09-15", "2028-10-03", "2029-09-22", "2030-09-12"),
}
"""Festivals of the moon and the sun, by the almanac."""
_ALSO = {
    "劳动": "五一",
    "十一": "国庆",
    "过年": "春节",
    "新年": "元旦",
    "大年初一": "春节",
    "new year's day": "元旦",
    "labour day": "五一",
    "labor day": "五一",
    "national day": "国庆",
    "christmas": "圣诞",
    "spring festival": "春节",
    "chinese new year": "春节",
    "dragon boat festival": "端午",
    "dragon boat": "端午",
    "mid-autumn festival": "中秋",
    "qingming": "清明",
}
_AFTER = r"(?:之后|以后|过后|后(?!天)|过完|结束|完了?|回来|收假)"
_FORM = re.compile(
    r"(?P<eve>除夕|(?:大年|年)三十|年三十)"
    r"|(?:大年|正月)?初(?P<day>[一二三四五六七八九]|十)(?!级|中|次|步|期)"
    r"|(?P<en_side>before|after) (?:the )?(?P<en>new year's day|labou?r day|national day|christmas|"
    r"spring festival|chinese new year|dragon boat festival|mid-autumn festival|qingming)"
    r"|(?:过完?)?(?:(?P<name>元旦|春节|过年|新年|清明|五一|劳动(?=节)|端午|中秋|国庆|圣诞|十一(?=假期|长假|"
    r"放假|期间|黄金周|之?前|之?后|以前|以后|过后|回来))(?:劳动)?节?"
    r"|(?P<any>(?<![环细季关情调音章骨])节(?=[前后])|假期(?=前|后|结束|之后)|放假(?=前|后|回来)|长假|"
    r"(?<![0-9一二三四五六七八九十几今去明多半两新])年(?=前[ ，,来弄修把能要]|后[ ，,来弄修再能]))|"
    r"(?P<en2>new year's day|labou?r day|national day|christmas(?: day)?|dragon boat(?: festival)?|"
    r"mid-autumn festival|spring festival|chinese new year))"
    r"(?P<span>假期|小?长假|放假|黄金周|期间)*"
    rf"(?:(?P<eve2>前一天|头天|前天)|(?P<before>之前|以前|前(?!台|面|门))|"
    rf"(?P<after>{_AFTER})的?(?:第(?P<nth>[一二三四五])(?:个工作日|个上班日|天)|(?P<first>头一?天|首日|"
    rf"上班(?:第一天)?|开工(?:第一天)?|复工(?:第一天)?|一上班))?|当天|那天|当日)?"
)


class Rest(NamedTuple):
    """A festival falls on `day`; the country rests from `first` to `last`."""

    day: date
    first: date
    last: date


class Named(NamedTuple):
    """Days from `first` up to but without `last`; `before`: what is meant ends where the festival begins."""

    first: date
    last: date
    before: bool


def form() -> re.Pattern[str]:
    """The pattern whose matches `named` reads."""
    return _FORM


def named(match: re.Match[str], today: date) -> Named | None:
    """The days that a match of `form` means, seen from `today`; None if no almanac knows them."""
    rest = _rest(match, today)
    if rest is None:
        return None
    if match["day"] or match["eve"]:
        day = rest.day + timedelta(days=(number(match["day"]) or 1) - 1) if match["day"] else rest.day - ONE_DAY
        return Named(day, day + ONE_DAY, False)
    if match["before"] or match["en_side"] == "before":
        return Named(today, rest.first, True) if rest.first > today else None
    if match["eve2"]:
        return Named(rest.first - ONE_DAY, rest.first, False)
    if match["after"] or match["en_side"] == "after":
        day = working_day(rest.last, number(match["nth"]) or 1 if match["nth"] else 1)
        return Named(day, day + ONE_DAY, False)
    if match["span"] or match["any"]:
        return Named(max(rest.first, today), rest.last + ONE_DAY, False)
    return Named(rest.day, rest.day + ONE_DAY, False)


def working_day(after: date, nth: int = 1) -> date:
    """The nth day after `after` on which the country works, make-up days among them."""
    off, made_up = _calendar()
    day = after
    for _ in range(LONGEST_REST):
        day += ONE_DAY
        if day in made_up or (day.weekday() < 5 and day not in off):
            nth -= 1
            if nth == 0:
                break
    return day


def _rest(match: re.Match[str], today: date) -> Rest | None:
    if match["day"] or match["eve"]:
        return _next("春节", today - timedelta(days=15))
    name = match["name"] or match["en"] or match["en2"]
    if name:
        return _next(_ALSO.get(name.removesuffix(" day") if name == "christmas day" else name, name), today)
    if match["any"] == "年":
        return _next("春节", today)
    known = [rest for one in (*_FIXED, *_LUNAR) if one != "圣诞" and (rest := _next(one, today))]
    return min(known, key=lambda rest: rest.first, default=None)


def _next(name: str, today: date) -> Rest | None:
    """The festival that is not over yet: after its day, its days of rest still belong to it."""
    for day in _days(name, today):
        rest = _resting(day)
        if rest.last >= today:
            return rest
    return None


def _days(name: str, today: date) -> list[date]:
    if name in _FIXED:
        return [date(year, *_FIXED[name]) for year in (today.year, today.year + 1)]
    return [day for told in _LUNAR.get(name, ()) if (day := date.fromisoformat(told)).year >= today.year - 1]


def _resting(day: date) -> Rest:
    off, _ = _calendar()
    first = last = day
    while first - ONE_DAY in off:
        first -= ONE_DAY
    while last + ONE_DAY in off:
        last += ONE_DAY
    return Rest(day, first, last)


@cache
def _calendar() -> tuple[frozenset[date], frozenset[date]]:
    """Days of rest, and days that are worked for them (调休), as far as they are announced."""
    from chinese_calendar.constants import holidays, workdays

    return frozenset(holidays), frozenset(workdays)
