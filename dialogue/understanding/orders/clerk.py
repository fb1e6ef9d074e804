"""Reads what a member of staff writes as a command, or as a note, or as talk that is none of the desk's business."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialogue.understanding.exact.devices import Devices
from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.exact.moments import moments
from dialogue.understanding.exact.symptoms import Symptoms
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.orders import arguments
from dialogue.understanding.orders.arguments import Said, after_lead, body_start, clauses
from dialogue.understanding.orders.commands import Commands
from dialogue.understanding.orders.subjects import subjects
from dialogue.understanding.plain import Plain
from dialogue.understanding.reading import Reader
from dialogue.understanding.words import Context, Engine, Order, TicketRef

LED, SAID, GUESSED = 0.97, 0.88, 0.6
"""Confidence of an action by its command word, by what was said, and by what is left."""
SURE_ENOUGH, SURE_TO_ACT = 0.45, 0.65
"""Confidence from which the instinct is followed in what changes nothing, and in what changes a ticket."""
SHORTEST_NOTE, LONG_ENOUGH = 3, 8
"""Characters of a note that speaks of work, and of one that does not say so."""
SHORTEST_ASIDE = 4
"""Characters beside a command that are worth a note of their own."""

_ORDER_OF_WEIGHT = (
    "undo", "release", "on_call", "list_my_open", "overdue", "board", "merge", "transfer", "escalate", "set_priority",
    "resume", "part_arrived", "part_eta", "need_part", "quote", "reschedule", "hold", "complete", "arrive", "accept",
    "urge_engineer", "query",
)  # fmt: skip
"""Which of several actions in one sentence is meant: the more telling first."""

_ASKABLE = {"query", "on_call", "board", "overdue", "list_my_open", "undo", "urge_engineer", "none"}
"""Actions that may stand in a question; a question is never an order to do anything else."""

_HARMLESS = {"note", "none", "query", "on_call", "board", "overdue", "list_my_open"}
"""Actions that change no status and tell nobody."""

_SWALLOWS = {"note", "complete", "hold"}
"""Actions whose command word takes all that follows as its own words."""

_ASKS = re.compile(
    r"[?？]|吗(?:[ 。]|$)|么$|呢$|谁|为什么|为啥|怎么(?!都|也)|咋|什么|啥(?!都|也)|多少|哪(?!怕)|几(?=个|单|张|点|条|次)|是不是|有没有|"
    r"了没(?!电|水|气|网)|没有$|啥时候|多久|(?<![a-z])(?:who|what|why|when|where|how|any|is it|has)(?![a-z])"
)
_PICTURE = re.compile(r"\[(?:图片|照片|视频|image|photo|picture|Image|Photo)\]")
_ABOUT_WORK = re.compile(r"单|客户|进度|状态|配件|备件|设备|机器|维修|修|工程师|历史|故障|ticket|customer|job|repair")
_PART_NOUN = re.compile(r"件|货|料|配件|备件|物料|部件|零件|模块|库存|part|toner|stock|delivery")
_COMES = re.compile(
    r"(?:件|货|料)(?:都|全|已|已经|刚)?(?:[到齐来]|拿到|收到|领到|取到)|到货|货到|入库|收货|签收|(?:拿到|收到|领到|取到).{0,4}(?:件|"
    r"货|料|新的)|parts? (?:is|are|has|have)? ?(?:here|arrived|in)"
)
_THERE = re.compile(r" ?(?:也|都|已|已经|刚|is|has|are|have){0,2} ?(?:到|来了|拿到|arrived|here|in stock)")


@dataclass(frozen=True)
class Clerk:
    """Understands commands by the lexicon."""

    commands: Commands
    reader: Reader
    instinct: Engine | None = None

    @classmethod
    def of(cls, lexicon: Lexicon, reader: Reader, instinct: Engine | None = None) -> Clerk:
        """From the lexicon; `instinct` ranks the actions of what holds no command word."""
        return cls(Commands.read(lexicon), reader, instinct)

    @property
    def devices(self) -> Devices:
        return self.reader.devices

    @property
    def symptoms(self) -> Symptoms:
        return self.reader.symptoms

    def order(self, plain: Plain, now: datetime, role: str, context: Context, has_picture: bool) -> Order:
        """What is wanted; `none` if the desk is not meant."""
        has_picture = has_picture or bool(_PICTURE.search(plain.text))
        if self.commands.is_heard(plain.text) and not has_picture:
            return Order(plain.original, "ack_only", TicketRef(), {}, LED)
        said = self._said(plain, now, context)
        ref = said.subjects.ref(context)
        actions = self._actions(said, role, context)
        if has_picture and not actions:
            return Order(plain.original, "note", ref, self._note(said, has_picture), SAID)
        if not actions:
            action, confidence = self._left_over(said, ref, role)
            return Order(plain.original, action, ref, self._args(said, action, has_picture), confidence)
        (action, confidence), *others = actions
        args = self._args(said, action, has_picture)
        if action == "merge":
            ref, args = _merged(said, ref)
        also = self._also(said, action, others, ref)
        return Order(plain.original, action, ref, args, confidence, also)

    def _said(self, plain: Plain, now: datetime, context: Context) -> Said:
        kept = "".join(plain.original[index] for index in plain.at)
        named = tuple(moments(plain.text, now))
        dated = [Hit("time", moment.start, moment.end, None) for moment in named]
        return Said(
            plain.text, kept, subjects(plain.text, kept, self.reader.codes, context, dated), named, now, plain.raw
        )

    def _actions(self, said: Said, role: str, context: Context) -> list[tuple[str, float]]:
        """Actions in the order in which they are asked for, each once."""
        start = body_start(said)
        led = self._led(said, start, role)
        if led in _SWALLOWS:
            return [(led, LED)]
        found: list[tuple[str, float]] = [(led, LED)] if led else []
        for first, last in clauses(said.text, start):
            for action in self._in_clause(said, first, last, role):
                if action not in [name for name, _ in found]:
                    found.append((action, SAID))
        names = [name for name, _ in found]
        if "complete" in names and found[0][0] in ("note", "arrive", "need_part", "query") and led is None:
            found.sort(key=lambda each: each[0] != "complete")
        return _without_echoes(found)

    def _led(self, said: Said, start: int, role: str) -> str | None:
        best, length = None, 0
        clause_end = next((last for first, last in clauses(said.text, start)), len(said.text))
        for action, command in self.commands.of.items():
            match = command.lead.match(said.text, start)
            if not match or action == "ack_only" or not self._allowed(action, said, start, clause_end, role):
                continue
            if action not in ("note",) and command.unless.search(said.text[start:clause_end]):
                continue
            if match["lead"] == "给" and arguments.recipient(said) is None:
                continue
            if match.end("lead") - match.start("lead") > length and self._fits(action, said, role, led=True):
                best, length = action, match.end("lead") - match.start("lead")
        if best in ("complete", "accept", "arrive", "hold") and _ASKS.search(said.text[start : clause_end + 1]):
            return "query" if said.subjects.tickets else None
        return best

    def _in_clause(self, said: Said, first: int, last: int, role: str) -> Iterable[str]:
        """The most telling action of a sentence; a question is never an order to do something."""
        clause = said.text[first:last]
        asks = bool(_ASKS.search(said.text[first : last + 1]))
        for action in _ORDER_OF_WEIGHT:
            command = self.commands.of.get(action)
            if command is None or not (match := command.says.search(clause)):
                continue
            if asks and action not in _ASKABLE:
                continue
            if command.unless.search(clause) or not self._fits(action, said, role, led=False):
                continue
            if self._allowed(action, said, first, last, role) and match.end() > match.start():
                yield action
                return

    def _allowed(self, action: str, said: Said, first: int, last: int, role: str) -> bool:
        """What only some roles say, or only of some things."""
        clause = said.text[first:last]
        about_part = role == "procurement" or bool(_PART_NOUN.search(said.text)) or self._names_part(said)
        if action == "part_eta":
            return role != "engineer" and about_part
        if action == "part_arrived":
            comes = role == "procurement" or self._part_comes(clause)
            return about_part and comes and not any(moment.begins > said.now for moment in said.moments)
        if action == "arrive":
            timed = any(first <= moment.start < last and moment.begins > said.now for moment in said.moments)
            return role not in ("procurement",) and not timed and not self._part_comes(clause)
        if action == "urge_engineer":
            return role in ("manager", "agent")
        if action == "complete":
            return role != "procurement"
        if action == "release":
            return role in ("agent", "manager")
        if action == "accept":
            return role in ("engineer", "manager", "agent")
        return True

    def _names_part(self, said: Said) -> bool:
        coded = any(hit.entity in ("part_code", "device_model") for hit in said.subjects.codes)
        return coded or any(True for _ in self.devices.components.find(said.text))

    def _part_comes(self, clause: str) -> bool:
        if _COMES.search(clause):
            return True
        ends = [named.end for named in self.devices.components.find(clause)]
        ends += [hit.end for hit in self.reader.codes.find(clause, parts_first=True) if hit.entity == "part_code"]
        return any(_THERE.match(clause, end) for end in ends)

    def _fits(self, action: str, said: Said, role: str, led: bool) -> bool:
        """Whether the message holds what the action cannot do without."""
        if action == "need_part" and role == "procurement":
            return False
        if action == "need_part":
            return any(hit.entity in ("part_code", "device_model") for hit in said.subjects.codes)
        if action == "part_eta":
            return bool(said.moments)
        if action == "reschedule":
            return bool(said.moments)
        if action == "set_priority":
            return arguments.priority(said.text) is not None
        if action == "quote":
            return bool(said.subjects.money)
        if action == "merge":
            return bool(said.subjects.tickets)
        if action == "urge_engineer":
            return role in ("manager", "agent")
        if action == "query":
            named = said.subjects.tickets or said.subjects.customer or said.subjects.phones or said.subjects.last
            return led or bool(named) or bool(_ASKS.search(said.text) and _ABOUT_WORK.search(said.text))
        return True

    def _left_over(self, said: Said, ref: TicketRef, role: str) -> tuple[str, float]:
        """Without a command word: a lone number, what the instinct says, else a question, a note, or talk."""
        start = body_start(said)
        rest = said.text[start:]
        if ref.form and not re.search(r"\w", _without_subjects(said, start)):
            return "query", SAID
        if not re.search(r"\w", rest):
            return ("note", GUESSED) if rest.strip() and not rest.isspace() else ("none", GUESSED)
        return self._felt(said, ref, role) or self._by_sight(said, rest, ref, role)

    def _felt(self, said: Said, ref: TicketRef, role: str) -> tuple[str, float] | None:
        """What the trained instinct makes of it, if it is sure enough and the message holds what the action needs."""
        if self.instinct is None or said.text.startswith("@"):
            return None
        asks, whole = bool(_ASKS.search(said.text)), (0, len(said.text))
        for action, confidence in self.instinct.rank(said.text):
            if confidence < SURE_ENOUGH:
                return None
            ordering = asks and (action not in _ASKABLE or action == "urge_engineer")
            command = self.commands.of.get(action)
            ordering = ordering or bool(command and command.unless.search(said.text))
            idle = action == "none" and ref.form in ("number", "multi", "customer")
            unsure = confidence < SURE_TO_ACT and action not in _HARMLESS
            if ordering or idle or unsure or not self._fits(action, said, role, led=False):
                continue
            if self._allowed(action, said, *whole, role):
                return action, confidence
        return None

    def _by_sight(self, said: Said, rest: str, ref: TicketRef, role: str) -> tuple[str, float]:
        """A question about a ticket, words of work, or neither."""
        works = bool(said.moments) or any(True for _ in self.commands.work.find(rest))
        if _ASKS.search(rest):
            return ("query", GUESSED) if ref.form or (works and role != "engineer") else ("none", GUESSED)
        if ref.form in ("number", "last", "customer", "multi"):
            return "note", GUESSED
        chats = any(True for _ in self.commands.chatter.find(rest)) or rest.startswith("@")
        if chats or role == "procurement":
            return "none", GUESSED
        works = works or any(True for _ in self.symptoms.find(rest))
        telling = (works and len(rest) >= SHORTEST_NOTE) or len(re.sub(r"\W", "", rest)) >= LONG_ENOUGH
        return ("note", GUESSED) if telling and (works or role == "engineer") else ("none", GUESSED)

    def _args(self, said: Said, action: str, has_picture: bool) -> dict[str, Any]:
        if action == "note":
            return self._note(said, has_picture)
        if action == "arrive":
            aside = self._aside(said, action)
            return {"note": aside} if aside else {}
        if action == "complete":
            return {"summary": after_lead(said, self.commands.of[action])}
        if action == "hold":
            return {"reason": arguments.reason(said, self.commands.of[action])}
        if action == "need_part":
            return {"parts": arguments.parts(said)}
        if action == "part_eta":
            return arguments.eta(said)
        if action == "part_arrived":
            return arguments.code(said)
        if action == "transfer":
            return {"to": arguments.recipient(said)}
        if action == "set_priority":
            return {"priority": arguments.priority(said.text)}
        if action == "reschedule":
            return arguments.agreed_time(said)
        return arguments.quote(said) if action == "quote" else {}

    def _note(self, said: Said, has_picture: bool) -> dict[str, Any]:
        command = self.commands.of.get("note")
        start = body_start(said)
        lead = command.lead.match(said.text, start) if command else None
        words = arguments.rest_after(said, lead.end("lead")) if lead else said.words(start)
        words = words or (said.verbatim(start, len(said.text)).strip() if start < len(said.text) else "")
        return {"text": _PICTURE.sub("", words).strip()} | ({"attachment": True} if has_picture else {})

    def _aside(self, said: Said, action: str) -> str | None:
        """What is said beside an action: the longest run of sentences that do not ask for it."""
        command, runs, runs_start = self.commands.of[action], [""], 0
        for first, last in clauses(said.text, body_start(said)):
            clause = said.text[first:last]
            asks = command.says.search(clause) or command.lead.match(said.text, first)
            if asks or self.commands.is_heard(clause):
                runs.append("")
            elif runs[-1]:
                runs[-1] = said.words(runs_start, last + 1) or runs[-1]
            else:
                runs_start = first
                runs[-1] = said.words(first, last + 1) or ""
        aside = max(runs, key=len)
        return aside if len(re.sub(r"\W", "", aside)) >= 2 else None

    def _also(self, said: Said, action: str, others: list[tuple[str, float]], ref: TicketRef) -> tuple[Order, ...]:
        orders = []
        for other, confidence in others:
            args = self._args(said, other, False)
            orders.append(Order(said.verbatim(0, len(said.text)), other, ref, args, confidence))
        if action == "accept" and not others:
            aside = self._aside(said, action)
            if aside and len(re.sub(r"\W", "", aside)) >= SHORTEST_ASIDE:
                orders.append(Order(aside, "note", ref, {"text": aside}, GUESSED))
        return tuple(orders)


def _without_echoes(found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """A telling action silences what merely sounds along: nobody who undoes an arrival arrives."""
    names = [name for name, _ in found]
    if not names:
        return found
    first = names[0]
    silent = {
        "undo": {"query", "set_priority", "merge"},
        "complete": set(_ORDER_OF_WEIGHT) - {"complete"},
        "transfer": {"accept", "query", "urge_engineer", "note"},
        "part_eta": {"need_part", "query", "reschedule"},
        "part_arrived": {"need_part", "query", "arrive"},
        "query": set(_ORDER_OF_WEIGHT) - {"query"},
        "board": set(_ORDER_OF_WEIGHT) - {"board"},
        "overdue": set(_ORDER_OF_WEIGHT) - {"overdue"},
        "on_call": set(_ORDER_OF_WEIGHT) - {"on_call"},
        "list_my_open": set(_ORDER_OF_WEIGHT) - {"list_my_open"},
        "urge_engineer": {"query", "accept", "arrive", "complete"},
        "quote": {"need_part", "query"},
        "reschedule": {"query", "part_eta", "arrive"},
        "escalate": {"accept", "need_part", "query", "transfer", "arrive"},
        "need_part": {"query", "part_eta", "part_arrived"},
        "merge": set(_ORDER_OF_WEIGHT) - {"merge"},
    }.get(first, {"query"})
    return [each for each in found if each[0] == first or each[0] not in silent]


def _without_subjects(said: Said, start: int) -> str:
    text = list(said.text)
    for hit in (*said.subjects.tickets, *said.subjects.codes, *said.subjects.phones):
        text[hit.start : hit.end] = " " * (hit.end - hit.start)
    if said.subjects.customer:
        first, last, _ = said.subjects.customer
        text[first:last] = " " * (last - first)
    return re.sub(r"序列号|sn|电话|号码|单号|工单|单", " ", "".join(text[start:]))


def _merged(said: Said, ref: TicketRef) -> tuple[TicketRef, dict[str, Any]]:
    """`1002 并到 1001`: the first goes into the second; one number alone is the one to go into."""
    numbers = list(dict.fromkeys(hit.value for hit in said.subjects.tickets))
    if len(numbers) >= 2:
        return TicketRef("number", numbers[0]), {"into": numbers[1]}
    form = TicketRef("last", None) if said.subjects.last else TicketRef()
    return form, {"into": numbers[0] if numbers else None}
