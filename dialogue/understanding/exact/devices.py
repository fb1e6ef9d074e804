"""What is broken: devices of the lexicon, by spelling or by sound, and unknown ones by how their names end (注浆机)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dialogue.understanding.exact.hit import Hit, without
from dialogue.understanding.exact.names import Named, Names
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.phrases import one_of
from dialogue.understanding.sounds import Sounds

MOST_OF_AN_UNKNOWN_NAME = 4
"""Characters before the ending of a device that no lexicon knows."""

_STOP = (
    "的了吗嘛啊呢吧呀哦么是在有和跟与或把被给让叫要会能请你我他她它们这那哪台个只套部"
    "条块就又还再也都很太好快来去到从对说看修换坏用打开关报派等想问帮今明昨天年月日号"
    "楼层室边旁上下里外中前后左右老新旧大小两二三四五六七八九十一几多没不无非可以为什么怎咋谁吃喝买卖发送接收"
)
_BESIDE = re.compile(
    r"(?:的)?(?:上(?![不水电料来去])|下面|旁边|上面|里面|后面|边上|前面|对面|附近|隔壁|底下|那边|这边|下边|里|"
    r"下|旁|间|室|房|区)"
)
_LINE = re.compile(r"线\Z")
_AIM = re.compile(
    r"(?:[流滴漏掉溅喷溢淌砸落撞洒进]到了?|像|跟|好比|换成|换了?个?|改成|接|连|对着|靠近|挨着)(?:一?[台个辆]|"
    r"那台|这台)?\Z"
)
"""What stands before a device that something else runs into, or is compared with: 滴到机柜上, 响得像拖拉机."""
_VERBS = frozenset(("drain", "display", "lift", "press", "scale", "lock", "switch", "tap", "freezes"))
_ENGLISH_UNKNOWN = re.compile(
    r"(?<![a-z])(?:(?!(?:the|a|an|my|our|your|this|that|is|and|or|of|in|on|at|to|for|with|new|old|same|another|"
    r"one|two|big|whole|every|each|all|"
    r"when|what|how|which|from|by|it|not|no|has|have|was|are|please|need|come|some|any|much|can|you|we|"
    r"i)(?![a-z]))[a-z\-]{2,} ){1,2}"
    r"(?:machine|reader|applicator|tester|controller|dispenser|cutter|press|feeder|welder|washer|heater|dryer|"
    r"cooker|cabinet|terminal|gun|saw|"
    r"drill|rig|oven|printer|scanner|pump|lift|crane|door|gate|lamp|meter|unit|robot|line|tank|fan|safe)(?![a-z])"
)
"""Devices that no lexicon knows, by the last word of their name: label applicator."""
_ON_IT = re.compile(r"(?:on|for) (?:the |its )?\Z")
"""What something is shown on, or needed for."""
_A_LINE = re.compile(
    r"(?:(?:总装|装配|包装|焊装|灌装|冲压|注塑|喷涂|组装|成型|涂装|电镀|生产|流水|主)?(?:[0-9]{1,2}|"
    r"[一二三四五六七八九十]{1,2})?号?线|整条线|产线|线体)(?=[都全也就又]*(?:停|趴|瘫|不|跑|动|卡|挂|没))"
)


@dataclass(frozen=True)
class Devices:
    """Finds devices; components count only where no device is named, or where they are what misbehaves."""

    known: Names
    components: Names
    vague: Names
    english: re.Pattern[str]
    english_components: re.Pattern[str]
    unknown: re.Pattern[str]
    not_devices: frozenset[str]
    usual: Mapping[str, str]

    @classmethod
    def of(cls, lexicon: Lexicon, sounds: Sounds | None) -> Devices:
        endings = "|".join(sorted(map(re.escape, lexicon.words("device_endings")), key=len, reverse=True))
        usual = lexicon.usual("device_synonyms")
        unknown = re.compile(
            rf"(?<![a-z])((?:(?![{_STOP}])[\u4e00-\u9fff]){{1,{MOST_OF_AN_UNKNOWN_NAME}}}?(?:{endings})(?![电械关会构制票场油长遇灵密组员坪价率型]))"
        )
        return cls(
            Names((*lexicon.words("devices"), *usual), sounds, lexicon.words("short_by_sound")),
            Names(lexicon.words("components"), None),
            Names(lexicon.words("vague_devices")),
            one_of(_counted(lexicon.words("english_devices"))),
            one_of(_counted(lexicon.words("english_components"))),
            unknown,
            frozenset((*lexicon.words("not_devices"), *lexicon.words("vague_devices"))),
            usual,
        )

    def find(self, text: str, symptoms: Sequence[Hit]) -> Iterator[Hit]:
        """Devices in the order of the text; the value is the lexicon's spelling, or the usual name of what has several."""
        components = _outside([*self.components.find(text), *_words(self.english_components, text)], symptoms)
        named = [each for each in self.known.find(text) if each.spelled or not _overlaps(each, components)]
        named += _words(self.english, text)
        devices = _joined(_outside(named, symptoms)) or self._unknown(without(text, symptoms))
        devices = [named for named in devices if not _is_place(text, named, devices, components)]
        devices = [
            named for named in devices if not _AIM.search(text[max(0, named.start - 6) : named.start])
        ] or devices[:1]
        components = _joined(components)
        misbehaving = [named for named in components if any(0 <= hit.start - named.end <= 1 for hit in symptoms)]
        if not devices:
            devices = misbehaving[:1] or components[:1]
        for named in sorted(devices):
            yield Hit("device", named.start, named.end, self.usual.get(named.word, named.word))

    def _unknown(self, text: str) -> list[Named]:
        found = []
        for match in self.unknown.finditer(text):
            if match[1] not in self.not_devices:
                found.append(Named(match.start(1), match.end(1), match[1], True))
        return found or list(_words(_ENGLISH_UNKNOWN, text))[:1]

    def is_vague(self, text: str) -> bool:
        """Whether the text names something without saying what."""
        return any(True for _ in self.vague.find(text))


