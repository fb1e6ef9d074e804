"""Numbers as people write and say them: 1001, 一零零一, 一千零一, 幺三八, 两个."""

from __future__ import annotations

import re

_DIGITS = dict(zip("〇零一二两三四五六七八九幺", "0012234567891", strict=True))
_RADIO = dict(zip("洞拐勾", "079", strict=True))
_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
_RUN = re.compile("[0-9〇零一二两三四五六七八九幺洞拐勾]+")
_SHORTEST_SPOKEN = 3

CHINESE = "〇零一二两三四五六七八九十百千万"
"""Characters of a Chinese numeral."""


def digit_view(text: str) -> str:
    """The text with spoken digits written as digits, of the same length. Short runs (一下, 三楼) stay as they are."""
    return _RUN.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    run = match[0]
    if run.isascii() or len(run) < _SHORTEST_SPOKEN:
        return run
    return "".join(_DIGITS.get(char) or _RADIO.get(char) or char for char in run)


def number(words: str) -> int | None:
    """The whole number that a numeral stands for, written in digits, digit by digit, or with units; None if none."""
    if not words:
        return None
    if words.isascii():
        return int(words) if words.isdigit() else None
    if all(char in _DIGITS or (char.isascii() and char.isdigit()) for char in words):
        return int("".join(_DIGITS.get(char, char) for char in words))
    return _with_units(words)


def _with_units(words: str) -> int | None:
    total, section, digit, last_unit = 0, 0, None, 1
    for char in words:
        if char in _DIGITS:
            digit = int(_DIGITS[char])
            if digit == 0:
                last_unit = 1
        elif char == "万":
            total, section, digit, last_unit = (total + section + (digit or 0)) * 10_000, 0, None, 10_000
        elif char in _UNITS:
            last_unit = _UNITS[char]
            section, digit = section + (1 if digit is None else digit) * last_unit, None
        else:
            return None
    # 三百五 is 350: a digit left over after a unit counts tenths of it.
    return total + section + (digit or 0) * max(last_unit // 10, 1)
