"""Which fonts a document is drawn with, and which characters they can show."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import subprocess
import tempfile
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SUBSTITUTE = "〓"
"""Stands where no font of this machine has a character (geta, the printers' sign for a missing sort)."""
LOOKS = 5.0
"""Seconds that the system may take to name a font."""
MOST_ASKED = 64
"""Characters per process that the system's fonts are searched for; after these what is missing is substituted at once."""
FITTING = (".ttf", ".otf", ".ttc", ".otc")
KEPT_BREAKS = "\n"


@dataclass(frozen=True, slots=True)
class Face:
    """One font in a file: the name that a document asks for it by, and what it can show."""

    file: Path
    family: str
    shows: frozenset[int]


class Fonts:
    """The fonts of documents: those named or packaged, and fonts of the system for rare characters. Shared by all threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` holds the company's own fonts, the sans first by name; without it the packaged Noto fonts are used."""
        files = _files(folder) if folder else _packaged()
        self._faces = tuple(face for file in files for face in _faces(file))
        if not self._faces:
            raise ValueError(f"no font in {folder}")
        self._rare: list[Face] = []
        self._asked: dict[int, bool] = {}
        self._lock = threading.Lock()
        self._loaded: tuple[int, Any] | None = None
        self._places = tempfile.TemporaryDirectory(prefix="huiying-fonts-")

    @property
    def families(self) -> tuple[str, ...]:
        """Their names in order; the first is for text."""
        return tuple(dict.fromkeys(face.family for face in (*self._faces, *self._rare)))

    @property
    def heading(self) -> str:
        """The name of the font for titles: a serif, since the packaged fonts have no bold."""
        return next((face.family for face in self._faces if "Serif" in face.family), self._faces[0].family)

    def loaded(self) -> Any:
        """The same as typst has them; read once, and again when a rare character asked for another."""
        import typst

        with self._lock:
            if self._loaded is None or self._loaded[0] != len(self._rare):
                for file in {face.file for face in (*self._faces, *self._rare)}:
                    with contextlib.suppress(FileExistsError):
                        os.symlink(file.resolve(), Path(self._places.name) / file.name)
                self._loaded = len(self._rare), typst.Fonts(False, False, [self._places.name])
            return self._loaded[1]

    def fitted(self, text: str) -> str:
        """The text with what can be shown of it: no controls or marks that turn its direction, 〓 for what no font has."""
        kept = (char for char in unicodedata.normalize("NFC", text) if char in KEPT_BREAKS or not _is_control(char))
        return "".join(char if self.show(char) else SUBSTITUTE for char in kept)

    def show(self, char: str) -> bool:
        """Whether a font has it."""
        point = ord(char)
        if char.isspace() or any(point in face.shows for face in self._faces):
            return True
        with self._lock:
            if point not in self._asked:
                self._asked[point] = len(self._asked) < MOST_ASKED and self._found(point)
                if not self._asked[point]:
                    log.warning("no font shows U+%04X: a %s stands for it", point, SUBSTITUTE)
            return self._asked[point]

    def _found(self, point: int) -> bool:
        if any(point in face.shows for face in self._rare):
            return True
        for file in _of_system(point):
            for face in _faces(file):
                if point in face.shows:
                    self._rare.append(face)
                    return True
        return False


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf")


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in FITTING)


def _packaged() -> list[Path]:
    from pylopdf_fonts_zh_cn import sans_path, serif_path

    return [sans_path(), serif_path()]


@functools.lru_cache(maxsize=32)
def _faces(file: Path) -> tuple[Face, ...]:
    """What is in a font file; of a collection first what is drawn as in mainland China. Empty for bitmaps and broken files."""
    from fontTools.ttLib import TTFont, TTLibError
    from fontTools.ttLib.ttCollection import TTCollection

    try:
        whole = file.suffix.lower() in (".ttc", ".otc")
        fonts = TTCollection(str(file), lazy=True).fonts if whole else [TTFont(str(file), lazy=True)]
        faces = [
            Face(file, _family(font), frozenset(font.getBestCmap() or ()))
            for font in fonts
            if "glyf" in font or "CFF " in font or "CFF2" in font
        ]
    except (OSError, TTLibError, ValueError, KeyError):
        return ()
    return tuple(sorted(faces, key=lambda face: " SC" not in face.family))


def _family(font: Any) -> str:
    names = font["name"]
    return names.getBestFamilyName() or names.getDebugName(1) or ""


def _of_system(point: int) -> list[Path]:
    """Fonts of the system that say they have a character, sans before serif, regular before bold."""
    asked = ["fc-list", "--format", "%{file}\n", f":charset={point:x}"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=LOOKS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return sorted((Path(line) for line in set(said.splitlines()) if line.lower().endswith(FITTING)), key=_plainness)


def _plainness(file: Path) -> tuple[bool, bool, bool, str]:
    name = file.name
    return "Regular" not in name and "-" in name, "Serif" in name or "Mono" in name, "Sans" not in name, str(file)
