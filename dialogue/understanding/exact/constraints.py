"""Conditions on a visit (交付约束, S17): weekend_only, call_first, registration … as the lexicon lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dialogue.understanding.exact.hit import Hit
from dialogue.understanding.lexicon import Lexicon
from dialogue.understanding.phrases import one_of


@dataclass(frozen=True)
class Constraints:
    """Finds conditions; the value is a short English key."""

    forms: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def of(cls, lexicon: Lexicon) -> Constraints:
        return cls(tuple((key, one_of(phrases)) for key, phrases in lexicon.table("delivery_constraints").items()))

    def find(self, text: str) -> Iterator[Hit]:
        """Every condition, once each."""
        for key, form in self.forms:
            match = form.search(text)
            if match and match.end() > match.start():
                yield Hit("delivery_constraint", match.start(), match.end(), key)
