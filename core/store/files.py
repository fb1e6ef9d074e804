"""Files by the SHA-256 of their content: written once, never changed, in a local folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

NAME = 64
"""Characters of a file's name: its SHA-256."""
PIECE = 1 << 20
"""Bytes of a large file that are in memory at a time."""
SETTLED = 900.0
"""Seconds since a file was last handed in before it may be removed: the row that names it may still be on its way."""


class FileStore:
    """A folder of files named by their content. An S3-compatible store offers the same two calls."""

    def __init__(self, folder: Path):
        self.folder = folder

    def put(self, content: bytes) -> str:
        """Keep content; its hash. It is on disk when this returns."""
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        else:
            os.utime(path)
        return name

    def bring(self, name: str, content: IO[bytes]) -> None:
        """Keep content of any size that should have this hash. Raises ValueError if it has not, KeyError for no hash."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent)
        found = hashlib.sha256()
        with os.fdopen(handle, "wb") as file:
            while piece := content.read(PIECE):
                found.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if found.hexdigest() != name:
            os.unlink(unfinished)
            raise ValueError(name)
        os.replace(unfinished, path)

    def get(self, name: str) -> bytes:
        """The content with this hash. Raises KeyError."""
        path = self._path(name)
        if not path.is_file():
            raise KeyError(name)
        return path.read_bytes()

    def is_whole(self, name: str) -> bool:
        """Whether the content with this hash is still what it was, read a piece at a time. Raises KeyError."""
        path = self._path(name)
        if not path.is_file():
            raise KeyError(name)
        found = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                found.update(piece)
        return found.hexdigest() == name

    def names(self, begins: str) -> Iterator[str]:
        """The files whose names begin so."""
        for folder in sorted(self.folder.glob(f"{begins}*")):
            yield from (path.name for path in folder.iterdir() if len(path.name) == NAME)

    def remove(self, name: str, seen_at: float) -> bool:
        """Remove a file of which nothing spoke at an instant (seconds, as files are dated); whether it is gone. One that has been
        handed in since, or shortly before, stays."""
        path = self._path(name)
        try:
            if path.stat().st_mtime > seen_at - SETTLED:
                return False
            path.unlink()
        except FileNotFoundError:
            return True
        return True

    async def read(self, name: str) -> bytes:
        """The same, for the asynchronous edges of the house."""
        return await asyncio.to_thread(self.get, name)

    def _path(self, name: str) -> Path:
        if len(name) != NAME or not all(character in "0123456789abcdef" for character in name):
            raise KeyError(name)
        return self.folder / name[:2] / name
