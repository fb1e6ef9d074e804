"""Words passed on: a chat record is one text, a line a message, with who said it before it (S5a)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"^\s*(?P<who>[^\s:：][^:：\n]{0,39}?)(?:\s+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?\s*[:：](?!//)\s*(?P<words>\S.*)$"
)
"""王女士: 打印机卡纸, 王女士 10:02：打印机卡纸; no line is 10:02 or https://…"""
_NO_NAME = re.compile(
    r"[0-9]|https?\Z|电话|手机|地址|型号|序列号|故障|设备|单号|时间|phone|address|model", re.IGNORECASE
)
"""What stands before a colon and is nobody's name."""
MOST_NAMES = 20
"""Speakers of one record that are looked at."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was passed on: the names of those who speak in it, and their words without the names."""

    speakers: tuple[str, ...]
    words: str


def read_record(text: str) -> Record:
    """The record in a text; plain words have no speakers."""
    speakers, words = dict[str, None](), []
    for line in text.splitlines():
        said = _LINE.match(line)
        if said is None or _NO_NAME.search(said["who"]):
            words.append(line)
            continue
        speakers[said["who"].strip()] = None
        words.append(said["words"])
    return Record(tuple(speakers)[:MOST_NAMES], "\n".join(words))
