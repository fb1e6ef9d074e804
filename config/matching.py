"""When a text or a field is what a script expects: width, case and punctuation aside, some fields by containment."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Any

BY_PART = frozenset({"device", "device_model", "fault_symptom", "address"})
"""Fields that hold when the wanted words stand in them, or when they hold most of the wanted words."""
PERIODS = frozenset({"preferred_time", "appointment"})
MOST = 2
"""A field that is part of the wanted words holds most of them if it is at least one over this of their length."""


def listed(value: Any) -> list[Any]:
    """One or several."""
    return [] if value is None else value if isinstance(value, list) else [value]


def has(text: str, words: Any) -> bool:
    """Whether the words stand in the text; width and case aside."""
    return _folded(words) in _folded(text)


def bare(text: Any) -> str:
    """Letters, digits and Chinese characters."""
    return re.sub(r"[\W_]+", "", _folded(text))


def masked(text: str) -> str:
    """The text without its numbers."""
    return re.sub(r"[A-Za-z]*-?[0-9]+", "#", text)


def language(text: str) -> str:
    """zh or en: a Chinese character says about as much as four letters."""
    chinese, latin = len(re.findall(r"[㐀-鿿]", text)), len(re.findall(r"[A-Za-z]", text))
    return "zh" if chinese and chinese * 4 >= latin else "en"


def matches(name: str, want: Any, got: Any) -> bool:
    """Whether the field of a ticket is as wanted; None is an empty field."""
    if want is None:
        return got in (None, [], "")
    if name in PERIODS:
        return len(listed(got)) == 2 and [_instant(at) for at in listed(got)] == [_instant(at) for at in listed(want)]
    if name.endswith("_at"):
        return got is not None and _instant(got) == _instant(want)
    if name == "parts":
        return all(any(part.items() <= one.items() for one in got or ()) for part in want)
    if isinstance(want, bool | int | float):
        return not isinstance(got, str) and got == want
    if name == "description":
        return bare(want) in bare(got or "")
    return any(_near(bare(want), bare(one)) if name in BY_PART else bare(one) == bare(want) for one in listed(got))


def _near(want: str, got: str) -> bool:
    return bool(got) and (want in got or (got in want and len(got) * MOST >= len(want)))


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        return None


def _folded(text: Any) -> str:
    return unicodedata.normalize("NFKC", str(text)).casefold()
