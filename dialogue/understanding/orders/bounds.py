"""Bounds of the actions: what each cannot do without, and who says it of what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dialogue.understanding.orders import arguments
from dialogue.understanding.orders.arguments import Said
from dialogue.understanding.reading import Reader

ASKS = re.compile(
    r"[?？]|吗(?:[ 。]|$)|么$|呢$|谁|为什么|为啥|怎么(?!都|也)|咋|什么|啥(?!都|也)|多少|哪(?!怕)|几(?=个|单|张|点|条|次)|是不是|有没有|"
    r"了没(?!电|水|气|网)|没有$|啥时候|多久|(?:^|[,.;:] ?|[0-9] )(?:and )?(?:who|what|why|when|where|how|any|is|are|has|have|did|does|can)(?:'s)?(?![a-z'])"
)
"""What makes a sentence a question."""
ONLY = {
    "part_eta": ("procurement", "manager", "agent"),
    "urge_engineer": ("manager", "agent"),
    "release": ("agent", "manager"),
    "accept": ("engineer", "manager", "agent"),
    "arrive": ("engineer", "manager", "agent"),
    "complete": ("engineer", "manager", "agent"),
    "need_part": ("engineer", "manager", "agent"),
}
"""Actions that only some roles mean."""

_PLAINLY_ASKS = re.compile(r"(?:[?？]|吗|没有|了没)[ 。?？!！]*\Z")
_TOLD = {"complete", "arrive", "accept", "part_arrived", "part_eta", "quote", "resume"}
"""Actions that are told, never asked."""
_IN_PLACE = re.compile(r" ?(?:完好|完毕|换好|换上|装好|装上|后)")
"""What follows the code of a part that has been changed already."""
_HANDS_OVER = re.compile(r"转|派|让|给|叫|换(?:个)?人|换师傅|退|拒|不接|接不|去不")
_ABOUT_ONE = re.compile(
    r"单|客户|进度|进展|状态|件|设备|机器|[这那]台|[这那]个|上次|上回|序列号|电话|地址|历史|故障|ticket|customer|job|machine|history|repaired|this|it(?![a-z])"
)
_PART_NOUN = re.compile(r"件|货|料|配件|备件|物料|部件|零件|模块|库存|part|toner|stock|delivery")
_COMES = re.compile(
    r"(?:件|货|料)(?:都|全|已|已经|刚)?(?:[到齐来]|拿到|收到|领到|取到)|到货|货到|入库|收货|签收|(?:拿到|收到|领到|取到).{0,4}(?:件|"
    r"货|料|新的)|parts? (?:is|are|has|have)? ?(?:here|arrived|in)"
)
_THERE = re.compile(r" ?(?:也|都|已|已经|刚|is|has|are|have){0,2} ?(?:到|来了|拿到|arrived|here|in stock)")


@dataclass(frozen=True)
class Bounds:
    """Tells what a message can mean."""

    reader: Reader

    def may(self, action: str, said: Said, role: str) -> bool:
        """Whether a message of that role can mean the action at all: it holds what the action cannot do without."""
        return role in ONLY.get(action, (role,)) and self._holds(action, said, role)

    def in_clause(self, action: str, said: Said, first: int, last: int, role: str) -> bool:
        """Whether the words of a sentence, sounding like the action, are about what the action is about."""
        clause = said.text[first:last]
        about_part = role == "procurement" or bool(_PART_NOUN.search(said.text)) or self._names_part(said)
        if action == "part_eta":
            return about_part
        if action == "part_arrived":
            comes = role == "procurement" or self.part_comes(clause)
            return about_part and comes and not any(moment.begins > said.now for moment in said.moments)
        if action == "arrive":
            timed = any(first <= moment.start < last and moment.begins > said.now for moment in said.moments)
            return not timed and not self.part_comes(clause)
        return True

    def part_comes(self, clause: str) -> bool:
        """Whether it is a part that is said to be here."""
        if _COMES.search(clause):
            return True
        ends = [named.end for named in self.reader.devices.components.find(clause)]
        ends += [hit.end for hit in self.reader.codes.find(clause, parts_first=True) if hit.entity == "part_code"]
        return any(_THERE.match(clause, end) for end in ends)

    def _names_part(self, said: Said) -> bool:
        coded = any(hit.entity in ("part_code", "device_model") for hit in said.subjects.codes)
        return coded or any(True for _ in self.reader.devices.components.find(said.text))

    def _holds(self, action: str, said: Said, role: str) -> bool:
        if action in _TOLD and _PLAINLY_ASKS.search(said.text):
            return False
        if action == "need_part":
            named = [hit for hit in said.subjects.codes if hit.entity in ("part_code", "device_model")]
            return bool(named) and not any(_IN_PLACE.match(said.text, hit.end) for hit in named)
        if action == "transfer" and "换" in said.text and not _HANDS_OVER.search(said.text):
            return not (self._names_part(said) or _PART_NOUN.search(said.text))
        if action == "part_arrived" and role == "procurement":
            return not any(moment.begins > said.now for moment in said.moments)
        if action in ("part_eta", "reschedule"):
            return bool(said.moments)
        if action == "set_priority":
            return arguments.priority(said.text) is not None
        if action == "quote":
            return bool(said.subjects.money)
        if action == "merge":
            return bool(said.subjects.tickets)
        if action == "query":
            return role != "engineer" or said.subjects.names_one or bool(_ABOUT_ONE.search(said.text))
        return True
