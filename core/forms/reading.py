"""From what people write to the value of a field: tolerant in form, strict in what comes of it. One reader for chat, page and table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from typing import Any

from core.forms import spoken
from core.forms.conditions import Scalar, Values
from core.forms.definition import LONGEST_TEXT, MOST_NUMBER, Field, Option, Sort
from core.forms.units import times, unit_at
from core.rules.containing import holds

MOST_DIGITS = 18
"""Digits of a number, with those after its point; more is none."""
YEARS = range(1950, 2101)
"""Years that a date may have."""

_NUMBER = re.compile(
    r"(?<![\d.])(?P<minus>[-−负]|零下|minus )? ?(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
)
_DATE = re.compile(
    r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"
)
_YES = frozenset({"是", "是的", "有", "对", "已", "已换", "y", "yes", "true", "1", "√", "✓", "ok"})
_NO = frozenset({"否", "不是", "无", "没有", "没", "未", "不", "n", "no", "false", "0", "×", "✗", "x"})


class Misfit(Exception):
    """An answer that does not fit. `key` names the words of the hint (form.misfit.KEY), `facts` fill them."""

    def __init__(self, key: str, **facts: Any):
        super().__init__(f"{key} {facts}" if facts else key)
        self.key, self.facts = key, facts


@dataclass(frozen=True, slots=True)
class Reading:
    """A value, and the words around it that say something else. `bare`: a number without its unit, which may count anything."""

    values: Values
    rest: str = ""
    bare: bool = False


def read(field: Field, text: str, today: date) -> Reading:
    """The value of a field that is no file. Raises Misfit."""
    plain = tidy(text)
    if not plain:
        raise Misfit("empty")
    match field.sort:
        case Sort.TEXT:
            return Reading((_text(text),))
        case Sort.CHOICE:
            return _choice(field, plain)
        case Sort.NUMBER | Sort.SLIDER:
            return _number(field, spoken.digits(plain))
        case Sort.DATE:
            return _date(field, plain, today)
        case Sort.YES_NO:
            return _yes_no(plain)
    raise Misfit("file")


def tidy(text: str) -> str:
    """Plain widths, lower case, single blanks, nothing invisible."""
    flat = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(c for c in flat if c.isspace() or unicodedata.category(c)[0] != "C").split())


def named(field: Field, text: str) -> tuple[Option, ...]:
    """The options of a choice that a text names; a name within a longer one that stands there too does not count."""
    found = {option.id: [tidy(n) for n in option.names if holds(text, n)] for option in field.options}
    hits = [name for names in found.values() for name in names]
    longest = {name for name in hits if not any(name != other and name in other for other in hits)}
    return tuple(option for option in field.options if longest & set(found[option.id]))


def in_limits(field: Field, value: float) -> float | int:
    """The number, whole if it is. Raises Misfit."""
    least = field.least if field.least is not None else -MOST_NUMBER
    most = field.most if field.most is not None else MOST_NUMBER
    if not isfinite(value) or not least <= value <= most:
        raise Misfit("limits", least=_written(least), most=_written(most), unit=field.unit or "")
    value = round(value, 6)
    return int(value) if value.is_integer() else value


def day_in_limits(field: Field, day: date, today: date) -> str:
    """The day as it is kept: YYYY-MM-DD. Raises Misfit."""
    if day.year not in YEARS:
        raise Misfit("date")
    if field.least is not None and day < today + timedelta(days=field.least):
        raise Misfit("too_early")
    if field.most is not None and day > today + timedelta(days=field.most):
        raise Misfit("too_late")
    return day.isoformat()


def accepted(field: Field, name: str | None, mime: str | None) -> bool:
    """Whether a file may be the answer, by its name and type."""
    if field.accepts:
        return (name or "").casefold().endswith(field.accepts)
    return (mime or "").startswith("image/")


def _text(text: str) -> str:
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co")).strip()
    if len(kept) > LONGEST_TEXT:
        raise Misfit("too_long", most=LONGEST_TEXT)
    if not kept:
        raise Misfit("empty")
    return kept


def _choice(field: Field, plain: str) -> Reading:
    exact = [option for option in field.options if plain in (option.id.casefold(), *map(tidy, option.names))]
    found: Sequence[Option] = exact[:1] or named(field, plain)
    if not found or (len(found) > 1 and not field.many):
        raise Misfit("choice_many" if found else "choice")
    rest = plain
    for name in sorted((tidy(n) for option in found for n in (option.id, *option.names)), key=len, reverse=True):
        rest = rest.replace(name, "", 1)
    return Reading(tuple(option.id for option in found), rest.strip(" 、,，。和与及"))


def _number(field: Field, plain: str) -> Reading:
    found = []
    for match in _NUMBER.finditer(plain):
        after = match.end() + (plain[match.end() : match.end() + 1] == " ")
        if plain[after : after + 1] == "个" and unit_at(plain, after + 1, field.unit):
            after += 1
        found.append((match, unit_at(plain, after, field.unit), after))
    if not found:
        raise Misfit("number")
    measured = [one for one in found if one[1] and field.unit and times(one[1], field.unit) is not None]
    wanted = measured or [one for one in found if not one[1]] or found
    if len(wanted) > 1:
        raise Misfit("number_many")
    match, unit, after = wanted[0]
    if len(match["n"].replace(",", "")) > MOST_DIGITS:
        raise Misfit("number")
    factor = times(unit, field.unit) if unit and field.unit else 1.0
    if factor is None:
        raise Misfit("unit", unit=field.unit or "", said=unit)
    value = float(match["n"].replace(",", "")) * factor * (-1 if match["minus"] else 1)
    if field.sort == Sort.SLIDER and not value.is_integer():
        raise Misfit("limits", least=_written(field.least or 0), most=_written(field.most or 0), unit="")
    rest = plain[: match.start()] + plain[after + len(unit) if unit else match.end() :]
    return Reading((in_limits(field, value),), rest.strip(), bare=not unit)


def _date(field: Field, plain: str, today: date) -> Reading:
    match = _DATE.search(plain)
    if match is None:
        raise Misfit("date")
    try:
        day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        raise Misfit("date") from None
    rest = plain[: match.start()] + plain[match.end() :]
    return Reading((day_in_limits(field, day, today),), rest.strip())


def _yes_no(plain: str) -> Reading:
    said = plain.strip(" 。.!！的了")
    if said in _YES or said in _NO:
        return Reading((said in _YES,))
    raise Misfit("yes_no")


def _written(number: Scalar) -> str:
    return f"{number:g}" if isinstance(number, int | float) else str(number)
