"""A day that people name as they speak: yesterday, 上周三, 去年10月5号, 三个月前. What lies behind is read as behind."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from dialogue.understanding.exact.moments import moments
from dialogue.understanding.numerals import number

_N = "(?:[0-9]{1,3}|[一二两三四五六七八九十]{1,3}|半|an?|one|two|three|four|five|six)"
_AGO = re.compile(rf"(?P<n>{_N}) ?个?(?P<unit>天|周|星期|礼拜|月|年|days?|weeks?|months?|years?) ?(?:以前|之前|前|ago)")
_YEAR = re.compile(
    r"(?P<which>去年|前年|last year)[的 ]?(?P<m>[0-9]{1,2}|[一二三四五六七八九十]{1,2})月份?(?P<d>[0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]?"
)
_MONTH = re.compile(r"(?P<which>上上|上|这|本)个?月(?P<d>[0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号]?")
_NO_YEAR = re.compile(r"[0-9一二三四五六七八九十]{1,3}月|[0-9]{1,2}/[0-9]{1,2}")
_ENGLISH = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_DAYS = {"天": 1, "周": 7, "星期": 7, "礼拜": 7, "day": 1, "week": 7}


def day_in(text: str, now: datetime, *, behind: bool) -> tuple[date, str] | None:
    """The day that the text (plain, lower case) names, and the words around it; with `behind` it lies in the past if it can."""
    for pattern, read in ((_AGO, _ago), (_YEAR, _of_year), (_MONTH, _of_month)):
        match = pattern.search(text)
        day = read(match, now.date()) if match else None
        if match and day:
            return day, f"{text[: match.start()]} {text[match.end() :]}".strip()
    moment = next((moment for moment in moments(text, now) if moment.dated), None)
    if moment is None:
        return None
    day, said = moment.begins.date(), text[moment.start : moment.end]
    if behind and day > now.date():
        day = _year_before(day) if _NO_YEAR.search(said) else day - timedelta(days=7)
    return day, f"{text[: moment.start]} {text[moment.end :]}".strip()


def _ago(match: re.Match[str], today: date) -> date | None:
    said, unit = match["n"], match["unit"].rstrip("s")
    if said == "半":
        return _months_back(today, 6) if unit == "年" else today - timedelta(days=15) if unit == "月" else None
    count = _ENGLISH.get(said) or number(said) or 0
    if unit in _DAYS:
        return today - timedelta(days=count * _DAYS[unit])
    return _months_back(today, count * (12 if unit in ("年", "year") else 1))


def _of_year(match: re.Match[str], today: date) -> date | None:
    years = 2 if match["which"] == "前年" else 1
    return _day(today.year - years, number(match["m"]) or 0, number(match["d"]) or 0)


def _of_month(match: re.Match[str], today: date) -> date | None:
    first = _months_back(today.replace(day=1), {"上": 1, "上上": 2}.get(match["which"], 0))
    return _day(first.year, first.month, number(match["d"]) or 0) if first else None


def _months_back(today: date, months: int) -> date | None:
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(years, month + 1, min(today.day, monthrange(years, month + 1)[1])) if years > 0 else None


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
