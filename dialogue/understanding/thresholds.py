"""When to act on a ranking, when to ask, when to say that it was not understood. Computed from held-out lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialogue.understanding.words import Decision, Ranking

OUT_OF_SCOPE = "out_of_scope"
PRECISION = 0.92
"""Share of accepted held-out lines whose intent must be right."""
STRANGERS = 0.08
"""Largest share of out-of-scope lines that may be accepted as something else."""
LOST = 0.05
"""Share of in-scope lines that may be rejected without being asked what was meant."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Of one engine: at least `accept`, and `margin` ahead of the next, is acted on; below `reject` is not understood."""

    accept: float
    reject: float
    margin: float

    def decide(self, ranking: Ranking) -> Decision:
        """What to do with a ranking. Whatever is out of scope is rejected."""
        (first, confidence), (_, second) = ranking[0], ranking[1]
        if first == OUT_OF_SCOPE or confidence < self.reject:
            return "reject"
        return "accept" if confidence >= self.accept and confidence - second >= self.margin else "clarify"


def thresholds(
    names: Sequence[str], odds: NDArray[np.float32], truth: NDArray[np.int64], margin: float = 0.1
) -> Thresholds:
    """The lowest accept threshold that keeps its promises on held-out lines, and the highest harmless reject threshold."""
    order = np.sort(odds, axis=1)
    best, ahead = order[:, -1], order[:, -1] - order[:, -2]
    guess = odds.argmax(axis=1)
    stranger = names.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in names else -1
    inside, outside = guess != stranger, truth == stranger
    accept = 0.95
    for level in np.arange(0.30, 0.95, 0.01):
        taken = inside & (best >= level) & (ahead >= margin)
        right = (guess == truth)[taken].mean() if taken.any() else 1.0
        strangers = (taken & outside).sum() / max(int(outside.sum()), 1)
        if right >= PRECISION and strangers <= STRANGERS:
            accept = float(level)
            break
    known = best[inside & ~outside]
    reject = float(np.quantile(known, LOST)) if len(known) else 0.2
    return Thresholds(round(accept, 3), round(min(reject, accept), 3), margin)