def standing_line(text: str) -> Hit | None:
    """A production line that stands: it is the device where none is named (总装二线停了)."""
    match = _A_LINE.search(text)
    return Hit("device", match.start(), match.end(), match[0]) if match else None


def _counted(words: Sequence[str]) -> Iterator[str]:
    """One or several; what would then be a verb (the battery drains) stays one."""
    for word in words:
        yield word if word in _VERBS or word.endswith("s") else f"({word}|{word}s)"


def _overlaps(named: Named, others: Sequence[Named]) -> bool:
    return any(other.start < named.end and named.start < other.end for other in others)


def _words(form: re.Pattern[str], text: str) -> Iterator[Named]:
    for match in form.finditer(text):
        yield Named(match.start(), match.end(), match[0], True)


def _outside(found: list[Named], symptoms: Sequence[Hit]) -> list[Named]:
    """What is not part of a symptom: no 主机 in 连不上主机."""
    return [named for named in found if not any(hit.start < named.start and named.end <= hit.end for hit in symptoms)]


def _joined(found: list[Named]) -> list[Named]:
    """Names that touch are one name: 聚合釜冷却泵. A production line before it is the place, not the device."""
    joined: list[Named] = []
    for named in sorted(found):
        last = joined[-1] if joined else None
        if last and named.start < last.end:
            continue
        if last and named.start == last.end + 1 and named.word.isascii() and last.word.isascii():
            joined[-1] = Named(last.start, named.end, f"{last.word} {named.word}", False)
        elif last and named.start == last.end and not named.word.isascii():
            if _LINE.search(last.word):
                joined[-1] = named
            else:
                joined[-1] = Named(last.start, named.end, last.word + named.word, False)
        else:
            joined.append(named)
    return joined


def _is_place(text: str, named: Named, devices: list[Named], components: list[Named]) -> bool:
    """水槽下面软管漏: the sink is where, the hose is what."""
    others = [other for other in (*devices, *components) if other.start > named.end]
    return bool(_BESIDE.match(text, named.end)) and any(other.start - named.end <= 4 for other in others)
