"""Which of the times named is the wished one: 明天上午要盘点，改到后天下午三点 wishes the second and rules out the first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.exact.moments import Moment

_MOVED_TO = re.compile(
    r"(?:改到|改成|改为|改约|改在|换到|换成|换在|调到|调整到|调成|挪到|挪在|推到|推迟到|延到|延期到|延后到|拖到|提前到|约到|约在|约|"
    r"定在|定到|安排在|安排到|放到|等到|就|还是|"
    r"不如|要不|不然|那就|(?:move|change|reschedule|push|switch|postpone)[a-z ]{0,24}? to|make it|instead|how about|to)(?:我?们?的?|[ :：，,是])*\Z"
    r"|[改换]\Z"
)
_RULED_OUT_BEFORE = re.compile(
    r"(?:除了|不用|不想|不要|别|不是|不能|没法|不在|避开|不要在|别在|原定|原来|原约|约的是?|说好的?是?|本来|说的)\Z"
    r"|(?<![a-z])(?:not|except|can't do|cannot do|don't come|instead of|rather than|from|closed|busy|away|out|unavailable)(?: on)?(?: the)? ?\Z"
)
_RULED_OUT_AFTER = re.compile(
    r"[都也又那我们家里这边公司有点可能临时得先就排约 ]{0,8}(?:不行|没空|没时间|没有空|没有时间|不方便|不在|不可以|来不了|来不及|别来|"
    r"不要来|不用来|不能|有事|没人|要(?!来|求|修|你|能|过来|上门|换|弄|用的)|去不了|"
    r"开会|休息|放假|停电|盘点|出差|不上班|加班|有会|有客户|有检查|满了|太晚|太早|太迟|等不了|来不成|doesn't work|does not work|"
    r"won't work|isn't good|is not good|not available|no good|i'm not|i am not|we are closed|we're closed|is too)"
)
_MENTION_BEFORE = re.compile(r"(?:从|自|自从|打从|since|截止|刚|刚刚|才|昨|上次|上回|那次)\Z")
_MENTION_AFTER = re.compile(
    r"[ ，,]{0,1}(?:我|我们|你们|你|他们|师傅|工程师|客服|就|才|还|都|又|刚|也){0,3}(?:来就(?=[坏没不停报黑死响漏这又])|来了?发现|"
    r"过来就|开始|就坏|坏|出现|买|报的|报修|报过|打过|"
    r"来过|修过|修的|修好|换的|换过|装的|说|约的|提交|发现|突然|开机|启动|一开|到现在|"
    r"到今天|还好好|好好的|还能|用着|保养|到货|答应|承诺|告诉|联系过|打了|打电话|才?[上下]班|关门|开门|开店|打烊|锁门|放学|收工)"
)
_WANTED = re.compile(
    r"来|上门|过来|派|修(?!好|过|了|的|改)|约|方便|有空|在家|有人|安排|处理|弄(?!好|的)|行(?!政)|可以|好吗|行吗|能到|到(?!底|处|"
    r"现在|位|了)|时间|改|换到|move|change|reschedule|later|earlier|come|visit|send|available|free|schedule|appointment|works|prefer|fix|please"
)
_CLAUSE = re.compile(r"[，,。.;；！!？?\n]")


def wish(text: str, named: Iterable[Moment], now: datetime, expected: bool = False) -> Hit | None:
    """The wished time as a hit; its value is None where times were only ruled out. None if no time is wished at all.

    `expected`: the question for a time is open, so that a bare "上午" is an answer.
    """
    wanted: list[Moment] = []
    ruled_out: list[Moment] = []
    for moment in named:
        if _is_mention(text, moment, now):
            continue
        if _is_ruled_out(text, moment):
            ruled_out.append(moment)
        elif _MOVED_TO.search(text[max(0, moment.start - 30) : moment.start]) and moment.dated | bool(
            wanted or ruled_out
        ):
            return _hit(text, moment)
        elif expected or _is_wanted(text, moment, now):
            wanted.append(moment)
    if wanted:
        return _hit(text, wanted[0])
    return Hit("preferred_time", ruled_out[0].start, ruled_out[0].end, None) if ruled_out else None


def period(moment: Moment, words: str) -> dict[str, str]:
    """A time as the contract writes it: `YYYY-MM-DDTHH:MM`, local."""
    return {"text": words, "start": written(moment.begins), "end": written(moment.ends)}


def written(instant: datetime) -> str:
    """Local time to the minute."""
    return instant.strftime("%Y-%m-%dT%H:%M")


def _hit(text: str, moment: Moment) -> Hit:
    return Hit("preferred_time", moment.start, moment.end, period(moment, text[moment.start : moment.end]))


def _is_mention(text: str, moment: Moment, now: datetime) -> bool:
    before, after = text[max(0, moment.start - 4) : moment.start], text[moment.end : moment.end + 14]
    past = moment.ends <= now - timedelta(minutes=1)
    return past or bool(_MENTION_BEFORE.search(before) or _MENTION_AFTER.match(after))


def _is_ruled_out(text: str, moment: Moment) -> bool:
    before, after = text[max(0, moment.start - 16) : moment.start], text[moment.end : moment.end + 16]
    return bool(_RULED_OUT_BEFORE.search(before) or _RULED_OUT_AFTER.match(after))


def _is_wanted(text: str, moment: Moment, now: datetime) -> bool:
    """A future day is a wish by itself; today or a bare part of the day needs a word of coming."""
    if moment.dated and moment.begins.date() > now.date():
        return True
    start = max((match.end() for match in _CLAUSE.finditer(text, 0, moment.start)), default=0)
    stop = _CLAUSE.search(text, moment.end)
    clause = text[start : moment.start] + " " + text[moment.end : stop.start() if stop else len(text)]
    return bool(_WANTED.search(clause)) or not re.search(r"\w", clause)
