"""Trained models are kept under the hash of what they were trained from: the next start reads them instead of training."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.embedded import Weights


@dataclass(frozen=True, slots=True)
class Kept:
    """What a start needs: the models of customers and of staff (None without data), and how characters sound."""

    customers: Weights
    staff: Weights | None
    syllables: str


def fingerprint(folders: Iterable[Path]) -> str:
    """Hash of every data file in the folders, and of the code that learns from them."""
    digest = hashlib.sha256()
    for folder in (*folders, Path(__file__).parent):
        for path in sorted((*folder.glob("*.yml"), *folder.glob("*.yaml"), *folder.rglob("*.py"))):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def keep(folder: Path, name: str, known: Kept) -> None:
    """Write the arrays as `<name>.npz`, intents and thresholds as `<name>.json`; whole or not at all. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    models = {"customers": known.customers} | ({"staff": known.staff} if known.staff else {})
    arrays, facts = {"syllables": _packed(known.syllables)}, {}
    for side, model in models.items():
        arrays[f"{side}_features"] = _packed("\n".join(model.row_of))
        arrays[f"{side}_idf"], arrays[f"{side}_pulls"] = model.idf, model.pulls
        facts[side] = {"intents": model.intents, "thresholds": asdict(model.thresholds)}
    spare = folder / f".{name}.{os.getpid()}"
    with spare.open("wb") as file:
        np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]
    os.replace(spare, folder / f"{name}.npz")
    spare.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(spare, folder / f"{name}.json")


def kept(folder: Path, name: str) -> Kept | None:
    """The models kept under that name; None if there are none, or they cannot be read."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            models = {side: _weights(side, facts[side], arrays) for side in facts}
            return Kept(models["customers"], models.get("staff"), _unpacked(arrays["syllables"]))
    return None


def _weights(side: str, facts: Mapping[str, Any], arrays: Mapping[str, Any]) -> Weights:
    features = _unpacked(arrays[f"{side}_features"]).split("\n")
    idf, pulls = arrays[f"{side}_idf"], arrays[f"{side}_pulls"]
    if len(idf) != len(features) or pulls.shape != (len(features) + 1, len(facts["intents"])):
        raise ValueError("arrays of another model")
    row_of = {feature: row for row, feature in enumerate(features)}
    return Weights(tuple(facts["intents"]), row_of, idf, pulls, Thresholds(**facts["thresholds"]))


def _packed(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _unpacked(array: np.ndarray) -> str:
    return array.tobytes().decode()
