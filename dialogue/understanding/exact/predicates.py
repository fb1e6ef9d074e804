"""What is said of a device when no phrase is known for it: 订书机卡钉, 鼠标双击变单击, keyboard types double letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dialogue.understanding.exact.hit import TAKEN, Hit

LONGEST_SUBJECT = 6
"""Characters between a device and its symptom that are what of it misbehaves: X轴 in 磨床X轴不动."""
LONGEST_REST = 6
"""Characters behind a symptom that still belong to it: 着火 in 打不着火."""
SHORTEST, LONGEST = 2, 12
"""Characters of a predicate that is a symptom because it is all that is said of a device."""

_CLAUSE = re.compile(rf"[，,。.!！?？;；:：\n {TAKEN}]")
_ADVERBS = re.compile(
    "(?:又|也|就|还|都|已经|现在|刚才|刚刚|突然|忽然|老是|老|总是|总|一直|经常|好像|似乎|感觉|可能|里面|里|上|"
    "下|上面|下面|有点|有些|它|那边|这边|"
    "开始|居然|竟然|完全|根本|死活|怎么都|怎么|全|全都|是|的|给|直接|出现|出|有|发出|时不时|偶尔|这|那|几天|"
    "两天|天天|每天|每次|老在|在|会|要|了|,|，| )+"
)
_NO_SUBJECT = frozenset("的了是和跟我你他这那吗呢吧请麻烦说报修来给把让叫要去到没不就又也都还很太，, ")
_PARTICLES = "了啊呀吧哦的呐嘛哈呢"
_NO_REST = re.compile("[请麻烦快来修帮怎什么吗你我他师谁派要急能可是但好坏]|[a-z0-9]")
_LEAD = re.compile(
    r"[ ，,]?(?:它|又|就|也|还|都|现在|刚才|刚刚|突然|忽然|今天|昨天|最近|这两天|老是|老|总是|总|一直|经常|"
    r"好像|感觉|那边|这边|开始)*"
)
_NO_PREDICATE = re.compile(
    r"[吗呢么？?]|什么|啥|怎么|咋|多少|几[个台点时天]|哪|谁|为什么|能不能|可不可以|是不是|有没有|要不要|是否|多久|"
    r"修|保养|清洗|安装|移机|加装|更换|换|报价|费|钱|价|质保|发票|上门|师傅|工程师|技术|派|来(?!电就)|约|"
    r"改(?!变)|取消|退|好了|好的|正常(?!.*不)|可以|没事|不用|需要|想|请|麻烦|帮|谢|单|进度|配件|到货|"
    r"型号|牌|坏|问题|故障|毛病|不行|不好|不能|用不|用了|挂了|罢工|报|看|检查|检测|处理|解决|订|领|买|卖|送|租|"
    r"是(?!白|黑|花|空|倒|反|歪)|在|给|和|还有|或|投诉|满意|急|催|等|赶|你|我|他|地址|电话|客户|老板|生气|"
    r"停产|要|该|属于|一共|总共|左右|旁边|对面|下面|上面|那台|这台|两台|一台|三台|已经好|没了|重启|试|拔|"
    r"^显示$|^提示$|[号码]$|^(?:很|太)?急|^.$"
)
_ENGLISH = re.compile(
    rf"(?: (?:on|in|at|of|near|by|from) (?:the )?[a-z0-9{TAKEN} ]{{1,16}}?)? (?P<said>(?:itself |also |just |"
    rf"now |only |always |randomly |constantly )?(?!(?:is|was|has|needs|works|"
    r"does|this|s|as|its|us|please|always|runs fine|makes sense|arrives|comes with|costs|belongs)(?![a-z]))"
    r"(?:[a-z]{2,}(?<!s)s(?![a-z])|has (?!been|a problem|an issue|issues|problems|to |stopped|died|"
    r"broken)[a-z]+|(?:lost|died|froze|went|gone|got|came|dropped|blew|broke|keeps|stopped|crashed|stalled|"
    r"tripped|exploded|melted|snapped|burst|stuck|cracked|"
    r"jammed|leaked|fell|swollen|failed)(?![a-z]))"
    r"(?: (?!(?:and|but|so|since|please|when|can|could|i|we|you|they|need|send|today|yesterday|after|"
    r"because)(?![a-z]))[a-z0-9'\-]+){0,5})"
)


def completed(text: str, symptoms: Sequence[Hit], devices: Sequence[Hit]) -> list[Hit]:
    """The symptoms, each with what it says misbehaves; where there are none, what else is said of the devices."""
    if symptoms:
        return [_with_subject(text, symptom, symptoms, devices) for symptom in symptoms]
    return [hit for device in devices if (hit := _predicate(text, device))]


def _with_subject(text: str, symptom: Hit, symptoms: Sequence[Hit], devices: Sequence[Hit]) -> Hit:
    """The symptom with what of it misbehaves before it, and the rest of its clause behind it, if that is short."""
    ends = {device.end for device in devices}
    start = symptom.start
    for at in range(symptom.start, max(symptom.start - LONGEST_SUBJECT, 0) - 1, -1):
        before = text[at - 1 : at]
        if at in ends or before == "的" or not before or _CLAUSE.match(before):
            start = at
            break
        if before in _NO_SUBJECT or not _is_word(before):
            break
    start = max([start, *(other.end for other in symptoms if other.end <= symptom.start)])
    if start < symptom.start and _ADVERBS.fullmatch(text, start, symptom.start):
        start = symptom.start
    return symptom._replace(start=start, end=_rest(text, symptom, symptoms, devices))


def _rest(text: str, symptom: Hit, symptoms: Sequence[Hit], devices: Sequence[Hit]) -> int:
    stop = _CLAUSE.search(text, symptom.end)
    end = stop.start() if stop else len(text)
    while end > symptom.end and text[end - 1] in _PARTICLES:
        end -= 1
    said = text[symptom.end : end]
    taken = any(symptom.end <= other.start < end for other in (*symptoms, *devices))
    return symptom.end if taken or len(said) > LONGEST_REST or _NO_REST.search(said) else end


def _is_word(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or (char.isascii() and char.isalnum())


def _predicate(text: str, device: Hit) -> Hit | None:
    if (english := _ENGLISH.match(text, device.end)) and text[device.start].isascii():
        return Hit("fault_symptom", *english.span("said"), None)
    lead = _LEAD.match(text, device.end)
    start = lead.end() if lead else device.end
    stop = _CLAUSE.search(text, start)
    end = stop.start() if stop else len(text)
    said = text[start:end]
    while said and said[-1] in _PARTICLES:
        said, end = said[:-1], end - 1
    if TAKEN in text[end : end + 2] or not SHORTEST <= len(said) <= LONGEST or _NO_PREDICATE.search(said):
        return None
    return Hit("fault_symptom", start, end, None) if not said.isascii() and all(map(_is_word, said)) else None
