"""Where: postal addresses, and places on a site (二楼会议室, 3号楼B座502, 一号线, room 302)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialogue.understanding.exact.hit import TAKEN, Hit
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.phrases import one_of

_N = "(?:[0-9]{1,4}|[a-z](?![a-z])|[一二三四五六七八九十百]{1,4}|[东南西北])"
_H = r"[\u4e00-\u9fff]"
_LEAD = re.compile(
    r"^(?:(?:我们?|咱们?|俺们?|你们?|他们?|家|单位|公司|地址|位置|地点|住址|新|改|换|搬|麻烦|请|师傅|直接|就|"
    r"都|也|的|是|在|到|去|"
    r"来|住|位于|送货?|寄|发|派人?|上门|把|从|给|报修|报|说|这边|那边|人|和|跟|不对|错了|不是|应该|写|为|成|"
    r"我这|这里?|那里?)+)"
)
_REGION = (
    rf"(?:{_H}{{2,3}}(?:省|自治区)|{_H}{{2,6}}(?:市|新区|自治州)|"
    rf"{_H}{{1,6}}(?:(?<![温分误盲扇禁死一二三四五六七八九十])区(?!域|别|"
    rf"分)|县|镇|乡|街道|开发区|高新区|村))"
)
_STREET = (
    rf"(?:(?:{_H}{{1,8}}(?:路|大街|街|大道|巷|胡同|公路)(?:东|西|南|北|中|一|二|三)?(?:段|路)?(?= ?[0-9])"
    rf"|{_H}{{1,7}}(?:(?<![半一回短断线电油水气线短断通套网铁思走上来修迷马])路(?!由|上|灯|过|口|不|中)|大街|"
    rf"街(?!道)|大道|巷|胡同|公路))"
    rf"(?: ?[0-9]{{1,5}}(?:-[0-9]{{1,3}})?弄)?(?: ?[0-9]{{1,5}}(?:-[0-9]{{1,3}})?(?: ?号(?!楼|线|门|厂|车间|库|"
    rf"仓|机)(?:{_H}{{2,6}}?(?={_N}(?:期|幢|栋|座|号楼|单元)))?)?)?)"
)
_ESTATE = (
    r"(?:[\u4e00-\u9fffa-z0-9]{0,10}(?:小区|花园|家园|公寓|大厦|广场|工业园区?|科技园区?|产业园区?|园区|创业园|"
    r"物流园|软件园|大楼|"
    r"写字楼|商场|医院|学校|大学|中学|小学|酒店|宾馆|超市|银行|工厂|加油站|服务区|新村|名苑|嘉苑|华庭|新城|"
    r"国际|中心))"
)
_UNIT = (
    rf"(?:(?:地下|地上|负|第)?{_N} ?(?:号楼|号厂房|号车间|号仓库|号库|号线|号门|号机房|栋|幢|座(?!机|椅)|单元|"
    rf"期|(?<!温)区(?!域|别|分)|楼(?!上|下|梯)|层|"
    rf"f(?![a-z])|室|号房|房间?|车间|厂(?!家|商|长|里)|仓|门(?!口|铃|卫|锁|禁|店|子)|排|列|号工位|号机位|"
    rf"号货架|线(?!上|下|路|缆)))"
)
_SETTLED = re.compile(
    r"[0-9a-z一二三四五六七八九十东南西北]|地下|[负顶楼底]层|路|街|巷|弄|胡同|大道|小区|花园|家园|公寓|大厦|"
    r"大楼|广场|园区|[市县镇乡村幢栋座]|新区"
)
"""What makes an address of a place: a number, a direction, a street or a house. 会议室 alone leads nobody anywhere."""
_NUMBERED = re.compile(r"[0-9]| [a-z](?![a-z])|floor|street|road|avenue|drive|lane|boulevard")
_JOINT = re.compile(r"(?:, ?| (?:on|in|at) (?:the )?| )")


@dataclass(frozen=True)
class Places:
    """Finds addresses. Rooms and areas come from the lexicon (`places`)."""

    run: re.Pattern[str]
    english: re.Pattern[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Places:
        rooms = (
            "|".join(sorted(map(re.escape, map(str.lower, lexicon.words("places"))), key=len, reverse=True)) or "(?!)"
        )
        room = rf"(?:(?:[大小]|第?{_N}号?)?(?:{rooms})(?!台|主任|长|线|电话|子))"
        piece = rf"(?:{_REGION}|{_ESTATE}|{_STREET}|{_UNIT}|{room})"
        number = r"(?:[0-9]{1,5}(?:-[0-9]{1,4}){0,3}(?:号|室)?(?![0-9a-z:点月年个台次只天元块度日.]|号线))?"
        run = re.compile(
            rf"(?<![a-z0-9])(?:{piece})(?:的|[ ,，、-])?(?:{piece}(?:的|[ ,，-])?){{0,7}}{number}(?:旁边|门口|"
            rf"对面|隔壁|附近|靠窗|角落|里面)?"
        )
        return cls(run, _english(lexicon))

    def find(self, text: str) -> Iterator[Hit]:
        """Every address, without its lead (我们在 …), and as `spot` each place that leads nobody anywhere by itself (会议室)."""
        for match in self.run.finditer(text):
            start, end = match.span()
            lead = _LEAD.match(match[0])
            start += lead.end() if lead else 0
            while end > start and text[end - 1] in " ,，、-的":
                end -= 1
            if end - start >= 2 and TAKEN not in text[start:end]:
                yield Hit("address" if _SETTLED.search(text, start, end) else "spot", start, end, None)
        yield from self._english(text)

    def _english(self, text: str) -> Iterator[Hit]:
        """English places that stand side by side are one address; one that has neither number nor name is none."""
        spans: list[tuple[int, int]] = []
        for match in self.english.finditer(text):
            if spans and _JOINT.fullmatch(text, spans[-1][1], match.start()):
                spans[-1] = (spans[-1][0], match.end())
            else:
                spans.append(match.span())
        for start, end in spans:
            yield Hit("address" if _NUMBERED.search(text, start, end) else "spot", start, end, None)


def _english(lexicon: Lexicon) -> re.Pattern[str]:
    rooms = one_of(lexicon.words("english_places")).pattern
    kinds = (
        "room|suite|unit|building|block|floor|bay|line|gate|workshop|hall|dock|level|apt|apartment|flat|office|"
        "shop|stall|warehouse|plant|zone|area|tower|door"
    )
    street = "street|st|road|rd|avenue|ave|drive|dr|lane|ln|boulevard|blvd|way|close|square"
    floors = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|ground|top|[0-9]{1,2}(?:st|nd|rd|th)"
    return re.compile(
        r"(?<![a-z0-9])(?:"
        rf"[0-9]{{1,5}} (?:[a-z']{{2,14}} ){{1,4}}(?:{street})(?![a-z])"
        rf"|(?:{kinds}) ?#?(?:[0-9]{{1,4}}[a-z]?|[a-d])(?![a-z0-9])"
        rf"|(?:{floors}) floor(?: [a-z]{{3,10}} (?:room|area))?"
        rf"|(?:{rooms})(?! doors?(?![a-z]))(?: [0-9a-d](?![a-z0-9]))?"
        r")"
    )
