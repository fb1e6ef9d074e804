"""Multinomial logistic regression over sparse rows, in numpy alone: small batches, and a pace of its own for each weight (AdaGrad)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

PENALTY = 0.002
"""Weight of the squared weights against the summed loss."""
PASSES = 5
"""Times that all rows are gone through; more make the model surer of itself, not better."""
BATCHES = 64
"""Parts in which the rows are gone through; the weights move after each."""
PACE = 0.25
"""How far a weight moves at first."""

Array = NDArray[np.floating[Any]]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: `values[starts[i]:starts[i+1]]` at `columns[…]` make row i; no row is empty."""

    starts: Places
    columns: Places
    values: Array
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def times(self, weights: Array) -> Array:
        """Rows times a dense matrix (width × classes)."""
        return _sums(weights, self.columns, self.values, self.starts[:-1])

    def take(self, places: Places) -> Self:
        """These rows, in this order."""
        lengths = np.diff(self.starts)[places]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.arange(starts[-1]) + np.repeat(self.starts[places] - starts[:-1], lengths)
        return type(self)(starts, self.columns[entries], self.values[entries], self.width)

    def turned(self) -> tuple[Places, Places, Places, Array]:
        """The same by columns: present columns, where each starts, the rows in them, the values."""
        order = np.argsort(self.columns, kind="stable")
        row_of = np.repeat(np.arange(len(self)), np.diff(self.starts))[order]
        present, starts = np.unique(self.columns[order], return_index=True)
        return present, starts, row_of, self.values[order]


def _sums(dense: Array, places: Places, values: Array, starts: Places) -> Array:
    """From each start to the next: the rows of `dense` at the places, times the values, added up."""
    return np.add.reduceat(dense[places] * values[:, None], starts, axis=0)


def fit(data: Rows, labels: Places, classes: int) -> Array:
    """Weights (width × classes) that explain the labels; rare labels count for more. The same data give the same weights."""
    truth = np.zeros((len(data), classes), dtype=np.float32)
    truth[np.arange(len(data)), labels] = 1
    share = (len(data) / classes / truth.sum(axis=0)[labels]) ** 0.5
    share = (share / share.mean()).astype(np.float32)[:, None]
    weights = np.zeros((data.width, classes), dtype=np.float32)
    steepness = np.full_like(weights, 1e-8)
    shuffled = np.random.default_rng(0)
    dealt = np.array_split(shuffled.permutation(len(data)), min(BATCHES, len(data)))
    batches = [(places, *_both_ways(data.take(places))) for places in dealt]
    met = np.bincount(np.concatenate([present for _, _, (present, *_) in batches]), minlength=data.width)
    held = (PENALTY / np.maximum(met, 1)).astype(np.float32)[:, None]
    for _ in range(PASSES):
        for batch in shuffled.permutation(len(batches)):
            places, rows, (present, starts, row_of, values) = batches[batch]
            error = (softmax(rows.times(weights)) - truth[places]) * share[places]
            slope = _sums(error, row_of, values, starts) + held[present] * weights[present]
            steepness[present] += np.square(slope)
            weights[present] -= PACE * slope / np.sqrt(steepness[present])
    return weights


def _both_ways(rows: Rows) -> tuple[Rows, tuple[Places, Places, Places, Array]]:
    return rows, rows.turned()


def held_out(lines: int, folds: int) -> Iterator[tuple[Places, Places]]:
    """The lines dealt into parts: for each part, the places of all others, and its own. Always dealt alike."""
    part = np.random.default_rng(0).integers(0, folds, lines)
    for fold in range(folds):
        yield np.flatnonzero(part != fold), np.flatnonzero(part == fold)


def softmax(scores: Array) -> Array:
    """Scores as shares of 1, row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
