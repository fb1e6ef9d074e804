"""What is said of parts that were replaced: old and new, their serial numbers and codes (旧件SN A123 新件SN B456, S99).

A serial number belongs to the part that was named last before it; one that follows the word for the machine is the machine's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from dialogue.understanding.numerals import digit_view
from dialogue.understanding.plain import Plain

OLD, NEW = "old", "new"
SHORTEST, LONGEST = 4, 30
"""Characters of a serial number, and of a code."""
BARE_DIGITS = 5
"""Digits that a number must have that is a serial number although nobody says so: 新件 77889900."""
NEAR = 10
"""Characters between the word for a part and its code: 换上了新的硒鼓 DR-4200-TN."""

_OLD_PART = (
    r"(?:拆|换|卸|取)下来?(?:的|了)?(?:旧|坏)?[件的]?|[旧老坏](?:配|零|部|备)?件"
    r"|(?:the )?(?:old|removed|faulty|defective) (?:part|unit|one)|(?:took|taken) (?:out|off)"
)
_NEW_PART = (
    r"新(?:换|装)?(?:上)?(?:的)?(?:配|零|部|备)?件|(?:换|装)上(?:去)?的(?:新[件的]?)?"
    r"|(?:the )?(?:new|replacement) (?:part|unit|one)"
)
_OLD_LOOSE = r"旧的|老的|坏的|(?<![a-z])old(?![a-z])"
_NEW_LOOSE = (
    r"新的|(?:换|装)上(?:去)?了?|换了|换成了?|更换为|换为"
    r"|(?<![a-z])(?:installed|fitted|put in|replaced with|new)(?![a-z])"
)
"""Words that alone say nothing of a photo: 换上了新硒鼓, 约新的时间."""
_MACHINE = r"机器|整机|设备|本机|主机|机身|(?<![a-z])(?:machine|device|printer)(?![a-z])"
_SERIAL_WORD = r"(?:序列号|序列码|序号|编号|(?<![a-z])s/?n(?:码|号)?|(?<![a-z])serial(?: ?(?:number|no\.?|num))?)"
_TOKEN = rf"[a-z0-9](?:[a-z0-9]|[-_/.](?=[a-z0-9])){{{SHORTEST - 1},{LONGEST - 1}}}(?![a-z0-9])"
_IS = r"(?:的?是|为|is|[ :：#=])"
_FOUND = re.compile(
    rf"(?P<old>{_OLD_PART})|(?P<new>{_NEW_PART})|(?P<old_loose>{_OLD_LOOSE})|(?P<new_loose>{_NEW_LOOSE})|(?P<machine>{_MACHINE})"
    rf"|{_SERIAL_WORD}(?:{_IS}{{1,4}}(?P<serial>{_TOKEN})|[-]?(?P<glued>[0-9][a-z0-9-]{{2,{LONGEST}}}))"
    rf"|(?<![a-z0-9])(?P<bare>{_TOKEN})"
)
_CLAUSE = re.compile(r"[^。；;！!？?\n，,]+")
_NOT_YET = re.compile(
    r"申请|领用|采购|订购|订了|缺|没|未|不是|等|需要|要换|要用|要一|到货|到了|寄|退回|明天|后天|(?<![a-z])(?:not|need|order|wait|arriv|tomorrow|send|missing)"
)
"""Words of what is still to come: nothing has been replaced by it."""
_CORRECTS = re.compile(
    r"不对|错了|写错|发错|更正|纠正|应该是|应为|改成|改为|(?<![a-z])(?:correction|wrong|sorry|should be|typo)"
)
_ASKS = re.compile(r"[?？]|多少|吗|哪[个里儿支]|是什么|(?<![a-z])(?:what|which|where)(?![a-z])")
_FILLERS = re.compile(
    r"[\s，,。.、:：~～!！的了是这那此为件个张照片图原新旧与和及]|(?:this|that|is|the|here|photo|picture|of|a)(?![a-z])"
)
_AND = re.compile(r" ?(?:[、,，/和及与&]|and) ?\Z")
_MOBILE = re.compile(r"1[3-9][0-9]{9}\Z")
_CODE = re.compile(r"(?=[^-]*[a-z])(?=.*[0-9])(?=.{6})[a-z0-9]+-[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_TICKET = re.compile(r"(?:gd|wo|tk)[-_]?[0-9]+\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """One part that was replaced; serial numbers and code as they were written."""

    code: str | None = None
    old_serial: str | None = None
    new_serial: str | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """`sides`: old, new, in the order in which they were named; `alone`: nothing else is said, so that it says what a photo shows;
    `corrects`: it was said wrongly before; `awaits`: it tells besides of what is still to come."""

    sides: tuple[str, ...]
    parts: tuple[Part, ...]
    alone: bool
    corrects: bool
    awaits: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    """A word or number as it stands in the text; `sort` names the group that found it."""

    sort: str
    start: int
    end: int
    clause: int


def replaced(said: Plain) -> Replaced | None:
    """What a text tells of replaced parts; None if it tells nothing. Numbers are as they were written."""
    view = digit_view(said.text)
    if _ASKS.search(view):
        return None
    hits = list(_hits(view))
    sides: list[str] = []
    numbers: dict[str, list[str]] = {OLD: [], NEW: []}
    code, side, last, spoken_of = None, None, None, None
    for hit in hits:
        word = view[hit.start : hit.end]
        if hit.sort == "machine":
            side = None
        elif hit.sort in ("old", "new", "old_loose", "new_loose"):
            side = spoken_of = OLD if hit.sort.startswith("old") else NEW
            if side not in sides and not hit.sort.endswith("loose"):
                sides.append(side)
        elif side is None:
            pass
        elif hit.sort in ("serial", "glued") or _goes_on(view, last, hit) or _is_serial(view, last, hit, word):
            numbers[side].append(_written(said, view, hit))
        elif last is not None and hit.start - last.end <= NEAR and _CODE.match(word) and not _TICKET.match(word):
            code = code or _written(said, view, hit)
        last = hit
    parts = _paired(numbers, code)
    alone = not _left_over(view, hits)
    if not sides and (alone or parts) and spoken_of is not None:
        sides.append(spoken_of)
    if not parts and not sides:
        return None
    corrects = bool(_CORRECTS.search(view))
    return Replaced(tuple(sides), parts, alone, corrects, awaits=bool(_NOT_YET.search(view)) and not corrects)


def _hits(view: str) -> Iterator[_Hit]:
    """Every word and number that counts, clause by clause; a clause about what is still to come has none."""
    for number, clause in enumerate(_CLAUSE.finditer(view)):
        if _NOT_YET.search(clause[0]) and not _CORRECTS.search(clause[0]):
            continue
        for found in _FOUND.finditer(view, clause.start(), clause.end()):
            sort = found.lastgroup
            assert sort is not None
            yield _Hit(sort, found.start(sort), found.end(sort), number)


def _written(said: Plain, view: str, hit: _Hit) -> str:
    """A number as it was written; one that was spoken in digits."""
    raw = unicodedata.normalize("NFKC", said.raw(hit.start, hit.end))
    return raw if raw.isascii() else view[hit.start : hit.end].upper()


def _goes_on(view: str, last: _Hit | None, hit: _Hit) -> bool:
    """One more of the serial numbers before it: SN A1001、A1002."""
    counted = last is not None and last.sort in ("serial", "glued", "bare")
    between = view[last.end : hit.start] if last is not None else ""
    return counted and bool(_AND.fullmatch(between)) and any(map(str.isdigit, view[hit.start : hit.end]))


def _is_serial(view: str, last: _Hit | None, hit: _Hit, word: str) -> bool:
    """A long number right after the word for the part: 新件 77889900, new part SNPRC20931."""
    if last is None or last.sort not in ("old", "new") or _MOBILE.match(word) or _TICKET.match(word):
        return False
    near = not re.sub(_IS, "", view[last.end : hit.start])
    return near and sum(map(str.isdigit, word)) >= BARE_DIGITS and "-" not in word


def _paired(numbers: dict[str, list[str]], code: str | None) -> tuple[Part, ...]:
    """The first old part with the first new one, and so on; a code is that of all of them."""
    pairs = list(zip_longest(numbers[OLD], numbers[NEW]))
    if not pairs:
        return (Part(code=code),) if code else ()
    return tuple(Part(code, old, new) for old, new in pairs)


def _left_over(view: str, hits: list[_Hit]) -> str:
    """What a text says besides."""
    rest = list(view)
    for hit in hits:
        rest[hit.start : hit.end] = " " * (hit.end - hit.start)
    words = re.sub(_SERIAL_WORD, " ", "".join(rest))
    return _FILLERS.sub("", words)
