"""Telephone numbers in one written form, so that the same number is found however it was typed."""

from __future__ import annotations

import re
import unicodedata

HOME = "+86"
"""Country of numbers that name none."""

_FIRST_SHOWN, _LAST_SHOWN, _SHORT = 3, 4, 8
"""Digits that a masked number still shows, at its end only if it has at most so many."""
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))([2-9]\d{6,7})")
_SERVICE = re.compile(r"[48]00\d{7}")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_FOREIGN = re.compile(r"\+[1-9]\d{6,14}")
_HOME = re.compile(r"\A(?:\+|00)86(?=1[3-9]|0?[1-9])")
_BARE_HOME = re.compile(r"86(?=1[3-9]\d{9}$)")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|x)[^0-9]*(\d{1,6})$", re.IGNORECASE)
_DASHED = re.compile(r"((?:\(?0\d{2,3}\)?-)?[2-9]\d{6,7})-(\d{1,6})")
_FILLING = re.compile(r"[\s\-()./·,]")
_IN_TEXT = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?(?:1[3-9](?:[- ]?\d){9}|0\d{2,3}[- ]?[2-9]\d{6,7}|\+\d[\d -]{6,14}\d)(?!\d)"
)


def phone_number(text: str) -> str | None:
    """A number as the desk keeps it, or None if the text is not one number.

    `13800138000`, `0574-88001234`, `0574-88001234-801` (extension), `4001234567`, `88001234`, `+4915112345678`.
    What this returns, it returns unchanged.
    """
    text = unicodedata.normalize("NFKC", text).strip().replace("—", "-").replace("–", "-")
    text, extension = _without_extension(text)
    digits = _FILLING.sub("", text)
    if digits.startswith("0086") or digits.startswith("+86"):
        digits = _HOME.sub("", digits)
        if not digits.startswith(("0", "1", "400", "800")):
            digits = f"0{digits}"
    digits = _BARE_HOME.sub("", digits)
    if landline := _LANDLINE.fullmatch(digits):
        return f"{landline[1]}-{landline[2]}{extension}"
    if extension and not _LOCAL.fullmatch(digits) and not _SERVICE.fullmatch(digits):
        return None
    if any(form.fullmatch(digits) for form in (_MOBILE, _SERVICE, _LOCAL, _FOREIGN)):
        return digits + extension
    return None


def without_numbers(text: str) -> str:
    """A text in which every telephone number is starred out: for readers whom it is none of the business."""
    return _IN_TEXT.sub("***", text)


def masked(text: str) -> str:
    """A text in which the middle of every telephone number is starred out: 138****8021."""
    return _IN_TEXT.sub(lambda found: masked_number(found[0]), text)


def masked_number(number: str) -> str:
    """One number with its middle starred out; of a short one the beginning too."""
    digits = re.sub(r"\D", "", phone_number(number) or number)
    first, last = (_FIRST_SHOWN if len(digits) > _SHORT else 0), _LAST_SHOWN
    return f"{digits[:first]}{'*' * max(len(digits) - first - last, 0)}{digits[-last:]}"


def is_mobile(number: str) -> bool:
    """Whether a number in the desk's form can receive a short message."""
    return _MOBILE.fullmatch(number) is not None


def dialled(number: str) -> str | None:
    """A number as carriers know it (E.164), or None for one that cannot be dialled from everywhere: a service or local number,
    one with an extension."""
    known = phone_number(number)
    if known is None or known.startswith("+"):
        return known if known and "-" not in known else None
    if _MOBILE.fullmatch(known):
        return f"{HOME}{known}"
    area, _, rest = known.partition("-")
    return f"{HOME}{area[1:]}{rest}" if area.startswith("0") and rest.isdigit() else None


def _without_extension(text: str) -> tuple[str, str]:
    if spoken := _EXTENSION.search(text):
        return text[: spoken.start()], f"-{spoken[1]}"
    if dashed := _DASHED.fullmatch(text):
        return dashed[1], f"-{dashed[2]}"
    return text, ""
