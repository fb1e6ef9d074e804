"""With a question open, what it expects weighs more: the ranking of a text leans towards its answers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from dialogue.understanding.words import Decision, Ranking, Understanding

TIMES = 4.0
"""How much more an expected intent weighs."""


def leaning(meant: Understanding, expected: Collection[str], decide: Callable[[Ranking], Decision]) -> Understanding:
    """What was understood, once the expected intents weigh more; what is exact stays. A text that says nothing stays rejected."""
    if not expected or not meant.ranking or not any(character.isalpha() for character in meant.text):
        return meant
    odds = {intent: odds * (TIMES if intent in expected else 1.0) for intent, odds in meant.ranking}
    whole = sum(odds.values())
    ranking = tuple(sorted(((intent, one / whole) for intent, one in odds.items()), key=lambda pair: -pair[1]))
    intent, confidence = ranking[0]
    return replace(meant, intent=intent, confidence=confidence, ranking=ranking, decision=decide(ranking))
