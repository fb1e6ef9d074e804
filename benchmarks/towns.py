"""Filled databases, made once and kept between runs, and working copies of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks import filling, past
from benchmarks.filling import fill
from benchmarks.past import Past
from benchmarks.postgres import Server
from core.store.schema import metadata

FOLDER = Path(
    os.environ.get("BENCH_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "desk-bench")
)
"""Where filled databases are kept: about 10 kB a ticket and kind of database, and as much again while measuring."""


@dataclass(frozen=True)
class Filled:
    """A working copy of a filled database; `seconds` that the filling took, None if it was made in an earlier run."""

    url: str
    past: Past
    seconds: float | None
    bytes: int


def fingerprint() -> str:
    """Changes with the tables and with what is written into them: a database with another one is made anew."""
    sources = [Path(module.__file__ or "").read_text() for module in (past, filling)]
    tables = [str(CreateTable(table)) for table in metadata.sorted_tables]
    indexes = [str(CreateIndex(index)) for table in metadata.sorted_tables for index in table.indexes]
    return hashlib.sha256("\n".join([*sources, *tables, *sorted(indexes)]).encode()).hexdigest()[:12]


@contextmanager
def sqlite_town(size: int, folder: Path = FOLDER) -> Iterator[Filled]:
    """A SQLite file with the past of this size, to be worked on and thrown away."""
    folder.mkdir(parents=True, exist_ok=True)
    kept, seconds = folder / f"town-{size}-{fingerprint()}.db", None
    if not kept.exists():
        for old in folder.glob(f"town-{size}-*"):
            old.unlink()
        making, started = kept.with_suffix(".making"), time.perf_counter()
        making.unlink(missing_ok=True)
        fill(f"sqlite:///{making}", Past(size))
        seconds = time.perf_counter() - started
        making.rename(kept)
    work = folder / f"work-{os.getpid()}-{size}.db"
    shutil.copyfile(kept, work)
    try:
        forget_file(work)
        yield Filled(f"sqlite:///{work}", Past(size), seconds, work.stat().st_size)
    finally:
        for left in folder.glob(f"{work.name}*"):
            left.unlink()


@contextmanager
def postgres_town(server: Server, size: int) -> Iterator[Filled]:
    """The same on PostgreSQL: a copy of a database that is kept."""
    kept, seconds = f"town_{size}_{fingerprint()}", None
    if kept not in server.names():
        for old in server.names():
            if old.startswith(f"town_{size}_"):
                server.drop(old)
        started = time.perf_counter()
        fill(server.create("making"), Past(size))
        seconds = time.perf_counter() - started
        server.rename("making", kept)
    work = f"work_{size}"
    url = server.create(work, kept)
    try:
        [(length,)] = server.say(f"SELECT pg_database_size('{work}')")
        yield Filled(url, Past(size), seconds, length)
    finally:
        server.drop(work)


def forget_file(path: Path) -> None:
    """Have the system forget what it remembers of a file, as after a start of the machine."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def forget(filled: Filled, server: Server | None) -> None:
    """Close whatever the database and the system remember of it: the next read comes from the disk."""
    if server is None:
        forget_file(Path(filled.url.removeprefix("sqlite:///")))
        return
    server.restart()
    for path in (server.data / "base").glob("*/*"):
        forget_file(path)
