"""What a cell says: clean text, a telephone number, an instant, a list."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.links.lines import Broken, Cell, LineRefused
from core.people.phones import is_mobile, phone_number
from core.words import SECOND, Micros

LONGEST_TEXT = 2_000
"""Characters of a cell that are kept; a customer's or a ticket's field says more in no table that we have seen."""
NOTHING = frozenset(
    {"-", "--", "—", "——", "/", "\\", "无", "暂无", "没有", "空", "null", "none", "nan", "n/a", "na", "不详", "未知"}
)
"""What people write into a cell to say that there is nothing to say."""
EXCEL_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - a day of the table's own calendar
"""Day 0 of the numbers by which Excel counts days, as far as dates after February 1900 go."""
EXCEL_DAYS = range(20_000, 80_000)
"""Numbers that may be days in a column of dates: 1954 to 2119."""

_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_DISARMED = re.compile(r"^'(?=[=+\-@＝＋－＠])")
"""The mark by which a spreadsheet, and our own list of refusals, keeps a cell from being run as a formula."""
_SCIENTIFIC = re.compile(r"([1-9])(?:\.(\d*))?[eE]\+?(\d{1,2})")
_SEVERAL = re.compile(r"[、,，;；/|\n]+|\s{2,}")
_LIST = re.compile(r"[、,，;；/|\s]+")
_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(上午|下午|AM|PM)?\s*(\d{1,2})\s*[:：时点]\s*(\d{1,2})?\s*分?(?:[:：]?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?",
    re.IGNORECASE,
)
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")


def text_of(cell: Cell) -> str | None:
    """The words of a cell on one line, or None if it says nothing. Raises LineRefused for a cell that cannot be read."""
    if isinstance(cell, Broken):
        raise LineRefused(cell.why)
    if cell is None or isinstance(cell, bool):
        return {True: "是", False: "否", None: None}[cell]
    if isinstance(cell, float):
        cell = int(cell) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    words = _DISARMED.sub("", tidy(str(cell)))
    if _ERROR.fullmatch(words):
        raise LineRefused("cell_error", value=words)
    if "\ufffd" in words:
        raise LineRefused("cell_garbled")
    return None if words.lower() in NOTHING or not words else words[:LONGEST_TEXT]


def tidy(words: str) -> str:
    """Words without control and invisible characters, with single spaces."""
    if words.isprintable():
        return " ".join(words.split())
    kept = "".join(" " if char.isspace() or unicodedata.category(char) == "Cc" else char for char in words)
    return " ".join(
        "".join(char for char in kept if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn")).split()
    )


def name_of(cell: Cell) -> str | None:
    """A name, without the spaces by which people align names of two characters."""
    words = text_of(cell)
    return _BETWEEN_HAN.sub("", words) if words else None


def phone_of(cell: Cell) -> tuple[str | None, int]:
    """The number to call (a mobile one before others), and how many other numbers stand there beside it.

    Raises LineRefused for words that are no number, and for a number that lost its last digits on the way.
    """
    words = text_of(cell)
    if words is None:
        return None, 0
    if scientific := _SCIENTIFIC.fullmatch(words):
        words = _written_out(words, *scientific.groups())
    if words.endswith(".0") and words[:-2].isdigit():
        words = words[:-2]
    if whole := phone_number(words):
        return whole, 0
    numbers = [number for part in _SEVERAL.split(words) if (number := phone_number(part))]
    if not numbers:
        raise LineRefused("phone_wrong", value=words[:40])
    best = next((number for number in numbers if is_mobile(number)), numbers[0])
    return best, len(set(numbers)) - 1


def moment_of(cell: Cell, zone: ZoneInfo) -> Micros | None:
    """The instant that a cell names in local time. Raises LineRefused if it is none."""
    if isinstance(cell, datetime):
        return _instant(cell, zone)
    if isinstance(cell, date):
        return _instant(datetime(cell.year, cell.month, cell.day), zone)  # noqa: DTZ001 - `_instant` gives the zone
    words = text_of(cell)
    if words is None:
        return None
    if isinstance(cell, int | float) and int(cell) in EXCEL_DAYS:
        return _instant(EXCEL_FIRST_DAY + timedelta(days=float(cell)), zone)
    found = _MOMENT.fullmatch(unicodedata.normalize("NFKC", words).strip())
    if found is None:
        raise LineRefused("date_wrong", value=words[:40])
    year, month, day, half, hour, minute, second = found.groups()
    hours = int(hour or 0)
    if half and half.upper() in ("下午", "PM") and hours < 12:
        hours += 12
    try:
        local = datetime(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0))  # noqa: DTZ001
    except ValueError:
        raise LineRefused("date_wrong", value=words[:40]) from None
    return _instant(local, zone)


def several_of(cell: Cell) -> tuple[str, ...]:
    """The parts of a list: skills, districts."""
    words = text_of(cell)
    return tuple(dict.fromkeys(part for part in _LIST.split(words) if part)) if words else ()


def _instant(local: datetime, zone: ZoneInfo) -> Micros:
    whole = local if local.tzinfo else local.replace(tzinfo=zone)
    return round(whole.timestamp()) * SECOND


def _written_out(words: str, first: str, more: str | None, power: str) -> str:
    digits = first + (more or "")
    if len(digits) != int(power) + 1:
        raise LineRefused("phone_lost_digits", value=words)
    return digits
