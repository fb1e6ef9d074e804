"""Numbers as people say them, written with digits: 十六点五 → 16.5, 一六 → 16, one six → 16, sixteen point five → 16.5."""

from __future__ import annotations

import re

_DIGITS = dict(zip("零〇一二两三四五六七八九幺", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 1), strict=True))
_UNITS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九幺十百千万]+(?:点[零〇一二两三四五六七八九幺]+)?")
_NO_NUMBER = re.compile(r"[下些点样般直起定共旦再并切半会块]")
"""What makes a word of a lone 一 or 两 before it: 一下, 一直, 一点."""
_SHARE = re.compile(r"百分之\s*(?=[\d零〇一二两三四五六七八九十百])")

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORDS = {word: value for value, word in enumerate(_ONES)} | {"oh": 0} | _TENS
_WORD = "|".join([*sorted(_WORDS, key=len, reverse=True), "hundred", "thousand"])
_ENGLISH = re.compile(rf"\b(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*(?: point(?: (?:{_WORD}))+)?\b")


def digits(text: str) -> str:
    """The text (lower case) with spoken numbers in digits."""
    share = _SHARE.search(text) is not None
    text = _CHINESE.sub(_chinese, _SHARE.sub("", text))
    text = _ENGLISH.sub(_english, text)
    return f"{text}%" if share and not text.endswith("%") else text


def _chinese(match: re.Match[str]) -> str:
    said = match[0]
    whole, point, after = said.partition("点")
    following = match.string[match.end() : match.end() + 1]
    if len(said) == 1 and (said in "百千万" or (said in "一两" and _NO_NUMBER.match(following))):
        return said
    tail = f".{''.join(str(_DIGITS[char]) for char in after)}" if point else ""
    if all(char in _DIGITS for char in whole):
        return "".join(str(_DIGITS[char]) for char in whole) + tail
    return f"{_with_units(whole)}{tail}"


def _with_units(words: str) -> int:
    total, section, digit, last = 0, 0, None, 1
    for char in words:
        if char in _DIGITS:
            digit, last = _DIGITS[char], 1 if _DIGITS[char] == 0 else last
        elif char == "万":
            total, section, digit, last = (total + section + (digit or 0)) * 10_000, 0, None, 10_000
        else:
            last = _UNITS[char]
            section, digit = section + (1 if digit is None else digit) * last, None
    # A digit left over after a unit counts tenths of it: 三百五 is 350.
    return total + section + (digit or 0) * max(last // 10, 1)


def _english(match: re.Match[str]) -> str:
    whole, point, after = match[0].replace("-", " ").partition(" point ")
    words = [word for word in whole.split() if word != "and"]
    tail = f".{''.join(str(_WORDS[word]) for word in after.split() if word in _WORDS)}" if point else ""
    if all(_WORDS.get(word, 10) < 10 for word in words):
        return "".join(str(_WORDS[word]) for word in words) + tail
    total = section = 0
    for word in words:
        if word == "hundred":
            section = max(section, 1) * 100
        elif word == "thousand":
            total, section = total + max(section, 1) * 1_000, 0
        else:
            section += _WORDS[word]
    return f"{total + section}{tail}"
