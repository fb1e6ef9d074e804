"""Tracking numbers of parcels (运单号): those that show their carrier by their form, and others that are said to be one (S24)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.numerals import digit_view

SHORTEST, LONGEST = 10, 20
"""Characters of a number that is one only because the words before it say so."""

_FORMS = re.compile(
    r"(?<![a-z0-9])(?:"
    r"sf ?[0-9]{12,15}"
    r"|jd(?:[a-z]{0,2}[0-9]{10,15}|x[0-9]{10,15})"
    r"|yt ?[0-9]{13,15}"
    r"|jt ?[0-9]{13}"
    r"|dpk ?[0-9]{12}"
    r"|1z[0-9a-z]{16}"
    r"|[a-z]{2}[0-9]{9}cn"
    r"|7[3-9][0-9]{12}"
    r")(?![a-z0-9]|[-_/.][a-z0-9])"
)
"""顺丰, 京东, 圆通, 极兔, 德邦, UPS, 邮政 (two letters, nine digits, CN) and 中通 (14 digits from 73 on)."""
_CUE = (
    r"(?:运单|快递单|物流单|邮寄单|面单|快递|物流|邮单)(?:编?号码?)?|包裹号|顺丰|京东|圆通|中通|申通|韵达|极兔|德邦|百世|邮政|(?<![a-z])ems"
    r"|(?<![a-z])(?:tracking|waybill|awb|shipment|parcel|courier)(?: ?(?:number|no\.?|num|code))?"
)
_SAID = re.compile(
    rf"(?:{_CUE})(?:单号?|号码?|编号|的|是|为|is|发了?|寄了?|已发|[ :：#,，()（）]){{0,6}}"
    rf"(?P<n>[a-z]{{0,4}} ?[0-9]{{{SHORTEST - 2},{LONGEST}}}[a-z]{{0,2}})(?![a-z0-9]|[-_/.][a-z0-9])"
)
_MOBILE = re.compile(r"1[3-9][0-9]{9}\Z")
_SERIAL = re.compile(
    r"(?:序列号|序号|机身[号码]|出厂编?号|机号|(?<![a-z])s/?n|serial(?: ?(?:number|no\.?))?)[是为:：# ]{0,3}\Z"
)
_BEFORE = 16
"""Characters before a number in which it may be said to be the serial number of a device."""


def trackings(text: str) -> Iterator[Hit]:
    """Every tracking number in the text, once; the value is in capitals, without blanks."""
    view, end = digit_view(text), 0
    found = [(match.start("n"), match.end("n"), match["n"]) for match in _SAID.finditer(view)]
    found += [
        (match.start(), match.end(), match[0]) for match in _FORMS.finditer(view) if not _is_serial(view, match.start())
    ]
    for start, stop, said in sorted(found):
        number = said.replace(" ", "").upper()
        if start >= end and SHORTEST <= len(number) <= LONGEST and not _MOBILE.match(number):
            yield Hit("tracking_no", start, stop, number)
            end = stop


def _is_serial(view: str, start: int) -> bool:
    return bool(_SERIAL.search(view[max(0, start - _BEFORE) : start]))
