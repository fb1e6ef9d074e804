"""The default engine: in process, milliseconds, trained at first start with numpy alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from dialogue.understanding.plain import plain
from dialogue.understanding.regression import Array, Rows, fit, rows, softmax
from dialogue.understanding.sight import Sight, weight
from dialogue.understanding.thresholds import Thresholds, thresholds
from dialogue.understanding.training_data import Example
from dialogue.understanding.words import Ranking

FOLDS = 3
"""Parts into which lines are dealt to see how the engine does on lines it has not seen."""
RAREST = 2
"""Training lines in which a feature must occur."""


@dataclass(frozen=True)
class Weights:
    """A trained model: which feature has which row, its idf, and its pull towards each intent."""

    intents: tuple[str, ...]
    row_of: Mapping[str, int]
    idf: Array
    pulls: Array
    thresholds: Thresholds


class EmbeddedEngine:
    """Ranks intents by tf-idf over what `Sight` sees, and logistic regression."""

    name = "embedded"

    def __init__(self, sight: Sight, weights: Weights, simplified: Mapping[str, str]) -> None:
        self._sight, self._weights, self._simplified = sight, weights, dict(simplified)

    @property
    def thresholds(self) -> Thresholds:
        """Where this engine's confidence is enough."""
        return self._weights.thresholds

    def rank(self, text: str) -> Ranking:
        """All intents, best first; confidences add up to 1."""
        model = self._weights
        seen = Counter(self._sight.features(plain(text, self._simplified).text))
        entries = _entries(seen, model.row_of, model.idf)
        columns = np.array([column for column, _ in entries] + [len(model.row_of)])
        values = np.array([value for _, value in entries] + [1.0], dtype=np.float32)
        odds = softmax((model.pulls[:, columns] @ values)[None, :])[0]
        order = np.argsort(-odds, kind="stable")
        return tuple((model.intents[index], float(odds[index])) for index in order)

    @classmethod
    def trained(cls, sight: Sight, examples: Sequence[Example], simplified: Mapping[str, str]) -> Self:
        """Train on examples, with thresholds from lines held out in turn."""
        return cls(sight, train(sight, examples, simplified), simplified)


def train(sight: Sight, examples: Sequence[Example], simplified: Mapping[str, str]) -> Weights:
    """Weights from all examples; thresholds from cross-validation."""
    intents = tuple(sorted({example.intent for example in examples}))
    labels = np.array([intents.index(example.intent) for example in examples])
    seen = [Counter(sight.features(plain(example.text, dict(simplified)).text)) for example in examples]
    odds = held_out(seen, labels, len(intents))
    row_of, idf, data = _table(seen)
    pulls = fit(data, labels, len(intents))
    return Weights(intents, row_of, idf, pulls, thresholds(intents, odds, labels))


def held_out(seen: Sequence[Counter[str]], labels: np.ndarray, intents: int) -> Array:
    """Odds of every line by a model that has not seen it."""
    part = np.random.default_rng(0).integers(0, FOLDS, len(seen))
    odds = np.zeros((len(seen), intents), dtype=np.float32)
    for fold in range(FOLDS):
        known, new = np.flatnonzero(part != fold).tolist(), np.flatnonzero(part == fold).tolist()
        row_of, idf, data = _table([seen[index] for index in known])
        pulls = fit(data, labels[known], intents)
        fresh = rows([_entries(seen[index], row_of, idf) for index in new], len(row_of))
        odds[new] = softmax(fresh.times(pulls))
    return odds


def _table(seen: Sequence[Counter[str]]) -> tuple[dict[str, int], Array, Rows]:
    lines = Counter(feature for counts in seen for feature in counts)
    kept = sorted(feature for feature, count in lines.items() if count >= RAREST)
    row_of = {feature: row for row, feature in enumerate(kept)}
    idf = np.array([(np.log((1 + len(seen)) / (1 + lines[f])) + 1) * weight(f) for f in kept], dtype=np.float32)
    return row_of, idf, rows([_entries(counts, row_of, idf) for counts in seen], len(kept))


def _entries(counts: Counter[str], row_of: Mapping[str, int], idf: Array) -> list[tuple[int, float]]:
    """tf-idf of a line, of length 1."""
    known = [(row_of[feature], count) for feature, count in counts.items() if feature in row_of]
    if not known:
        return []
    columns = np.array([column for column, _ in known])
    values = (1 + np.log(np.array([count for _, count in known], dtype=np.float32))) * idf[columns]
    values /= np.sqrt(np.square(values).sum())
    return list(zip(columns.tolist(), values.tolist(), strict=True))
