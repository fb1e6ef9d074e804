"""A trained model is kept under the hash of what it was trained from: the next start reads it instead of training."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dialogue.understanding.embedded import Weights
from dialogue.understanding.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Kept:
    """What a start needs: the model, and how characters sound."""

    weights: Weights
    syllables: str


def fingerprint(folders: Iterable[Path]) -> str:
    """Hash of every data file in the folders, and of the code that learns from them."""
    digest = hashlib.sha256()
    for folder in (*folders, Path(__file__).parent):
        for path in sorted((*folder.glob("*.yml"), *folder.glob("*.yaml"), *folder.rglob("*.py"))):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def keep(folder: Path, name: str, kept: Kept) -> None:
    """Write the arrays as `<name>.npz` and the thresholds as `<name>.json`; whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    model = kept.weights
    arrays = folder / f"{name}.npz"
    spare = folder / f".{name}.{os.getpid()}.npz"
    with spare.open("wb") as file:
        np.savez(
            file,
            features=_packed("\n".join(model.row_of)),
            syllables=_packed(kept.syllables),
            idf=model.idf,
            pulls=model.pulls,
        )
    facts = {"intents": model.intents, "thresholds": asdict(model.thresholds)}
    written = folder / f".{name}.{os.getpid()}.json"
    written.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(written, folder / f"{name}.json")
    os.replace(spare, arrays)


def kept(folder: Path, name: str) -> Kept | None:
    """The model kept under that name; None if there is none, or it cannot be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            features = _unpacked(arrays["features"]).split("\n")
            idf, pulls = arrays["idf"], arrays["pulls"]
            syllables = _unpacked(arrays["syllables"])
        if len(idf) != len(features) or pulls.shape != (len(features) + 1, len(facts["intents"])):
            return None
        row_of = {feature: row for row, feature in enumerate(features)}
        return Kept(Weights(tuple(facts["intents"]), row_of, idf, pulls, Thresholds(**facts["thresholds"])), syllables)
    return None


def _packed(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _unpacked(array: np.ndarray) -> str:
    return array.tobytes().decode()
