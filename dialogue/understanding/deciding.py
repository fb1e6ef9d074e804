"""When to act on a ranking, when to ask, when to say that it was not understood."""

from __future__ import annotations

from dataclasses import dataclass

from dialogue.understanding.words import Decision, Ranking

OUT_OF_SCOPE = "out_of_scope"
OFFERED = 3
"""Meanings that a question offers."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Of one engine: at least `accept`, `margin` ahead of the next and without more than the `shadow` of a stranger (confidence of
    out_of_scope) is acted on; if what could be offered adds up to less than `reject`, asking would not help."""

    accept: float
    reject: float
    margin: float
    shadow: float = 1.0

    def decide(self, ranking: Ranking) -> Decision:
        """What to do with a ranking. What is out of scope is never acted on."""
        (first, confidence), (_, second) = ranking[0], ranking[1]
        known = [odds for intent, odds in ranking if intent != OUT_OF_SCOPE]
        stranger = sum(odds for intent, odds in ranking if intent == OUT_OF_SCOPE)
        if first != OUT_OF_SCOPE and confidence >= self.accept and confidence - second >= self.margin:
            return "accept" if stranger <= self.shadow else "clarify"
        return "reject" if sum(known[:OFFERED]) < self.reject else "clarify"
