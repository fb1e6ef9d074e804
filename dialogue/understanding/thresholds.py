"""Thresholds of an engine (deciding.py), computed from held-out lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialogue.understanding.deciding import OFFERED, OUT_OF_SCOPE, Thresholds

PRECISION = 0.93
"""Share of accepted held-out lines whose intent must be right."""
STRANGERS = 0.035
"""Largest share of out-of-scope lines that may be accepted as something else: below the 5 % that are promised, as
strangers differ more from those we know than customers do."""
LOST = 0.04
"""Share of in-scope lines that may be rejected without being asked what was meant."""
MARGIN = 0.1
"""How far ahead of the next the first must be, lest it is asked which of the two."""
LEVELS, SHADOWS = np.arange(0.30, 0.95, 0.02), (0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3)
"""Thresholds that are tried for accepting, and for the shadow of a stranger."""


def thresholds(names: Sequence[str], odds: NDArray[np.floating[Any]], truth: NDArray[np.int64]) -> Thresholds:
    """Those that accept most of the held-out lines and keep their promises on them, and the highest harmless reject threshold."""
    order = np.sort(odds, axis=1)
    best, ahead = order[:, -1], order[:, -1] - order[:, -2]
    guess = odds.argmax(axis=1)
    stranger = names.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in names else -1
    shade = odds[:, stranger] if OUT_OF_SCOPE in names else np.zeros(len(odds))
    inside, outside, right = guess != stranger, truth == stranger, guess == truth
    most, accept, shadow = 0, 0.95, SHADOWS[0]
    for level in LEVELS:
        for dark in SHADOWS:
            taken = inside & (best >= level) & (ahead >= MARGIN) & (shade <= dark)
            strangers = (taken & outside).sum() / max(int(outside.sum()), 1)
            if taken.sum() > most and right[taken].mean() >= PRECISION and strangers <= STRANGERS:
                most, accept, shadow = int(taken.sum()), float(level), dark
    known = np.delete(odds, stranger, axis=1) if OUT_OF_SCOPE in names else odds
    offered = np.sort(known, axis=1)[~outside, -OFFERED:].sum(axis=1)
    reject = float(np.quantile(offered, LOST)) if len(offered) else accept
    return Thresholds(round(accept, 3), round(min(reject, accept), 3), MARGIN, shadow)
