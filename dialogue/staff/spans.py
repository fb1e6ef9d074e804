"""Months and quarters as managers name them: 11月, 上月, 三季度, Q3, last quarter, 2026-03."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from core.insight.monthly import MONTH, QUARTER, Span
from core.words import Micros

_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
SPAN = (
    r"(?:(?P<iso>20\d\d-(?:1[0-2]|0[1-9]))|(?:(?P<year>20\d\d)\s*年?\s*[-.]?\s*)?"
    r"(?:(?P<month>1[0-2]|0?[1-9])\s*月(?:份)?|(?:第?(?P<quarter>[一二三四1-4])季度|q(?P<q>[1-4]))"
    r"|(?P<near>本月|这个月|当月|上月|上个月|本季度?|这个季度|上季度?|上个季度|this month|last month|this quarter|last quarter)))"
)
SPAN_AFTER = SPAN.replace("?P<", "?P<of_")
"""A span as a part of a regular expression that ignores case, before and after what is asked for; `span_in` reads their groups."""


def span_in(found: re.Match[str], now: Micros, zone: ZoneInfo, months: int = MONTH) -> Span:
    """The span that was named, the latest that has begun; without a name the present one of so many `months`."""
    said = {name.removeprefix("of_"): value for name, value in found.groupdict().items() if value is not None}
    if "iso" in said:
        return Span.named(said["iso"])
    if near := said.get("near", "").casefold():
        present = Span.around(now, zone, QUARTER if "季" in near or "quarter" in near else MONTH)
        return present.later(-1) if near.startswith(("上", "last")) else present
    if (quarter := said.get("quarter") or said.get("q")) is not None:
        named, length = _QUARTERS[quarter] * QUARTER - QUARTER + 1, QUARTER
    elif "month" in said:
        named, length = int(said["month"]), MONTH
    else:
        return Span.around(now, zone, months)
    present = Span.around(now, zone, length)
    if "year" in said:
        return Span(int(said["year"]), named, length)
    return Span(present.year if named <= present.month else present.year - 1, named, length)
