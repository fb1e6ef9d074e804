"""What the trained instinct sees of a message of staff: its letters and sounds, what it names, and which command words it holds.

Tickets, codes, times, sums and people are masked, so that what was learnt of one holds for another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from typing import Self

from dialogue.understanding.exact.codes import Codes
from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.exact.moments import moments
from dialogue.understanding.orders.arguments import clauses, opening
from dialogue.understanding.orders.bounds import ASKS
from dialogue.understanding.orders.commands import Commands
from dialogue.understanding.orders.subjects import Subjects, subjects
from dialogue.understanding.sight import LONGEST, Sight
from dialogue.understanding.words import Context

ANY_DAY = datetime.fromisoformat("2026-03-04T10:00")
"""Only where a time stands in a text matters here, not which it is."""

_TICKET, _CODE, _PHONE, _SUM, _TIME, _COLLEAGUE, _CUSTOMER = (chr(0xE010 + place) for place in range(7))
_WORDS = re.compile(r"[a-z']+|[\ue010-\ue016]")
_SURNAME = (
    "柳常温葛殷施康齐伍尤乔牛甘游翁詹祝焦鲍苗盛霍倪柴王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈"
    "任姚卢姜钟崔谭陆汪范金石廖贾韦夏付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤"
)
_COLLEAGUES = re.compile(
    rf"[老小大阿][{_SURNAME}](?![年板小大])|(?<![\u4e00-\u9fff])?[{_SURNAME}][\u4e00-\u9fff]?(?:工(?!单|作|厂|程|位|具|艺)|师傅|哥|师)"
)
_CUSTOMERS = re.compile(rf"[{_SURNAME}](?:女士|先生|总|老板|老师|太太|小姐|阿姨|大爷|主任|厂长|院长|校长)")


@dataclass(frozen=True)
class StaffSight(Sight):
    """Turns what staff write into features."""

    codes: Codes
    commands: Commands

    @classmethod
    def seeing(cls, sight: Sight, codes: Codes, commands: Commands) -> Self:
        """The sight of customers' texts, with an eye for commands."""
        return cls(**{each.name: getattr(sight, each.name) for each in fields(Sight)}, codes=codes, commands=commands)

    def features(self, text: str) -> list[str]:
        """All features of a plain text."""
        seen = text[:LONGEST]
        named = tuple(moments(seen, ANY_DAY))
        dated = [Hit("time", moment.start, moment.end, None) for moment in named]
        found = subjects(seen, seen, self.codes, Context(), dated)
        masked = self._masked(_masked(seen, found, dated))
        return [
            *self._letters(masked),
            *_english(masked),
            *self._families(seen),
            *self._signs(seen),
            *_named(found, dated),
            *(["s:asks"] if ASKS.search(seen) else []),
            *self._commanded(seen, opening(seen, found.tickets)),
        ]

    def _commanded(self, text: str, start: int) -> Iterable[str]:
        """Command words: what leads the message, what stands in its first sentence, and in any."""
        spans = clauses(text, start)
        first = text[start : spans[0][1]] if spans else ""
        for action, command in self.commands.of.items():
            if command.lead.match(text, start):
                yield f"s:lead {action}"
            if command.says.search(text):
                yield f"s:says {action}"
                if command.says.search(first):
                    yield f"s:first {action}"
            if command.unless.search(text):
                yield f"s:unless {action}"


def _english(masked: str) -> Iterable[str]:
    words = _WORDS.findall(masked)
    yield from (f"w:{word}" for word in words)
    yield from (f"w:{one} {other}" for one, other in pairwise(words))


def _named(found: Subjects, dated: list[Hit]) -> Iterable[str]:
    """What the message names, whatever it is called."""
    yield f"s:tickets {min(len({hit.value for hit in found.tickets}), 2)}"
    if any(hit.entity in ("part_code", "device_model") for hit in found.codes):
        yield "s:part"
    for name, there in (("time", dated), ("sum", found.money), ("phone", found.phones), ("last", found.last)):
        if there:
            yield f"s:{name}"


def _masked(text: str, found: Subjects, dated: list[Hit]) -> str:
    """The text with a sign for each thing that it names."""
    signs = [
        *((hit.start, hit.end, _TICKET) for hit in found.tickets),
        *((hit.start, hit.end, _CODE) for hit in found.codes),
        *((hit.start, hit.end, _PHONE) for hit in found.phones),
        *((hit.start, hit.end, _SUM) for hit in found.money),
        *((hit.start, hit.end, _TIME) for hit in dated),
        *((match.start(), match.end(), _CUSTOMER) for match in _CUSTOMERS.finditer(text)),
        *((match.start(), match.end(), _COLLEAGUE) for match in _COLLEAGUES.finditer(text)),
    ]
    pieces, at = [], 0
    for start, end, sign in sorted(signs):
        if start >= at:
            pieces += [text[at:start], sign]
            at = end
    return "".join([*pieces, text[at:]])
