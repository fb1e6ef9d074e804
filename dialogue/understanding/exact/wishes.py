"""Which of the times named is the wished one: 明天上午要盘点，改到后天下午三点 wishes the second and rules out the first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import zip_longest

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.exact.moments import Moment

REASON = 16
"""Characters after a time within which 别来 rules it out: 明天我们培训 不要来."""

_MOVED_TO = re.compile(
    r"(?:改到|改成|改为|改约|改在|换到|换成|换在|调到|调整到|调成|挪到|挪在|推到|推迟到|延到|延期到|延后到|"
    r"拖到|提前到|约到|约在|约|"
    r"定在|定到|安排在|安排到|放到|等到|就|还是|"
    r"不如|要不|不然|那就|(?:move|change|reschedule|push|switch|postpone)[a-z ]{0,24}? to|make it|instead|"
    r"how about|to)(?:我?们?的?|[ :：，,是])*\Z"
    r"|[改换]\Z"
)
_RULED_OUT_BEFORE = re.compile(
    r"(?:除了|除开|不用|不想|不要|别|千万别|先别|不是|不能|没法|不在|避开|避免|不要在|别在|别约|不约|别选|"
    r"别安排在?|不要安排在?|别定|原定|原来|原约|约的是?|说好的?是?|本来|说的)\Z"
    r"|(?<![a-z])(?:not|not on|except|except for|but not|other than|anything but|any day but|can't do|"
    r"cannot do|can't make|can't|don't come|do not come|"
    r"instead of|rather than|from|closed|busy|away|off|out|out of office|unavailable|not available|not free|"
    r"not here|not in|not around|"
    r"avoid|no one is here|nobody is here|(?:no one|nobody)(?: will be|'s)? (?:here|home|in|around|there|at home)|"
    r"(?:won't|will not|not going to|am not|aren't|isn't) (?:be )?(?:here|in|home|around|available|open|"
    r"free))(?: on| until| for)?(?: the)? ?\Z"
)
_NOT_FREE = (
    "不行|没空|冇空|没时间|冇时间|没有空|没有时间|不得空|不得闲|抽不开|抽不出|腾不出|走不开|脱不开|不方便|"
    "不太方便|不太行|不合适|不凑巧|不在|不可以|来不了|来不及|"
    "别来|不要来|不用来|不能|有事|没人|去不了|休息|放假|停电|停水|盘点|出差|不上班|不开门|不营业|关门(?!前)|"
    "加班|有会|有客户|有检查|有安排|有约|约了人|约满|排满|满了|太晚|太早|太迟|"
    "除外|等不了|来不成|培训(?!前)|体检|年会|团建|搬家|检修|装修|值班|看病|去医院|上医院|接孩子|带孩子|出门|外出|"
    "回老家|考试|忙|有课|有活动|大扫除|排不开|安排不开"
)
_RULED_OUT_AFTER = re.compile(
    rf"[都也又那我们家里这边公司单位店厂有点可能临时得先就排约全得在还是怕估计恐怕天 ]{{0,8}}(?:{_NOT_FREE}|"
    r"要(?!来|求|修|你|能|过来|上门|换|弄|用的|是|不|么)|开会(?!前|之前|用)|"
    r"doesn't work|does not work|won't work|will not work|isn't good|is not good|is no good|is bad|"
    r"not available|no good|isn't possible|is impossible|is out|"
    r"is fully booked|is booked|is a holiday|i'm not|i am not|i'm busy|i'm away|i'm out|we are closed|"
    r"we're closed|we are away|we're away|nobody|no one|is too|i can't|we can't|i have a|is not possible|"
    r"is not convenient|isn't convenient)"
)
_DO_NOT_COME = re.compile(
    r"(?:别|不要|不用|甭|勿|先别|莫)(?:再)?(?:来(?!太|得|那么|晚|早|迟)|过来|上门|派人|安排)|(?:don't|"
    r"do not) (?:come|send|visit)"
)
_MENTION_BEFORE = re.compile(
    r"(?:从|自|自从|打从|截止|刚|刚刚|才|昨|上次|上回|那次)\Z|(?<![a-z])(?:since|closes?|opens?|starts?|finish|"
    r"ends?|bought|reported|called|began|happened)(?: at| on)?(?: the)? ?\Z"
)
_MENTION_AFTER = re.compile(
    r"(?:你们)?(?:上不上班|上班(?:吗|么|不)|营业(?:吗|么|不)|开门(?:吗|么|不))|(?:会|都|就|"
    r"也)?[关开做睡洗用吃看干住]不|[ ，,]{0,1}(?:我|我们|你们|你|他们|师傅|工程师|客服|就|才|还|都|"
    r"又|刚|也){0,3}(?:来就(?=[坏没不停报黑死响漏这又])|来了?发现|"
    r"过来就|开始|就坏|坏|出现|买|报的|报修|报过|打过|"
    r"来过|修过|修的|修好|换的|换过|装的|说|约的|提交|发现|突然|开机|启动|一开|到现在|"
    r"到今天|还好好|好好的|还能|用着|保养|到货|答应|承诺|告诉|联系过|打了|打电话|才?[上下]班|关门|开门|开店|"
    r"打烊|锁门|放学|收工)"
)
_WANTED = re.compile(
    r"来|上门|过来|派|修(?!好|过|了|的|改)|约|方便|有空|在家|有人|安排|处理|弄(?!好|的)|行(?!政)|可以|好吗|"
    r"行吗|能到|到(?!底|处|"
    r"现在|位|了)|时间|改|换到|move|change|reschedule|later|earlier|come|visit|send|available|free|schedule|"
    r"appointment|works|prefer|fix|please"
)
_CLAUSE = re.compile(r"[，,。.;；！!？?\n]|(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def wish(text: str, named: Iterable[Moment], now: datetime, expected: bool = False) -> Hit | None:
    """The wished time as a hit; its value is None where times were only ruled out. None if no time is wished at all.

    `expected`: the question for a time is open, so that a bare "上午" is an answer.
    """
    wanted: list[Moment] = []
    ruled_out: list[Moment] = []
    told = list(named)
    for moment, following in zip_longest(told, told[1:]):
        if _is_mention(text, moment, now):
            continue
        if is_ruled_out(text, moment, following) or _said(text, moment) in {_said(text, other) for other in ruled_out}:
            ruled_out.append(moment)
        elif _MOVED_TO.search(text[max(0, moment.start - 30) : moment.start]) and moment.dated | bool(
            wanted or ruled_out
        ):
            return _hit(text, moment)
        elif expected or _is_wanted(text, moment, now):
            wanted.append(moment)
    if wanted:
        return _hit(text, _on_the_day(wanted[0], ruled_out))
    return Hit("preferred_time", ruled_out[0].start, ruled_out[0].end, None) if ruled_out else None


def period(moment: Moment, words: str) -> dict[str, str]:
    """A time as the contract writes it: `YYYY-MM-DDTHH:MM`, local."""
    return {"text": words, "start": written(moment.begins), "end": written(moment.ends)}


def written(instant: datetime) -> str:
    """Local time to the minute."""
    return instant.strftime("%Y-%m-%dT%H:%M")


def _on_the_day(wished: Moment, ruled_out: list[Moment]) -> Moment:
    """后天上午我值班，下午来: the afternoon is that of the day after tomorrow."""
    named = next((other for other in ruled_out if other.dated and other.end <= wished.start), None)
    if wished.dated or named is None:
        return wished
    days = timedelta(days=(named.begins.date() - wished.begins.date()).days)
    return wished._replace(begins=wished.begins + days, ends=wished.ends + days)


def _said(text: str, moment: Moment) -> str:
    return text[moment.start : moment.end]


def _hit(text: str, moment: Moment) -> Hit:
    return Hit("preferred_time", moment.start, moment.end, period(moment, text[moment.start : moment.end]))


def _is_mention(text: str, moment: Moment, now: datetime) -> bool:
    before, after = text[max(0, moment.start - 16) : moment.start], text[moment.end : moment.end + 14]
    past = moment.ends <= now - timedelta(minutes=1)
    return past or bool(_MENTION_BEFORE.search(before) or _MENTION_AFTER.match(after))


def is_ruled_out(text: str, moment: Moment, following: Moment | None = None) -> bool:
    """Nobody should come then, in the words around it or in what is said before another time is named."""
    before, after = text[max(0, moment.start - 32) : moment.start], text[moment.end : moment.end + 24]
    stop = following.start if following and following.dated else moment.end + REASON
    return bool(
        _RULED_OUT_BEFORE.search(before)
        or _RULED_OUT_AFTER.match(after)
        or _DO_NOT_COME.search(text, moment.end, min(stop, moment.end + REASON))
    )


def _is_wanted(text: str, moment: Moment, now: datetime) -> bool:
    """A future day is a wish by itself; today or a bare part of the day needs a word of coming."""
    if (moment.dated and moment.begins.date() > now.date()) or (moment.bounded and moment.ends > now):
        return True
    start = max((match.end() for match in _CLAUSE.finditer(text, 0, moment.start)), default=0)
    stop = _CLAUSE.search(text, moment.end)
    clause = text[start : moment.start] + " " + text[moment.end : stop.start() if stop else len(text)]
    return bool(_WANTED.search(clause)) or not re.search(r"\w", clause)
