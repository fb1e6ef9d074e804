"""What a command carries: summary, reason, parts, a date, a name, an amount. Words are kept as they were written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.exact.moments import Moment
from dialogue.understanding.exact.wishes import written
from dialogue.understanding.numerals import number
from dialogue.understanding.orders.commands import Command
from dialogue.understanding.orders.subjects import Subjects

MOST_OF_A_KIND = 9_999
"""Largest quantity of one part."""
SHORTEST_SUMMARY = 2
"""Telling characters beside a command word that make a summary or a reason."""

_MEASURE = "个|只|支|根|套|台|条|块|件|片|张|米|把|颗|粒|盒|包|卷|瓶|桶|组|对|pcs|pieces?|units?|ea"
_SOME = {
    "俩": 2, "仨": 3, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_N = "[0-9]{1,4}|[一二两三四五六七八九十]{1,3}|俩|仨|" + "|".join(
    f"{word}(?![a-z])" for word in _SOME if word.isascii()
)
_QTY_AFTER = re.compile(
    rf"^[ ,，]{{0,2}}(?:[x×*]|数量|各|共|要|需要|需|换|来|的)? ?[:：]?(?P<n>{_N}) ?(?:{_MEASURE}|(?=[ ,，。.]|$))(?![0-9])"
)
_QTY_BEFORE = re.compile(
    rf"(?<![a-z0-9\-])(?P<n>{_N}) ?(?:{_MEASURE}|[x×*]|of)(?:新的?|原装)?[\u4e00-\u9fffa-z ]{{0,6}}(?: |的|of )?\Z"
    rf"|(?<![a-z0-9\-])(?P<m>俩|仨|(?:{'|'.join(_SOME)}|[0-9]{{1,3}}) (?:of |x )?|(?:need|order|send|replace|use) [0-9]{{1,3}} )\Z"
)
_BREAK = re.compile(r"[，,。;；\n！!？?]+|(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])|\. +")
_QTY_ASKED = re.compile(
    rf"(?:订|要|领|申请|需要|采购|换|来|发|留|补|寄|need|order|send|get|take|qty) ?(?P<n>{_N}) ?(?:{_MEASURE}|(?=[ ,，。.]|$))"
)
_EDGE = " \t\n,，.。:：;；、~!！-—"
_TO = re.compile(
    r"(?:转派给?|转交给?|转给|转到|改派给?|派给|指派给?|分派给?|分配给|分给|移交给?|交给|给到|换给|推给|甩给|丢给|安排给?|归|由|"
    r"over to|assign to|give to|assign|to) ?[:：]?(?P<to>@?[\u4e00-\u9fff]{1,8}|@?[a-z]{2,16}(?: [a-z]{2,12})?)"
)
_TO_LIGHTLY = re.compile(
    r"(?:转|派|交|给|让|叫|喊|请(?!假)|换|退|let|send|give|assign) ?[:：]?(?P<to>@?[\u4e00-\u9fff]{1,8}|@?[a-z]{2,16}(?: [a-z]{2,12})?)"
)
_GOES = re.compile(
    r"(?:^|[ ,，。@\d])(?P<to>(?:[老小大阿][\u4e00-\u9fff]|[\u4e00-\u9fff]{1,2}(?:工|师傅|哥|姐)|[\u4e00-\u9fff]{2,3})?)"
    r"(?:你|再|先)?(?:去|跟|跑|负责|接手|处理|上门|过去)(?:一下|一趟|吧|看|$|[0-9\u4e00-\u9fff])"
)
_NAME_ENDS = re.compile(
    r"吧|去|来|处理|跟进|跟|做|接|负责|看|弄|搞|修|了|一下|他|她|的|那|这|在|过|上门|下|先|是|帮|离|有|最|比|因|我|你|这边|好|就|啊|哈|呢"
)
_NOBODY = re.compile(
    r"^(?:个人|别的人|其他人|客户|单|走|出去|人|别人|其他|别|派|个|给|一|下|工|到|谁|他|她|你|我|单|单子|活|走|回|掉|师傅|人去|别的师傅|第二|回去|another|someone|somebody|"
    r"anyone|else|other|it|them|him|her|me|us|this|that|be|do|go|someone else|another guy|on|the)$"
)
_PRIORITY = re.compile(r"(?<![a-z0-9])p ?([0-2])(?![0-9])")
_PRIORITY_WORDS = (
    ("P0", r"特急|最高|立即响应|critical|highest"),
    ("P1", r"紧急|加急|高|high|urgent"),
    ("P2", r"普通|一般|最低|低|low|normal"),
)
_AGREED = re.compile(
    r"(?:客户|对方|他|她|老板|customer|client|they|he|she).{0,6}(?:同意|认可|认了|认的|确认|接受|没意见|没问题|答应|说可以|说行|点头|ok|"
    r"agreed|agrees|accepted|approved|said yes)|(?:已|已经)(?:同意|认可|确认)|agreed"
)


@dataclass(frozen=True)
class Said:
    """A message being read: plain words, the same with capitals kept, what it names, and when."""

    text: str
    kept: str
    subjects: Subjects
    moments: tuple[Moment, ...]
    now: datetime
    verbatim: Callable[[int, int], str]

    def words(self, start: int, end: int | None = None) -> str | None:
        """The original words of a span, without what hangs at its edges; None if nothing is left."""
        text = self.text[start:end]
        inner = text.strip(_EDGE)
        if not inner:
            return None
        first = start + text.index(inner)
        last = first + len(inner)
        tail = re.match(r"[。.！!]+", self.text[last:end])
        return self.verbatim(first, last + (len(tail[0]) if tail else 0))


def clauses(text: str, start: int) -> list[tuple[int, int]]:
    """Sentences and half-sentences of the text, as spans."""
    spans, at = [], start
    for match in _BREAK.finditer(text, start):
        if match.start() > at:
            spans.append((at, match.start()))
        at = match.end()
    if at < len(text):
        spans.append((at, len(text)))
    return spans


def body_start(said: Said) -> int:
    """Where the message begins after mention and ticket number."""
    return opening(said.text, said.subjects.tickets)


def opening(text: str, tickets: Iterable[Hit]) -> int:
    """The length of what stands before the words themselves."""
    at = len((re.match(r"(?:@\S{1,20}\s+)*\s*", text) or [""])[0])
    for hit in tickets:
        gap = text[at : hit.start]
        if hit.start >= at and re.fullmatch(r"[ ,，、和#]*", gap):
            at = hit.end
            at += len(re.match(r"(?:号单|号|单|这单|那单|的)?[ ,，、:：]*", text[at:])[0])  # type: ignore[index]
    return at


def rest_after(said: Said, at: int) -> str | None:
    """The words after a command word, without a ticket number that follows it at once."""
    for hit in said.subjects.tickets:
        if re.fullmatch(r"[ ,，、:：了#和]*(?:工单|单号|单)?[ ]*", said.text[at : hit.start]) and hit.start >= at:
            at = hit.end
            at += len(re.match(r"(?:号单|号|单)?", said.text[at:])[0])  # type: ignore[index]
    return said.words(at)


def after_lead(said: Said, command: Command) -> str | None:
    """What stands after the command word; if it does not lead, all that was said, unless it is no more than the word."""
    start = body_start(said)
    lead = command.lead.match(said.text, start)
    if lead:
        end = lead.end("lead")
        tail = re.match(r"[了啦咯喽]?", said.text[end:])
        rest = rest_after(said, end + len(tail[0] if tail else ""))
        return rest if rest and len(_telling(command.says.sub("", rest.lower()))) >= SHORTEST_SUMMARY else None
    cues = [match.span() for match in command.says.finditer(said.text, start)]
    left = said.text[start:]
    for first, last in reversed(cues):
        left = left[: first - start] + left[last - start :]
    for hit in reversed(said.subjects.tickets):
        if hit.start >= start:
            left = left.replace(said.text[hit.start : hit.end], "", 1)
    return said.words(start) if len(_telling(left)) >= SHORTEST_SUMMARY else None


def _telling(words: str) -> str:
    """The characters that say something, without particles."""
    return re.sub(r"[\W_了啦吧的我已经这单个都]", "", words)


def reason(said: Said, command: Command) -> str | None:
    """Why it is put on hold: what follows the command word, or the sentences beside it."""
    start = body_start(said)
    if command.lead.match(said.text, start):
        return after_lead(said, command)
    sentences = clauses(said.text, start)
    spans = [(first, last) for first, last in sentences if not command.says.search(said.text[first:last])]
    return said.words(spans[0][0], spans[-1][1] + 1) if spans and len(sentences) > 1 else None


def parts(said: Said) -> list[dict[str, Any]]:
    """Parts by code, with quantities; 1 if none was said."""
    spans = [hit for hit in said.subjects.codes if hit.entity in ("part_code", "device_model")]
    before = [
        _quantity(_QTY_BEFORE.search(said.text[max(end, hit.start - 16) : hit.start])) for end, hit in _gaps(spans)
    ]
    counts_first = bool(before and before[0])
    wanted: list[dict[str, Any]] = []
    for index, hit in enumerate(spans):
        end = spans[index + 1].start if index + 1 < len(spans) else len(said.text)
        after = _quantity(_QTY_AFTER.match(said.text[hit.end : min(end, hit.end + 14)]))
        alone = _quantity(_QTY_ASKED.search(said.text)) if len(spans) == 1 else None
        quantity = (
            (before[index] or (None if index + 1 < len(spans) else after)) if counts_first else after or before[index]
        )
        wanted.append({"code": hit.value, "qty": max(1, min(quantity or alone or 1, MOST_OF_A_KIND))})
    return wanted


def _gaps(spans: list[Hit]) -> list[tuple[int, Hit]]:
    """Each code with the end of the one before it."""
    return [(spans[index - 1].end if index else 0, hit) for index, hit in enumerate(spans)]


def _quantity(match: re.Match[str] | None) -> int | None:
    if match is None:
        return None
    words = (match["n"] or match["m"] if "m" in match.re.groupindex else match["n"]).split()
    counted = (_SOME.get(word) or number(word) for word in words)
    return next((count for count in counted if count is not None), None)


def code(said: Said) -> dict[str, Any]:
    """The part named, if one was."""
    named = next((hit.value for hit in said.subjects.codes if hit.entity in ("part_code", "device_model")), None)
    return {"code": named} if named else {}


def eta(said: Said) -> dict[str, Any]:
    """The day on which a part is expected, with its code if named."""
    when = _expected(said.moments[0], said.now).date().isoformat() if said.moments else None
    return {"date": when} | code(said)


def _expected(moment: Moment, now: datetime) -> datetime:
    """Before Friday, a part is expected on Friday."""
    begun = moment.begins <= now
    return moment.ends if begun and moment.ends - now > timedelta(days=1) else moment.begins


def agreed_time(said: Said) -> dict[str, Any]:
    """The time agreed: the last one named."""
    moment = said.moments[-1]
    return {"start": written(moment.begins), "end": written(moment.ends)}


def recipient(said: Said) -> str | None:
    """To whom a ticket goes; None if nobody is named."""
    for way in (_TO, _TO_LIGHTLY, _GOES):
        for match in way.finditer(said.text):
            name = _name(match["to"].lstrip("@"))
            if name:
                start = said.text.index(name, match.start("to"))
                return said.kept[start : start + len(name)]
    return None


def _name(words: str) -> str | None:
    """The person or team that the words begin with."""
    if re.match("[个一下点件块只它]", words):
        return None
    titled = re.match(
        r"[\u4e00-\u9fff]{1,4}?(?:工(?!作|单|厂|具)|师傅|经理|主管|哥|姐|总|组|队|班(?!组)|班组|部门?|二线|中心)", words
    )
    cut = _NAME_ENDS.search(words)
    if titled and (not cut or titled.end() >= cut.start() or titled.end() <= cut.start()):
        words = titled[0]
    elif cut:
        words = words[: cut.start()]
    words = re.sub(r" (?:please|pls|now|on|for|to|the|go|take|and).*$", "", words)
    return words if words and not _NOBODY.match(words) and not words.isdigit() else None


def priority(text: str) -> str | None:
    """P0, P1 or P2, if one is named: the last, where it is changed from one to another."""
    levels = _PRIORITY.findall(text)
    if levels:
        return f"P{levels[-1]}"
    return next((level for level, words in _PRIORITY_WORDS if re.search(words, text)), None)


def quote(said: Said) -> dict[str, Any]:
    """The amount named, and whether the customer agreed."""
    amount = said.subjects.money[-1].value if said.subjects.money else None
    agreed = _AGREED.search(said.text) and not re.search(r"(?:不|没|未|没有)(?:同意|认可|确认|接受|答应)", said.text)
    return {"amount": amount} | ({"customer_agreed": True} if agreed else {})
