"""Folders with the weights of a local engine: what must lie there, and which engine reads it. Nothing is ever downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Kind = Literal["whisper", "sensevoice"]

NEEDED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "whisper": (("model.bin",), ("config.json",), ("tokenizer.json",), ("vocabulary.json", "vocabulary.txt")),
    "sensevoice": (("model.int8.onnx", "model.onnx"), ("tokens.txt",)),
}
"""Engine → its files; of several names in brackets one is enough."""
LIBRARY: dict[Kind, str] = {"whisper": "faster_whisper", "sensevoice": "sherpa_onnx"}


class NoModel(Exception):
    """A folder from which no engine can be started; `missing` names the files that are not there."""

    def __init__(self, folder: Path, missing: tuple[str, ...]):
        super().__init__(f"{folder}: {', '.join(missing)}")
        self.folder, self.missing = folder, missing


def kind_of(folder: Path, kind: Kind | None = None) -> Kind:
    """The engine that a folder is for; `kind` if that is asked for. Raises NoModel."""
    sorts: tuple[Kind, ...] = (kind,) if kind else ("whisper", "sensevoice")
    lacking: dict[Kind, tuple[str, ...]] = {sort: _missing(folder, sort) for sort in sorts}
    for sort, missing in lacking.items():
        if not missing:
            return sort
    raise NoModel(folder, min(lacking.values(), key=len))


def file_of(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of these files that lies there."""
    return next((path for name in names if (path := folder / name).is_file()), None)


def _missing(folder: Path, kind: Kind) -> tuple[str, ...]:
    return tuple(" / ".join(names) for names in NEEDED[kind] if file_of(folder, names) is None)
