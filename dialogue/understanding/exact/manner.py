"""How it is said: emotion (angry, anxious, calm) and urgency (P0 danger or standstill, P1 pressing, P2 the rest; S9, S17)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.phrases import one_of

_NEGATED = re.compile(r"(?:不|没|没有|不是|别|不太|不用|并不|不会|don't|not|no)[很太]?\Z")
_STRESS = re.compile(r"[!！]{3,}|[?？]{3,}")


@dataclass(frozen=True)
class Manner:
    """Reads emotion and urgency by the lexicon's cues; `not_…` names what only looks like one (不急, 急停, 点不着火)."""

    angry: re.Pattern[str]
    anxious: re.Pattern[str]
    danger: re.Pattern[str]
    not_danger: re.Pattern[str]
    pressing: re.Pattern[str]
    not_meant: re.Pattern[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Manner:
        names = ("angry", "anxious", "danger", "not_danger", "pressing", "not_meant")
        return cls(*(one_of(lexicon.words(name)) for name in names))

    def find(self, text: str) -> Iterator[Hit]:
        """The words that show emotion; the value is angry or anxious."""
        for form, value in ((self.angry, "angry"), (self.anxious, "anxious")):
            for match in _believed(text, form, self.not_meant):
                yield Hit("emotion", match.start(), match.end(), value)

    def emotion(self, text: str, hits: list[Hit], urgency: str) -> str:
        """angry before anxious before calm; danger and a standstill are told anxiously, and so is what is shouted."""
        values = {hit.value for hit in hits if hit.entity == "emotion"}
        if "angry" in values:
            return "angry"
        return "anxious" if values or urgency == "P0" or _STRESS.search(text) else "calm"

    def urgency(self, text: str, *, today: bool = False) -> str:
        """P0, P1 or P2. `today`: somebody is wished for today."""
        if any(True for _ in _believed(text, self.danger, self.not_danger)):
            return "P0"
        return "P1" if today or any(True for _ in _believed(text, self.pressing, self.not_meant)) else "P2"


def _believed(text: str, form: re.Pattern[str], unless: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Cues that are neither negated nor part of words that mean something else."""
    spoiled = [match.span() for match in unless.finditer(text)]
    for match in form.finditer(text):
        before = text[max(0, match.start() - 6) : match.start()]
        if not _NEGATED.search(before) and not any(
            start < match.end() and match.start() < end for start, end in spoiled
        ):
            yield match
