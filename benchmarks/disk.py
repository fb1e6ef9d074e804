"""What the disk and SQLite alone give: the floor under every other figure."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from benchmarks.figures import Table, percentile
from benchmarks.load import SUBMITTERS

PAGE = 16_384
"""Bytes written before each fdatasync."""
RAW = b"x" * 400
"""About as long as a WeCom message."""


def measure(table: Table, folder: Path, syncs: int, rows: int) -> None:
    """One round: fdatasync after each overwrite, then rows by sqlite3, committed singly and in groups."""
    times = sync_times(folder / "probe", syncs)
    table.add("disk: fdatasync after a 16 kB overwrite", syncs / sum(times), "/s")
    table.add("disk: the same, p99", percentile(times, 0.99) * 1e3, "ms")
    for name, group in (("one commit each", 1), (f"{SUBMITTERS} in a commit", SUBMITTERS)):
        wall, cpu = insert(folder / f"raw{group}.db", rows, group)
        table.add(f"raw sqlite3, {name}", rows / wall, "rows/s")
        table.add(f"raw sqlite3, {name}: processor time", cpu / rows * 1e3, "ms/row")


def sync_times(path: Path, count: int) -> list[float]:
    """Seconds of each write with fdatasync."""
    times = []
    with open(path, "wb", buffering=0) as file:
        file.write(b"\0" * PAGE * 8)
        os.fsync(file.fileno())
        for number in range(count):
            started = time.perf_counter()
            os.pwrite(file.fileno(), os.urandom(64) * (PAGE // 64), PAGE * (number % 8))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return times


def insert(path: Path, rows: int, group: int) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, raw BLOB)")
    wall, cpu = time.perf_counter(), time.process_time()
    for first in range(0, rows, group):
        database.execute("BEGIN IMMEDIATE")
        some = [(str(number), RAW) for number in range(first, min(first + group, rows))]
        database.executemany("INSERT INTO inbox (key, raw) VALUES (?, ?)", some)
        database.execute("COMMIT")
    spent = time.perf_counter() - wall, time.process_time() - cpu
    database.close()
    path.unlink()
    return spent
