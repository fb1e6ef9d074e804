"""`python -m benchmarks [disk|intake|path|reply …] [--quick]`: measure, and print every figure beside its alternative."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from benchmarks import disk, measures
from benchmarks.figures import Table
from benchmarks.measures import QUIET, RATE, Ground
from benchmarks.messages import MIX
from benchmarks.town import build_town, households

NAMES = ("disk", "intake", "path", "reply")
ROUNDS, QUICK_ROUNDS = 3, 1
TOWN, QUICK_TOWN = 3200, 800
"""Households; each speaks once a round."""
SECONDS, QUICK_SECONDS = 12.0, 3.0
"""Length of the open loop."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured")
    given = parser.parse_args()
    names = given.names or list(NAMES)
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    rounds = given.rounds or (QUICK_ROUNDS if given.quick else ROUNDS)
    print(surroundings(rounds), flush=True)
    with ground(given.folder, QUICK_TOWN if given.quick else TOWN) as place:
        for name in names:
            table = Table(*TITLES[name])
            for _ in range(rounds):
                MEASURES[name](table, place, given.quick)
            print("\n".join(table.lines()), flush=True)


def surroundings(rounds: int) -> str:
    """What the figures depend on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return "\n".join(
        (
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}, rounds {rounds}: median [least–most]",
            f"{platform.machine()}, {os.cpu_count()} cores, load {load}, {platform.platform(terse=True)}",
            f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}: WAL, synchronous=FULL",
            "Server: a process of its own (uvicorn, uvloop, httptools); callers and emulated WeCom: one other process.",
            "Messages are sealed before the clock starts; CPU is user and system time of the server process alone.",
        )
    )


@contextmanager
def ground(folder: Path, count: int) -> Iterator[Ground]:
    """A folder on the disk that is measured, with a town of `count` households."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=folder) as made:
        place = Path(made)
        template = place / "town.db"
        build_town(f"sqlite:///{template}", count, lambda: time.time_ns() // 1000)
        yield Ground(place, template, households(count))


def measure_disk(table: Table, place: Ground, quick: bool) -> None:
    disk.measure(table, place.folder, 500 if quick else 3000, 1280 if quick else 6400)


def measure_reply(table: Table, place: Ground, quick: bool) -> None:
    uvloop.run(measures.reply(table, place, QUICK_SECONDS if quick else SECONDS))


MEASURES: dict[str, Callable[[Table, Ground, bool], None]] = {
    "disk": measure_disk,
    "intake": lambda table, place, quick: uvloop.run(measures.intake(table, place)),
    "path": lambda table, place, quick: uvloop.run(measures.path(table, place)),
    "reply": measure_reply,
}
_mix = ", ".join(f"{count} {name}" for name, count in MIX)
TITLES = {
    "disk": ("Disk and raw SQLite", "the floor"),
    "intake": ("Intake, 64 submitters", "encrypted callbacks of the WeCom app, answered after commit; no turns"),
    "path": (
        "Whole path, 64 submitters",
        f"of 20 messages: {_mix}; every one is answered over HTTP; understanding replaced by a trivial mind; "
        "WeCom's limits on sending lifted; checkpoints, one fdatasync more in five, are not counted",
    ),
    "reply": (
        f"{RATE:.0f} messages a second as they come (Poisson)",
        f"the same mix and WeCom's limits in force; {QUIET:.0f} s of declared quiet taken off the answers to reports",
    ),
}

if __name__ == "__main__":
    main()
