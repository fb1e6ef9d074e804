"""Telephone numbers: mobile, landline, service line, foreign; in digits or spoken (一三七…, 幺三八…)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.numerals import digit_view

_PART = "[- ,，.、。—]{0,2}"
_FORMS = re.compile(
    "|".join(
        (
            rf"(?<![0-9a-z+])(?P<country>(?:\+|00)?86{_PART})?(?P<mobile>1{_PART}[3-9](?:{_PART}[0-9]){{9}})(?![0-9])",
            r"(?<![0-9a-z])(?P<foreign>\+[1-9](?:[- ().]{0,2}[0-9]){6,14})(?![0-9])",
            r"(?<![0-9a-z])(?P<service>[48]00[- ]?[0-9]{3,4}[- ]?[0-9]{3,4})(?![0-9])",
            r"(?<![0-9a-z])\(?(?P<area>0(?:10|2[0-9]|[3-9][0-9]{2}))\)?[- ]{0,2}(?P<local>[2-9][0-9]{2,3}[- ]?[0-9]{4})"
            r"(?:[- ]?(?:转|分机|ext\.?) ?(?P<extension>[0-9]{1,6}))?(?![0-9])",
            r"(?<![0-9a-z])(?P<american>\(?[2-9][0-9]{2}\)?[- .][0-9]{3}[- .][0-9]{4})(?![0-9])",
            r"(?:电话|手机|座机|号码|phone|tel|call me (?:at|on))[ :：是为]{0,3}(?P<plain>[2-9][0-9]{2,3}[- ]?[0-9]{4})(?![0-9])",
        )
    )
)


def phones(text: str) -> Iterator[Hit]:
    """Every telephone number in the text; the value is digits, `0571-88886666` for landlines, a leading + is kept."""
    for match in _FORMS.finditer(digit_view(text)):
        group = match.lastgroup if match["area"] is None else "local"
        start = match.start(group) if group == "plain" else match.start()
        yield Hit("phone", start, match.end(), _value(match))


def _value(match: re.Match[str]) -> str:
    if match["area"]:
        extension = f"-{match['extension']}" if match["extension"] else ""
        return f"{match['area']}-{_digits(match['local'])}{extension}"
    if match["foreign"]:
        return "+" + _digits(match["foreign"])
    if match["mobile"] and (match["country"] or "").startswith("+"):
        return "+86" + _digits(match["mobile"])
    if match["mobile"]:
        return _digits(match["mobile"])
    return _digits(match[0])


def _digits(words: str) -> str:
    return "".join(char for char in words if char in "0123456789")
