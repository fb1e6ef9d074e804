"""Telephone numbers: one spelling in the desk (E.164, "+8613800000002"), and those that the providers use."""

from __future__ import annotations

import re

from notifier.carriers.wire import Trouble

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_MAINLAND_LANDLINE = re.compile(r"[2-9]\d{8,10}", re.ASCII)
MAINLAND = "+86"


def dialled(number: str) -> str:
    """The number if it is one. Raises Trouble "gone": nothing of that kind can be reached, now or ever."""
    if not _E164.fullmatch(number):
        raise Trouble("gone", "not a telephone number")
    return number


def domestic(number: str) -> str:
    """A mainland number as it is dialled there: 13800000002, 057100000002. Raises Trouble."""
    rest = dialled(number).removeprefix(MAINLAND)
    if rest != number and _MOBILE.fullmatch(rest):
        return rest
    if rest != number and _MAINLAND_LANDLINE.fullmatch(rest):
        return f"0{rest}"
    raise Trouble("refused", "number outside the mainland")


def listed(number: str) -> str:
    """A number as the mainland's providers list it: 13800000002, and 85290000002 for others. Raises Trouble."""
    return dialled(number).removeprefix(MAINLAND).removeprefix("+")


def e164(told: str) -> str:
    """The one spelling of a number that a mainland provider told. Raises ValueError for what is none."""
    text = told.strip()
    if _MOBILE.fullmatch(text):
        text = MAINLAND + text
    elif text.startswith("0") and not text.startswith("00"):
        text = MAINLAND + text[1:]
    else:
        text = "+" + text.lstrip("+0")
    if not _E164.fullmatch(text):
        raise ValueError("not a telephone number")
    return text


def international(country: str, rest: str) -> str:
    """A number that was told in two parts. Raises ValueError for what is none."""
    text = f"+{str(country).lstrip('+')}{rest}"
    if not _E164.fullmatch(text):
        raise ValueError("not a telephone number")
    return text
