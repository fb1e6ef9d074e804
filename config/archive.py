"""A backup as a file: one tar.gz with the desk's files, its rows in neither database's form, and a list of what must be in it.

    web.key               the key of our pages, unless the settings keep it elsewhere
    reports/<name>        the certificates of service reports, with their keys
    files/<sha256>        what people sent and what the desk made, each named by its content
    rows/<table>/<n>      lines of JSON (core/store/dump.py), some megabytes at a time
    manifest.json         what all that must add up to

The manifest comes last: an archive that breaks off has none.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson

from core.store.dump import Shape, Source, Sum

FORMAT, READ = 2, (1, 2)
"""Raised when an older program could not read an archive any more; those that this one reads."""
CHUNK = 4 << 20
"""Bytes of rows that are written, and held in memory, at a time."""
FASTEST = 1
"""gzip's level: files are mostly compressed already, and rows shrink well with any."""
MANIFEST, KEY, CERTIFICATES, FILES, ROWS = "manifest.json", "web.key", "reports/", "files/", "rows/"


class Damaged(RuntimeError):
    """The archive is not as it was written; where it first shows."""


@dataclass
class Manifest:
    """What an archive must add up to. `tables`: rows and SHA-256 of each; `files`: how many, and the SHA-256 over their names;
    `certificates`: the SHA-256 of each."""

    format: int
    made_at: int
    revision: str
    floor: int
    shapes: list[Shape]
    tables: dict[str, tuple[int, str]] = field(default_factory=dict)
    files: tuple[int, str] = (0, "")
    key: str | None = None
    certificates: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, written: bytes) -> Manifest:
        """Raises Damaged."""
        try:
            given: dict[str, Any] = orjson.loads(written)
            if given["format"] not in READ:
                raise Damaged(f"{MANIFEST}: format {given['format']}")
            shapes = [Shape(one["name"], tuple(map(tuple, one["columns"])), one["key"]) for one in given["shapes"]]  # type: ignore[arg-type]
            tables = {name: (rows, digest) for name, (rows, digest) in given["tables"].items()}
            return cls(**{**given, "shapes": shapes, "tables": tables, "files": tuple(given["files"])})
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(MANIFEST) from error

    def written(self) -> bytes:
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2)


def write(
    path: Path, source: Source, files: Path, key: bytes | None, now: int, certificates: Mapping[str, bytes]
) -> Manifest:
    """Write everything to `path`, which appears when it is whole and on disk; only its owner can read it."""
    handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            with (
                gzip.GzipFile("", "wb", FASTEST, file, mtime=0) as packed,
                tarfile.open(mode="w|", fileobj=packed, format=tarfile.PAX_FORMAT) as tar,
            ):
                manifest = _write_all(tar, source, files, key, now, certificates)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return manifest


def check(path: Path) -> Manifest:
    """Read the whole archive once and add everything up. Raises Damaged."""
    sums: dict[str, Sum] = {}
    names, count, key, manifest = hashlib.sha256(), 0, None, None
    certificates: dict[str, str] = {}
    with reading(path) as members:
        for name, file in members:
            if manifest is not None:
                raise Damaged(f"{name}: after the manifest")
            if name == MANIFEST:
                manifest = Manifest.of(file.read())
            elif name == KEY:
                key = hashlib.sha256(file.read()).hexdigest()
            elif name.startswith(CERTIFICATES):
                certificates[name.removeprefix(CERTIFICATES)] = _digest(file)
            elif name.startswith(FILES):
                if _digest(file) != name.removeprefix(FILES):
                    raise Damaged(name)
                names.update(name.encode() + b"\n")
                count += 1
            else:
                table = name.removeprefix(ROWS).partition("/")[0]
                for _ in sums.setdefault(table, Sum()).over(lines_of(file)):
                    pass
    if manifest is None:
        raise Damaged(f"{MANIFEST}: the archive breaks off")
    found = {name: (one.rows, one.digest) for name, one in sums.items()}
    for name, expected in manifest.tables.items():
        if found.pop(name, (0, Sum().digest)) != expected:
            raise Damaged(f"{ROWS}{name}")
    if manifest.certificates != certificates:
        raise Damaged(CERTIFICATES)
    if found or manifest.files != (count, names.hexdigest()) or manifest.key != key:
        raise Damaged(next(iter(found), FILES if manifest.key == key else KEY))
    return manifest


