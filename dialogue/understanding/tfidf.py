"""What was seen in which line, and how much each of it tells: term frequency, inverse document frequency, lines of length 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from dialogue.understanding.regression import Array, Places, Rows
from dialogue.understanding.sight import weight

RAREST = 2
"""Known lines in which a feature must occur to count."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How often which feature occurs in which line; those that no line shares with another are left out."""

    features: tuple[str, ...]
    starts: Places
    columns: Places
    counts: Array

    @classmethod
    def of(cls, lines: Sequence[Counter[str]]) -> Self:
        """From the features of each line."""
        spread = Counter(feature for line in lines for feature in line)
        features = tuple(sorted(feature for feature, count in spread.items() if count >= RAREST))
        column_of = {feature: column for column, feature in enumerate(features)}
        known = [[(column_of[name], count) for name, count in line.items() if name in column_of] for line in lines]
        starts = np.cumsum([0, *map(len, known)])
        entries = np.array([entry for line in known for entry in line], dtype=np.int64).reshape(-1, 2)
        return cls(features, starts, entries[:, 0], entries[:, 1].astype(np.float32))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def idf(self, known: Places) -> Array:
        """How much each feature tells, judged by the known lines alone: 0 if they do not have it often enough."""
        here = np.zeros(len(self), dtype=bool)
        here[known] = True
        spread = np.bincount(self.columns[np.repeat(here, np.diff(self.starts))], minlength=len(self.features))
        told = np.log((1 + len(known)) / (1 + spread)) + 1
        told *= np.array([weight(feature) for feature in self.features])
        return np.where(spread >= RAREST, told, 0).astype(np.float32)

    def weighed(self, idf: Array) -> Rows:
        """Every line, of length 1, with a constant column at the end that keeps it from being empty."""
        values = (1 + np.log(self.counts)) * idf[self.columns]
        line_of = np.repeat(np.arange(len(self)), np.diff(self.starts))
        length = np.sqrt(np.bincount(line_of, weights=np.square(values), minlength=len(self)))
        values /= np.maximum(length, 1e-9)[line_of]
        ends = self.starts[1:]
        return Rows(
            self.starts + np.arange(len(self.starts)),
            np.insert(self.columns, ends, len(self.features)),
            np.insert(values, ends, 1.0).astype(np.float32),
            len(self.features) + 1,
        )


def entries(counts: Mapping[str, int], row_of: Mapping[str, int], idf: Array) -> tuple[Places, Array]:
    """One new line: columns and values, the constant column last."""
    known = [(row_of[feature], count) for feature, count in counts.items() if feature in row_of]
    columns = np.array([*(column for column, _ in known), len(idf)])
    values = (1 + np.log(np.array([count for _, count in known], dtype=np.float32))) * idf[columns[:-1]]
    values /= max(float(np.sqrt(np.square(values).sum())), 1e-9)
    return columns, np.append(values, np.float32(1))
