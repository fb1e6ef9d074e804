"""Reads what a member of staff writes as a command, or as a note, or as talk that is none of the desk's business."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.exact.moments import moments
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.orders import arguments
from dialogue.understanding.orders.arguments import Said, after_lead, body_start, clauses
from dialogue.understanding.orders.bounds import ASKS, Bounds
from dialogue.understanding.orders.commands import Commands
from dialogue.understanding.orders.subjects import digits, subjects
from dialogue.understanding.orders.weighing import (
    GUESSED,
    HARMLESS,
    LED,
    OF_NO_TICKET,
    SAID,
    SURE_OF_THE_END,
    SURE_TO_ACT,
    Scales,
)
from dialogue.understanding.plain import Plain
from dialogue.understanding.reading import Reader
from dialogue.understanding.words import Context, Engine, Order, TicketRef

_SWALLOWS = {"note", "complete", "hold"}
"""Actions whose command word takes all that follows as its own words."""
ALSO = {
    "accept": ("reschedule", "arrive", "need_part"),
    "arrive": ("need_part", "quote", "reschedule", "complete", "hold", "escalate"),
    "part_arrived": ("reschedule",),
    "reschedule": ("need_part", "quote", "hold"),
    "need_part": ("quote", "reschedule", "hold"),
    "quote": ("reschedule", "need_part"),
    "note": ("need_part",),
}
"""What a message may ask for besides its first action."""
BESIDES = ("accept", "need_part", "part_arrived")
"""Actions beside which the rest of the message is a note of its own."""
SHORTEST_ASIDE = 4
"""Characters beside a command that are worth a note of their own."""

_PICTURE = re.compile(r"\[(?:图片|照片|视频|image|photo|picture|Image|Photo)\]")


@dataclass(frozen=True)
class Clerk:
    """Understands commands by the lexicon and by what was learnt."""

    scales: Scales

    @classmethod
    def of(cls, lexicon: Lexicon, reader: Reader, instinct: Engine | None = None) -> Clerk:
        """From the lexicon; `instinct` ranks the actions of any text."""
        return cls(Scales(Commands.read(lexicon), Bounds(reader), instinct))

    @property
    def commands(self) -> Commands:
        return self.scales.commands

    def order(self, plain: Plain, now: datetime, role: str, context: Context, has_picture: bool) -> Order:
        """What is wanted; `none` if the desk is not meant."""
        has_picture = has_picture or bool(_PICTURE.search(plain.text))
        if self.commands.is_heard(plain.text) and not has_picture:
            return Order(plain.original, "ack_only", TicketRef(), {}, LED)
        said = self._said(plain, now, context)
        ref = said.subjects.ref(context)
        action, confidence, others = self._action(said, ref, role, has_picture)
        args = self._args(said, action, has_picture)
        if action == "merge":
            ref, args = _merged(said, context)
        if action in OF_NO_TICKET | {"undo"} and ref.form == "last":
            ref = TicketRef()
        also = self._also(said, action, others, ref)
        return Order(plain.original, action, ref, args, confidence, also)

    def _said(self, plain: Plain, now: datetime, context: Context) -> Said:
        kept = "".join(plain.original[index] for index in plain.at)
        named = tuple(moments(plain.text, now))
        dated = [Hit("time", moment.start, moment.end, None) for moment in named]
        codes = self.scales.bounds.reader.codes
        return Said(plain.text, kept, subjects(plain.text, kept, codes, context, dated), named, now, plain.raw)

    def _action(self, said: Said, ref: TicketRef, role: str, has_picture: bool) -> tuple[str, float, list[str]]:
        """The action, how sure it is, and what sentences ask for besides."""
        start = body_start(said)
        rest = said.text[start:]
        if ref.form and not has_picture and not re.search(r"\w", _without_subjects(said, start)):
            return "query", SAID, []
        if not re.search(r"\w", rest):
            return ("note" if has_picture or rest.strip() else "none"), GUESSED, []
        led, spoken = self.scales.led(said, role), self.scales.said(said, role)
        if led in _SWALLOWS and not {"undo", "release"} & set(spoken):
            return led, LED, []
        if led is None and self.scales.lacks(said, role):
            return "note", GUESSED, []
        odds = self.scales.weighed(said, ref, role, led, spoken)
        action, share = next(iter(odds.items()), ("none", GUESSED))
        if action not in HARMLESS and share < (SURE_OF_THE_END if action == "complete" else SURE_TO_ACT):
            action = self._unsure(said, ref, role, odds)
        if has_picture and action in HARMLESS:
            action = "note"
        sure = LED if action == led else round(min(odds.get(action, GUESSED), SAID), 2)
        return action, sure, [other for other in spoken if other != action]

    def _unsure(self, said: Said, ref: TicketRef, role: str, odds: Mapping[str, float]) -> str:
        """What is not sure enough to act upon: a question, words on a ticket, or talk."""
        if ref.form:
            return "query" if ASKS.search(said.text) and odds.get("query", 0) > odds.get("note", 0) else "note"
        return "note" if role == "engineer" and odds.get("note", 0) >= odds.get("none", 0) else "none"

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

    def _also(self, said: Said, action: str, others: list[str], ref: TicketRef) -> tuple[Order, ...]:
        orders = []
        aside = self._aside(said, action) if action in BESIDES else None
        if aside and len(re.sub(r"\W", "", aside)) >= SHORTEST_ASIDE:
            orders.append(Order(aside, "note", ref, {"text": aside}, GUESSED))
        for other in others:
            if other in ALSO.get(action, ()):
                args = self._args(said, other, False)
                orders.append(Order(said.verbatim(0, len(said.text)), other, ref, args, SAID))
        return tuple(orders)


def _without_subjects(said: Said, start: int) -> str:
    text = list(said.text)
    for hit in (*said.subjects.tickets, *said.subjects.codes, *said.subjects.phones):
        text[hit.start : hit.end] = " " * (hit.end - hit.start)
    if said.subjects.customer:
        first, last, _ = said.subjects.customer
        text[first:last] = " " * (last - first)
    return re.sub(r"序列号|sn|电话|号码|单号|工单|单", " ", "".join(text[start:]))


def _merged(said: Said, context: Context) -> tuple[TicketRef, dict[str, Any]]:
    """`1002 并到 1001`: the first goes into the second; one number alone is the one to go into."""
    numbers = list(dict.fromkeys(hit.value for hit in said.subjects.tickets))
    if len(numbers) >= 2:
        return TicketRef("number", numbers[0]), {"into": numbers[1]}
    spoken_of = TicketRef("last", digits(context.last_ticket)) if said.subjects.last else TicketRef()
    return spoken_of, {"into": numbers[0] if numbers else None}
