"""How the desk learns: held-out lines are truly unseen, thresholds keep what they promise, the same lines give the same model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.embed import _vectors
from dialogue.understanding.network import taught
from dialogue.understanding.regression import fit, held_out, softmax
from dialogue.understanding.tfidf import RAREST, Seen, entries
from dialogue.understanding.thresholds import PRECISION, STRANGERS, thresholds

LIMITS = Thresholds(accept=0.5, reject=0.4, margin=0.1, shadow=0.1)
LINES: list[Counter[str]] = [
    Counter(words.split()) for words in ("a b", "a b c", "a c", "d e", "d e f", "d f", "d g", "a h")
] * 3
LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 0] * 3)


@pytest.mark.parametrize(
    ("odds", "decision"),
    [
        ({"urge": 0.6, "ask_faq": 0.3, "out_of_scope": 0.05, "deny": 0.05}, "accept"),
        ({"urge": 0.52, "ask_faq": 0.43, "out_of_scope": 0.05}, "clarify"),
        ({"urge": 0.8, "out_of_scope": 0.2}, "clarify"),
        ({"urge": 0.3, "ask_faq": 0.3, "ask_price": 0.3, "out_of_scope": 0.1}, "clarify"),
        ({"out_of_scope": 0.55, "urge": 0.45}, "clarify"),
        ({"out_of_scope": 0.7, "urge": 0.3}, "reject"),
        ({"urge": 0.12, "ask_faq": 0.12, "deny": 0.12, "greet": 0.12, "thanks": 0.12, "out_of_scope": 0.4}, "reject"),
    ],
)
def test_what_follows_from_a_ranking(odds: dict[str, float], decision: str) -> None:
    ranking = tuple(sorted(odds.items(), key=lambda pair: -pair[1]))
    assert LIMITS.decide(ranking) == decision


def test_thresholds_keep_their_promise_on_the_lines_they_come_from() -> None:
    names, chance = ("ask_faq", "out_of_scope", "urge"), np.random.default_rng(1)
    truth = chance.integers(0, 3, 2_000)
    odds = softmax(chance.normal(size=(2_000, 3)) + 2.5 * np.eye(3)[truth])
    limits = thresholds(names, odds, truth)
    rankings = [tuple(sorted(zip(names, row.tolist(), strict=True), key=lambda pair: -pair[1])) for row in odds]
    taken = np.array([limits.decide(ranking) == "accept" for ranking in rankings])
    right = odds.argmax(axis=1) == truth
    assert taken.mean() > 0.2
    assert right[taken].mean() >= PRECISION
    assert (taken & (truth == 1)).sum() / (truth == 1).sum() <= STRANGERS


def test_nothing_of_a_held_out_line_is_known() -> None:
    seen = Seen.of(
        [
            Counter({"both": 1}),
            Counter({"both": 1, "kept": 1}),
            Counter({"kept": 2, "out": 1, "both": 1}),
            Counter({"out": 1}),
        ]
    )
    column = {name: place for place, name in enumerate(seen.features)}
    idf = seen.idf(np.array([0, 1]))
    assert RAREST == 2 and idf[column["both"]] > 0
    assert idf[column["out"]] == idf[column["kept"]] == 0
    parts = list(held_out(100, 5))
    assert sorted(np.concatenate([new for _, new in parts]).tolist()) == list(range(100))
    assert all(not set(known) & set(new) for known, new in parts)


def test_lines_are_of_length_one_and_a_new_one_is_weighed_like_them() -> None:
    seen = Seen.of(LINES)
    idf = seen.idf(np.arange(len(LINES)))
    rows = seen.weighed(idf)
    columns, values = entries(LINES[1], {name: place for place, name in enumerate(seen.features)}, idf)
    first = rows.take(np.array([1]))
    assert dict(zip(columns.tolist(), values.tolist(), strict=True)) == pytest.approx(
        dict(zip(first.columns.tolist(), first.values.tolist(), strict=True))
    )
    assert np.square(values[:-1]).sum() == pytest.approx(1) and values[-1] == 1


def test_both_ways_of_learning_learn_and_repeat_themselves() -> None:
    rows = Seen.of(LINES).weighed(Seen.of(LINES).idf(np.arange(len(LINES))))
    weights = fit(rows, LABELS, 2)
    assert (rows.times(weights).argmax(axis=1) == LABELS).all()
    assert (weights == fit(rows, LABELS, 2)).all()
    points = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32) * 0.05
    side = (points[:, 0] > 0).astype(np.int64)
    network = taught(points, side, 2)
    assert (network.odds(points).argmax(axis=1) == side).mean() > 0.9
    assert (network.first == taught(points, side, 2).first).all()


def test_a_sentence_vector_is_computed_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def encoder(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    first = _vectors(["a", "bb"], encoder, tmp_path)
    again = _vectors(["bb", "ccc", "a"], encoder, tmp_path)
    assert asked == ["a", "bb", "ccc"]
    assert first.tolist() == [[1, 1], [2, 1]] and again.tolist() == [[2, 1], [3, 1], [1, 1]]
    (tmp_path / "vectors.npz").write_bytes(b"broken")
    assert _vectors(["a"], encoder, tmp_path).tolist() == [[1, 1]]
