"""What ranks the intents of a text. One that answers at once has `rank`; one elsewhere is asked by a job, outside every turn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, Self

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.words import INTENTS, Decision, Ranking, Understanding

WANTS_YES = frozenset({"confirm", "cancel_ticket", "return_exchange"})
"""Intents that do something hard to take back, and the yes to it: never accepted on the word of an engine that only proposes."""

SURE = 1.0 + 1e-6
"""Greatest confidence that an engine elsewhere may name: rounding lifts some a hair above 1."""


class Engine(Protocol):
    """Answers at once, in this process. `rank` is pure: all intents, best first, confidences add up to 1."""

    @property
    def name(self) -> str: ...

    @property
    def thresholds(self) -> Thresholds: ...

    def rank(self, text: str) -> Ranking: ...


class Remote(Protocol):
    """Answers from elsewhere, within `seconds` or not at all. `proposes`: its yes to hard things is only a proposal."""

    @property
    def name(self) -> str: ...

    @property
    def seconds(self) -> float: ...

    @property
    def proposes(self) -> bool: ...

    @property
    def thresholds(self) -> Thresholds: ...

    async def ask(self, text: str) -> Ranking:
        """All intents, best first, confidences add up to 1. Raises NoAnswer."""
        ...

    async def close(self) -> None: ...


class NoAnswer(Exception):
    """An engine gave no usable ranking; `why` is one of a few words: unreachable, slow, refused, garbled, foreign, resting."""

    def __init__(self, why: str, detail: str = "") -> None:
        self.why = why
        super().__init__(f"{why}: {detail}" if detail else why)


class NotInstalled(Exception):
    """The engine needs an extra that is not installed; the message names it."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What an engine elsewhere made of a text, with the thresholds that hold for it."""

    engine: str
    thresholds: Thresholds
    ranking: Ranking
    proposes: bool = False

    def over(self, meant: Understanding) -> Understanding:
        """What was understood here, with this ranking in place of ours; what is exact stays as it was read here."""
        intent, confidence = self.ranking[0]
        return replace(
            meant,
            intent=intent,
            confidence=confidence,
            ranking=self.ranking,
            decision=self.decide(self.ranking, meant),
            engine=self.engine,
        )

    def decide(self, ranking: Ranking, own: Understanding) -> Decision:
        """What to do with this ranking, or one that leans towards an open question. `own` is what was understood here: what
        is hard to take back is done only if it says so too."""
        intent, decision = ranking[0][0], self.thresholds.decide(ranking)
        agreed = own.intent == intent and own.decision == "accept"
        hard = self.proposes and intent in WANTS_YES and not agreed
        return "clarify" if decision == "accept" and hard else decision

    def to_json(self) -> dict[str, Any]:
        """As a job's row keeps it."""
        return asdict(self) | {"ranking": [list(pair) for pair in self.ranking]}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        """From a job's row."""
        ranking = tuple((intent, confidence) for intent, confidence in kept["ranking"])
        return cls(kept["engine"], Thresholds(**kept["thresholds"]), ranking, kept["proposes"])


def complete(named: Iterable[tuple[Any, Any]]) -> Ranking:
    """All intents of the contract, best first, adding up to 1, from those that an engine elsewhere named.

    Nothing named is no opinion: all alike. Raises NoAnswer if no name is known here, or a confidence is none.
    """
    known: dict[str, float] = {}
    told = list(named)
    for intent, confidence in told:
        if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= SURE:
            raise NoAnswer("garbled", "a confidence lies between 0 and 1")
        if isinstance(intent, str) and intent in INTENTS:
            known[intent] = max(known.get(intent, 0.0), min(float(confidence), 1.0))
    if told and not known:
        raise NoAnswer("foreign", "it knows none of our intents")
    missing, total = len(INTENTS) - len(known), math.fsum(known.values())
    rest = max(1 - total, 0.0) / missing if missing else 0.0
    odds = {intent: known.get(intent, rest) for intent in INTENTS}
    whole = math.fsum(odds.values())
    if not whole:
        return tuple((intent, 1 / len(INTENTS)) for intent in INTENTS)
    return tuple(sorted(((intent, value / whole) for intent, value in odds.items()), key=lambda pair: -pair[1]))