@contextmanager
def reading(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """The members of an archive in their order, each to be read before the next; at the end, that it is whole. Raises Damaged."""
    try:
        with gzip.open(path, "rb") as packed, tarfile.open(mode="r|", fileobj=packed) as tar:
            yield _members(tar)
            while packed.read(1 << 20):
                pass
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Damaged(path.name) from error


class Content:
    """What an archive holds, read once and in its order: the key, the certificates, the files, then the rows as a source."""

    def __init__(self, manifest: Manifest, members: Iterator[tuple[str, IO[bytes]]]):
        self.revision, self.floor, self.shapes = manifest.revision, manifest.floor, tuple(manifest.shapes)
        self._members = members
        self._next = next(members, None)

    def key(self) -> bytes | None:
        """The key of our pages, if it was kept in the data folder."""
        found = [file.read() for _, file in self._while(KEY)]
        return found[0] if found else None

    def certificates(self) -> Iterator[tuple[str, bytes]]:
        """The certificates of service reports, by their place in their folder."""
        for name, file in self._while(CERTIFICATES):
            yield name.removeprefix(CERTIFICATES), file.read()

    def files(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Each file with its SHA-256."""
        for name, file in self._while(FILES):
            yield name.removeprefix(FILES), file

    def lines(self, shape: Shape) -> Iterator[bytes]:
        for _, file in self._while(f"{ROWS}{shape.name}/"):
            yield from lines_of(file)

    def _while(self, beginning: str) -> Iterator[tuple[str, IO[bytes]]]:
        while self._next is not None and self._next[0].startswith(beginning):
            yield self._next
            self._next = next(self._members, None)


def lines_of(file: IO[bytes]) -> list[bytes]:
    """The lines of a member, without their ends."""
    return file.read().split(b"\n")[:-1]


def _write_all(
    tar: tarfile.TarFile, source: Source, files: Path, key: bytes | None, now: int, certificates: Mapping[str, bytes]
) -> Manifest:
    manifest = Manifest(FORMAT, now, source.revision, source.floor, list(source.shapes))
    if key is not None:
        _add(tar, KEY, key)
        manifest.key = hashlib.sha256(key).hexdigest()
    for name, content in sorted(certificates.items()):
        _add(tar, CERTIFICATES + name, content)
        manifest.certificates[name] = hashlib.sha256(content).hexdigest()
    manifest.files = _write_files(tar, files)
    for shape in source.shapes:
        total, number, chunk = Sum(), 0, io.BytesIO()
        for line in total.over(source.lines(shape)):
            chunk.write(line + b"\n")
            if chunk.tell() >= CHUNK:
                _add(tar, f"{ROWS}{shape.name}/{number}", chunk.getvalue())
                number, chunk = number + 1, io.BytesIO()
        if chunk.tell():
            _add(tar, f"{ROWS}{shape.name}/{number}", chunk.getvalue())
        manifest.tables[shape.name] = (total.rows, total.digest)
    _add(tar, MANIFEST, manifest.written())
    return manifest


def _write_files(tar: tarfile.TarFile, folder: Path) -> tuple[int, str]:
    names, count = hashlib.sha256(), 0
    for path in sorted(folder.glob("??/" + "?" * 64)):
        name = FILES + path.name
        tar.add(path, name, recursive=False, filter=_anonymous)
        _forget(tar)
        names.update(name.encode() + b"\n")
        count += 1
    return count, names.hexdigest()


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = _anonymous(tarfile.TarInfo(name))
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
    _forget(tar)


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    while (info := tar.next()) is not None:
        _forget(tar)
        file = tar.extractfile(info) if info.isreg() else None
        if file is None or not (info.name in (MANIFEST, KEY) or info.name.startswith((CERTIFICATES, FILES, ROWS))):
            raise Damaged(info.name)
        yield info.name, file


def _forget(tar: tarfile.TarFile) -> None:
    """A tarfile keeps what it has passed; a million files would fill the memory."""
    vars(tar)["members"].clear()


def _digest(file: IO[bytes]) -> str:
    total = hashlib.sha256()
    while piece := file.read(1 << 20):
        total.update(piece)
    return total.hexdigest()
