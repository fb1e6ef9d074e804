"""Multinomial logistic regression over sparse rows, in numpy alone: tf-idf, L2, and L-BFGS by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PENALTY = 0.1
"""Weight of the squared weights against the summed loss."""
STEPS = 30
"""L-BFGS steps; more move no decision on our data."""
MEMORY = 6
"""Steps that L-BFGS remembers."""

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: `values[starts[i]:starts[i+1]]` at `columns[…]` make row i; no row is empty."""

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Array
    width: int

    def __len__(self) -> int:
        return len(self.starts) - 1

    def times(self, weights: Array) -> Array:
        """Rows times the transpose of a dense matrix (classes × width): one row of classes for each row."""
        return _gathered(weights, self.columns, self.values, self.starts[:-1]).T

    def turned(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Array]:
        """The same by columns: present columns, where each starts, the rows in them, the values."""
        order = np.argsort(self.columns, kind="stable")
        row_of = np.repeat(np.arange(len(self)), np.diff(self.starts))[order]
        present, starts = np.unique(self.columns[order], return_index=True)
        return present, starts, row_of, self.values[order]


def _gathered(dense: Array, places: NDArray[np.int64], values: Array, starts: NDArray[np.int64]) -> Array:
    """For each row of `dense`: the sums, from each start to the next, of its entries at the places times the values."""
    sums = np.empty((len(dense), len(starts)), dtype=np.float32)
    taken = np.empty(len(places), dtype=np.float32)
    for row, entries in enumerate(dense):
        np.take(entries, places, out=taken, mode="clip")
        np.multiply(taken, values, out=taken)
        sums[row] = np.add.reduceat(taken, starts)
    return sums


def rows(lists: Sequence[Sequence[tuple[int, float]]], width: int) -> Rows:
    """Rows from lists of (column, value). A constant column at the end keeps every row non-empty."""
    starts = np.cumsum([0, *(len(entries) + 1 for entries in lists)]).astype(np.int64)
    columns = np.array([column for entries in lists for column in (*(c for c, _ in entries), width)], dtype=np.int64)
    values = np.array([value for entries in lists for value in (*(v for _, v in entries), 1.0)], dtype=np.float32)
    return Rows(starts, columns, values, width + 1)


def fit(data: Rows, labels: NDArray[np.int64], classes: int, penalty: float = PENALTY, steps: int = STEPS) -> Array:
    """Weights (classes × width) that explain the labels."""
    truth = np.zeros((len(data), classes), dtype=np.float32)
    truth[np.arange(len(data)), labels] = 1
    counts = truth.sum(axis=0)
    share = (len(data) / classes / counts[labels]) ** 0.5
    share = (share / share.mean()).astype(np.float32)[:, None]
    present, starts, row_of, values = data.turned()

    def loss(weights: Array) -> tuple[float, Array]:
        odds = softmax(data.times(weights))
        error = (odds - truth) * share
        slope = penalty * weights
        slope[:, present] += _gathered(np.ascontiguousarray(error.T), row_of, values, starts)
        said = np.log(np.maximum(odds[np.arange(len(data)), labels], 1e-12))
        return float(-(said * share[:, 0]).sum() + 0.5 * penalty * np.square(weights).sum()), slope

    return _descend(loss, np.zeros((classes, data.width), dtype=np.float32), steps)


def softmax(scores: Array) -> Array:
    """Scores as shares of 1, row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _descend(loss: Callable[[Array], tuple[float, Array]], at: Array, steps: int) -> Array:
    """L-BFGS with a backtracking line search."""
    value, slope = loss(at)
    moves: list[tuple[Array, Array, float]] = []
    for step in range(steps):
        direction = _direction(slope, moves)
        length = 1.0 if step else 1.0 / max(float(np.abs(slope).sum()), 1e-9) * len(at)
        expected = float((slope * direction).sum())
        while True:
            ahead = at + length * direction
            new_value, new_slope = loss(ahead)
            if new_value <= value + 1e-4 * length * expected or length < 1e-8:
                break
            length *= 0.5
        move, turn = ahead - at, new_slope - slope
        curve = float((move * turn).sum())
        if curve > 1e-10:
            moves = [*moves[1 - MEMORY :], (move, turn, 1.0 / curve)]
        done = abs(value - new_value) < 1e-5 * max(abs(value), 1.0)
        at, value, slope = ahead, new_value, new_slope
        if done:
            break
    return at


def _direction(slope: Array, moves: list[tuple[Array, Array, float]]) -> Array:
    direction = -slope
    weights = []
    for move, turn, inverse in reversed(moves):
        weight = inverse * float((move * direction).sum())
        direction = direction - weight * turn
        weights.append(weight)
    if moves:
        move, turn, inverse = moves[-1]
        direction = direction * (1.0 / inverse / max(float((turn * turn).sum()), 1e-12))
    for (move, turn, inverse), weight in zip(moves, reversed(weights), strict=True):
        direction = direction + (weight - inverse * float((turn * direction).sum())) * move
    return direction
