"""A small network with one hidden layer over dense vectors, in numpy alone: dropout, and Adam by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialogue.understanding.regression import Array, Places, softmax

HIDDEN = 192
"""Units between the vector and the intents."""
PASSES = 12
"""Times that all rows are gone through."""
BATCH = 512
"""Rows after which the weights move: many, as threads that share small sums wait for one another."""
PACE = 4e-3
"""How far a weight moves at first; it slows down to nothing in the last pass."""
DROPPED = 0.3
"""Share of hidden units that a row has to do without while learning."""
PENALTY = 5e-4
"""Weight of the squared weights."""
SPREAD = 40.0
"""What sentence vectors are stretched by: they differ by little from one another."""

_SLOWEST, _STEADIEST = 0.9, 0.999
"""Adam's memory of slopes, and of their squares."""


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network: `centre` is taken from a vector before the first layer sees it."""

    centre: Array
    first: Array
    first_bias: Array
    last: Array
    last_bias: Array

    def odds(self, vectors: Array) -> Array:
        """Confidence in each class, row by row."""
        hidden = np.maximum((vectors - self.centre) * SPREAD @ self.first + self.first_bias, 0)
        return softmax(hidden @ self.last + self.last_bias)


def taught(vectors: Array, labels: Places, classes: int) -> Network:
    """A network that tells the labels of the vectors. The same data give the same network."""
    chance = np.random.default_rng(0)
    centre = vectors.mean(axis=0)
    seen = ((vectors - centre) * SPREAD).astype(np.float32)
    truth = np.eye(classes, dtype=np.float32)[labels]
    share = (len(labels) / classes / np.maximum(truth.sum(axis=0), 1)[labels]) ** 0.5
    share = (share / share.mean()).astype(np.float32)[:, None]
    first = chance.normal(0, seen.shape[1] ** -0.5, (seen.shape[1], HIDDEN)).astype(np.float32)
    last = chance.normal(0, 0.1 * HIDDEN**-0.5, (HIDDEN, classes)).astype(np.float32)
    weights = [first, np.zeros(HIDDEN, np.float32), last, np.zeros(classes, np.float32)]
    adam = _Adam(weights)
    for turn in range(PASSES):
        order = chance.permutation(len(labels))
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            adam.move(
                _slopes(weights, seen[rows], truth[rows], share[rows], chance),
                PACE * (1 - turn / PASSES),
            )
    return Network(centre, *weights)


def _slopes(weights: list[Array], seen: Array, truth: Array, share: Array, chance: np.random.Generator) -> list[Array]:
    first, first_bias, last, last_bias = weights
    before = seen @ first + first_bias
    alive = ((before > 0) & (chance.random(before.shape) > DROPPED)).astype(np.float32) / (1 - DROPPED)
    hidden = before * alive
    error = (softmax(hidden @ last + last_bias) - truth) * share / len(seen)
    back = (error @ last.T) * alive
    return [seen.T @ back + PENALTY * first, back.sum(axis=0), hidden.T @ error + PENALTY * last, error.sum(axis=0)]


class _Adam:
    def __init__(self, weights: list[Array]) -> None:
        self._weights, self._moves = weights, 0
        self._slopes, self._squares = ([np.zeros_like(weight) for weight in weights] for _ in range(2))

    def move(self, slopes: list[Array], pace: float) -> None:
        """Move every weight in place against its slope."""
        self._moves += 1
        slow, steady = 1 - _SLOWEST**self._moves, 1 - _STEADIEST**self._moves
        for weight, slope, mean, square in zip(self._weights, slopes, self._slopes, self._squares, strict=True):
            mean += (1 - _SLOWEST) * (slope - mean)
            square += (1 - _STEADIEST) * (slope * slope - square)
            weight -= pace * (mean / slow) / (np.sqrt(square / steady) + 1e-8)
