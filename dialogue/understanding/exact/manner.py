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
    """Reads emotion and urgency by the lexicon's cues."""

    angry: re.Pattern[str]
    anxious: re.Pattern[str]
    danger: re.Pattern[str]
    not_danger: re.Pattern[str]
    pressing: re.Pattern[str]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Manner:
        return cls(*(one_of(lexicon.words(name)) for name in ("angry", "anxious", "danger", "not_danger", "pressing")))

    def find(self, text: str) -> Iterator[Hit]:
        """The words that show emotion; the value is angry or anxious."""
        for form, value in ((self.angry, "angry"), (self.anxious, "anxious")):
            for match in form.finditer(text):
                if not _negated(text, match):
                    yield Hit("emotion", match.start(), match.end(), value)

    def emotion(self, text: str, hits: list[Hit]) -> str:
        """angry before anxious before calm; shouting without a word of anger is anxious."""
        values = {hit.value for hit in hits if hit.entity == "emotion"}
        if "angry" in values:
            return "angry"
        return "anxious" if values or _STRESS.search(text) else "calm"

    def urgency(self, text: str) -> str:
        """P0, P1 or P2."""
        spoiled = [match.span() for match in self.not_danger.finditer(text)]
        for match in self.danger.finditer(text):
            if not any(start <= match.start() < end for start, end in spoiled):
                return "P0"
        return "P1" if any(not _negated(text, match) for match in self.pressing.finditer(text)) else "P2"


def _negated(text: str, match: re.Match[str]) -> bool:
    return bool(_NEGATED.search(text[max(0, match.start() - 6) : match.start()]))
