"""An open question is tried first: does this text answer it?"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from dialogue.understanding.exact.moments import moments
from dialogue.understanding.exact.phone import phones
from dialogue.understanding.exact.ratings import rating
from dialogue.understanding.exact.wishes import wish
from dialogue.understanding.exact.yes_no import yes_no
from dialogue.understanding.numerals import number
from dialogue.understanding.plain import Plain
from dialogue.understanding.reading import Reader

LONGEST_BARE_ANSWER = 40
"""Characters of a text that may as a whole be the answer to a question for an address or a symptom."""
LONGEST_BARE_NAME = 12
"""Characters of a text that may as a whole be the name of a device."""
MOST_CHOICES = 20
"""Largest number in a menu."""

_CHOICE = re.compile(
    r"(?:第|选|选择|要|no\.?|option|number|#)? ?(?P<n>[0-9]{1,2}|[一二两三四五六七八九十]{1,2})[.、)）个项号条单那的 ]{0,3}(?:个|"
    r"一个|单|选项|吧|啊|one)?[。.!！ ]{0,2}"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "前面": 1, "前者": 1, "后者": 2, "上面": 1}
_ORDINAL = re.compile(r"(?:the )?(first|second|third|fourth|fifth)(?: one)?[.!]?|(前面|前者|后者|上面)(?:那?个|的)?")
_EVASION = re.compile(
    r"(?:不知道|不清楚|不晓得|没有|没了|忘了|随便|都行|都可以|看你们|你们定|不用|别问|什么意思|啥意思|怎么|为什么|谢谢|多谢|好的|"
    r"收到|嗯|哦|噢|行|ok|你好|在吗|hello|hi|thanks|转人工|人工|"
    r"i don't know|no idea|not sure|whatever|any ?time)[的了吧啊呢。.!！ ]*\Z"
)
_QUESTION = re.compile(r"[?？]|吗[。 ]*\Z|怎么样|什么时候|多久|多少钱|为什么|能不能|可不可以")
_LEAD = re.compile(
    r"^(?:(?:我们?|咱们?|俺们?|这边|这里|公司|家)?(?:的)?(?:地址|位置|地点|设备|机器|故障|问题|现象|型号|序列号|编号|名字|"
    r"名称)?(?:就?是|在|叫|为|位于|[:：,， ])+|it'?s (?:a |an |the |at |in )?|the |my |our |at |in )"
)
_TAIL = re.compile(r"[。.!！~～，, 的呢啊呀吧]+\Z")


def answer(reader: Reader, slot: str, said: Plain, now: datetime) -> Any | None:
    """The value that the text gives for the slot, or None. Raises KeyError for a slot that nobody can ask for."""
    text = said.text.strip()
    if slot == "yes_no":
        return yes_no(text)
    if slot == "choice":
        return _choice(text)
    if slot == "rating":
        return _rating(text)
    if slot == "preferred_time":
        found = wish(said.text, moments(said.text, now), now, expected=True)
        return found.value if found else None
    if slot == "phone":
        return next((hit.value for hit in phones(said.text)), None) or _bare_phone(text)
    if slot not in _BARE:
        raise KeyError(slot)
    read = reader.read(said, now).slots().get(slot)
    return read[0] if read else _bare(slot, said, text, reader, now)


_BARE = {"device": LONGEST_BARE_NAME, "fault_symptom": LONGEST_BARE_ANSWER, "address": LONGEST_BARE_ANSWER}
_BARE |= {"device_model": LONGEST_BARE_NAME, "serial_no": 24, "error_code": LONGEST_BARE_NAME, "part_code": 24}


def _bare(slot: str, said: Plain, text: str, reader: Reader, now: datetime) -> str | None:
    """A short text that says nothing else is itself the answer."""
    lead = _LEAD.match(text)
    core = _TAIL.sub("", text[lead.end() :] if lead else text)
    if (
        not core
        or len(core) > _BARE[slot]
        or _EVASION.match(core)
        or _QUESTION.search(text)
        or not re.search(r"\w", core)
    ):
        return None
    read = reader.read(said, now)
    others = {hit.entity for hit in read.hits} - {slot, "emotion", "delivery_constraint"}
    if slot in ("device_model", "serial_no", "error_code", "part_code"):
        return _code(said, core)
    if slot == "fault_symptom" and not others & {"phone", "preferred_time", "address", "ticket_no"}:
        return None if read.vague_fault and len(core) <= 4 else _raw(said, core)
    if slot == "device" and not others and not read.vague_fault:
        return None if reader.devices.is_vague(core) else _raw(said, core)
    if slot == "address" and not others & {"phone", "preferred_time", "fault_symptom"} and not read.vague_fault:
        return _raw(said, core)
    return None


def _code(said: Plain, core: str) -> str | None:
    return _raw(said, core) if re.fullmatch(r"[a-z0-9][a-z0-9\-_/. ]*", core) and re.search("[0-9]", core) else None


def _raw(said: Plain, core: str) -> str:
    start = said.text.index(core)
    return said.raw(start, start + len(core))


def _choice(text: str) -> int | None:
    if ordinal := _ORDINAL.fullmatch(text):
        return _ORDINALS[ordinal[1] or ordinal[2]]
    match = _CHOICE.fullmatch(text)
    chosen = number(match["n"]) if match else None
    return chosen if chosen is not None and 1 <= chosen <= MOST_CHOICES else None


def _rating(text: str) -> int | None:
    found = next((hit.value for hit in rating(text)), None)
    if found is None and (bare := re.fullmatch(r"([1-5]|[一二三四五])[。.!！ ]*", text)):
        found = number(bare[1])
    return found


def _bare_phone(text: str) -> str | None:
    """A local number by itself."""
    match = re.fullmatch(r"([2-9][0-9]{2,3})[- ]?([0-9]{4})", text)
    return match[1] + match[2] if match else None
