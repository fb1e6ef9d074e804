"""Weighs what the trained instinct makes of a message against its command words and who wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialogue.understanding.orders.arguments import Said, body_start, clauses, rest_after
from dialogue.understanding.orders.arguments import recipient as recipient_of
from dialogue.understanding.orders.bounds import ASKS, Bounds
from dialogue.understanding.orders.commands import Commands
from dialogue.understanding.words import Engine, TicketRef

LED, SAID, GUESSED = 0.97, 0.88, 0.6
"""Confidence of an action by its command word, by what was said, and by what is left."""
LED_PULL, SAID_PULL = 2.5, 0.5
"""Added to the logarithm of the odds of an action whose command word leads the message, and of one that a sentence holds."""
ASKED_PULL = -1.5
"""Added for what changes a ticket, where the message is a question."""
IDLE_PULL = -2.0
"""Added for what is of no one ticket, where the message names one."""
SURE_TO_ACT = 0.36
SURE_OF_THE_END = 0.5
"""Odds from which an order is believed that changes a ticket, and one that ends it; of lines not learnt nearly all are right."""

HARMLESS = {"query", "on_call", "board", "overdue", "list_my_open", "none", "note", "ack_only"}
"""Actions that change nothing but what is on record."""

ORDER_OF_WEIGHT = (
    "undo", "release", "on_call", "list_my_open", "overdue", "board", "merge", "transfer", "escalate", "set_priority",
    "resume", "part_arrived", "part_eta", "need_part", "quote", "reschedule", "hold", "complete", "arrive", "accept",
    "urge_engineer", "query",
)  # fmt: skip
"""Which of several actions in one sentence is meant: the more telling first."""

OF_NO_TICKET = {"release", "list_my_open", "board", "overdue", "on_call", "none", "ack_only"}
"""Actions that are of no one ticket."""

_NEEDY = ("quote", "need_part", "reschedule")
"""Actions without whose sum, code or time the words are a note."""
_ASKABLE = {"query", "on_call", "board", "overdue", "list_my_open", "undo", "urge_engineer"}


@dataclass(frozen=True)
class Scales:
    """Ranks the actions of a message."""

    commands: Commands
    bounds: Bounds
    instinct: Engine | None = None

    def led(self, said: Said, role: str) -> str | None:
        """The action whose command word opens the message."""
        start = body_start(said)
        best, length = None, 0
        end = next((last for first, last in clauses(said.text, start)), len(said.text))
        for action, command in self.commands.of.items():
            match = command.lead.match(said.text, start)
            if not match or action == "ack_only" or not self._meant(action, said, start, end, role):
                continue
            if action != "note" and command.unless.search(said.text[start:end]):
                continue
            if match["lead"] == "给" and recipient_of(said) is None:
                continue
            if match.end("lead") - match.start("lead") > length:
                best, length = action, match.end("lead") - match.start("lead")
        if best in ("complete", "accept", "arrive", "hold") and ASKS.search(said.text[start : end + 1]):
            return "query" if said.subjects.tickets else None
        return best

    def said(self, said: Said, role: str) -> list[str]:
        """The most telling action of each sentence, in order; a question is never an order to do something."""
        found: list[str] = []
        for first, last in clauses(said.text, body_start(said)):
            action = next(iter(self._in_clause(said, first, last, role)), None)
            if action and action not in found:
                found.append(action)
        return found

    def lacks(self, said: Said, role: str) -> bool:
        """Whether the message is no more than the word for an action, without what that needs: 报价, and no sum."""
        start = body_start(said)
        opened = ((action, self.commands.of[action].lead.match(said.text, start)) for action in _NEEDY)
        return any(
            lead and rest_after(said, lead.end("lead")) is None and not self.bounds.may(action, said, role)
            for action, lead in opened
        )

    def weighed(
        self, said: Said, ref: TicketRef, role: str, led: str | None, spoken: Iterable[str]
    ) -> dict[str, float]:
        """The odds of every action that the message can mean, best first."""
        spoken, asks = set(spoken), bool(ASKS.search(said.text))
        shares: Mapping[str, float] = dict(self.instinct.rank(said.text)) if self.instinct else {}
        pulls: dict[str, float] = {}
        for action, share in shares.items():
            if not self.bounds.may(action, said, role):
                continue
            pull = math.log(max(share, 1e-9))
            pull += LED_PULL if action == led else SAID_PULL if action in spoken else 0.0
            pull += ASKED_PULL if asks and action not in _ASKABLE | HARMLESS else 0.0
            pull += IDLE_PULL if action in OF_NO_TICKET and ref.form not in (None, "last") else 0.0
            pulls[action] = pull
        whole = sum(map(math.exp, pulls.values()))
        ranked = sorted(pulls.items(), key=lambda each: -each[1])
        return {action: math.exp(pull) / whole for action, pull in ranked}

    def _in_clause(self, said: Said, first: int, last: int, role: str) -> Iterable[str]:
        clause = said.text[first:last]
        asks = bool(ASKS.search(said.text[first : last + 1]))
        for action in ORDER_OF_WEIGHT:
            command = self.commands.of.get(action)
            if command is None or not (match := command.says.search(clause)):
                continue
            if (asks and action not in _ASKABLE) or command.unless.search(clause):
                continue
            if match.end() > match.start() and self._meant(action, said, first, last, role):
                yield action

    def _meant(self, action: str, said: Said, first: int, last: int, role: str) -> bool:
        return self.bounds.may(action, said, role) and self.bounds.in_clause(action, said, first, last, role)
