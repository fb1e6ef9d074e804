"""The default engine: in process, milliseconds, trained at first start with numpy alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.plain import plain
from dialogue.understanding.regression import Array, Places, fit, held_out, softmax
from dialogue.understanding.sight import Sight
from dialogue.understanding.tfidf import Seen, entries
from dialogue.understanding.thresholds import thresholds
from dialogue.understanding.training_data import Example
from dialogue.understanding.words import Ranking

FOLDS = 5
"""Parts into which lines are dealt to see how the engine does on lines it has not seen."""


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

    @property
    def intents(self) -> tuple[str, ...]:
        """What it can tell apart, in the order of its odds."""
        return self._weights.intents

    def rank(self, text: str) -> Ranking:
        """All intents, best first; confidences add up to 1."""
        return ranking(self._weights.intents, self.odds(text))

    def odds(self, text: str) -> Array:
        """Confidence in each intent, in the order of the weights."""
        model = self._weights
        seen = Counter(self._sight.features(plain(text, self._simplified).text))
        columns, values = entries(seen, model.row_of, model.idf)
        return softmax((values @ model.pulls[columns])[None, :])[0]

    @classmethod
    def trained(cls, sight: Sight, examples: Sequence[Example], simplified: Mapping[str, str]) -> Self:
        """Train on examples, with thresholds from lines held out in turn."""
        return cls(sight, train(sight, examples, simplified), simplified)


def ranking(intents: tuple[str, ...], odds: Array) -> Ranking:
    """Intents by their confidence, best first."""
    return tuple((intents[index], float(odds[index])) for index in np.argsort(-odds, kind="stable"))


def train(sight: Sight, examples: Sequence[Example], simplified: Mapping[str, str]) -> Weights:
    """Weights from all examples; thresholds from cross-validation."""
    intents, labels = labelled(examples)
    seen = Seen.of([Counter(sight.features(plain(example.text, dict(simplified)).text)) for example in examples])
    idf = seen.idf(np.arange(len(labels)))
    pulls = fit(seen.weighed(idf), labels, len(intents))
    row_of = {feature: row for row, feature in enumerate(seen.features)}
    return Weights(intents, row_of, idf, pulls, thresholds(intents, unseen(seen, labels, len(intents)), labels))


def labelled(examples: Sequence[Example]) -> tuple[tuple[str, ...], Places]:
    """The intents of the examples in order of their names, and the place among them of each example's own."""
    intents = tuple(sorted({example.intent for example in examples}))
    place = {intent: index for index, intent in enumerate(intents)}
    return intents, np.array([place[example.intent] for example in examples])


def unseen(seen: Seen, labels: Places, intents: int) -> Array:
    """Odds of every line by a model that has not seen it."""
    odds = np.zeros((len(labels), intents), dtype=np.float32)
    for known, new in held_out(len(labels), FOLDS):
        rows = seen.weighed(seen.idf(known))
        odds[new] = softmax(rows.take(new).times(fit(rows.take(known), labels[known], intents)))
    return odds
