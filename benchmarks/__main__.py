"""`python -m benchmarks [--only disk,intake,…] [--quick]`: measure, and print every figure beside its alternative."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import uvloop

from benchmarks import (
    alarms,
    backlog,
    channels,
    crowd,
    disk,
    growth,
    measures,
    past,
    peer,
    photos,
    progress,
    reports,
    rosters,
    starting,
    waiting,
)
from benchmarks.figures import Table
from benchmarks.measures import QUIET, RATE, Ground
from benchmarks.messages import MIX
from benchmarks.town import build_town, households

SIZES = (1_000, 100_000, 1_000_000)
DATABASES = ("sqlite", "postgresql")
ROUNDS, QUICK_ROUNDS = 3, 1
TOWN, QUICK_TOWN = 3200, 800
"""Households; each speaks once a round."""
SECONDS, QUICK_SECONDS = 12.0, 3.0
"""Length of the open loop."""


@dataclass(frozen=True)
class Asked:
    """What is to be measured, and how thoroughly."""

    quick: bool
    folder: Path
    sizes: tuple[int, ...]
    databases: tuple[str, ...]
    seed: int = 0


def main() -> None:
    given = _parser().parse_args()
    asked = Asked(given.quick, given.folder, given.sizes, given.databases)
    rounds = given.rounds or (QUICK_ROUNDS if asked.quick else ROUNDS)
    print(surroundings(rounds), flush=True)
    with lazily(asked) as place:
        for name in given.only:
            title, says, measure = MEASURES[name]
            table = Table(title, says)
            for seed in range(rounds if name not in ONCE else 1):
                measure(table, replace(asked, seed=seed), place)
            print("\n".join(table.lines()), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    listed = ", ".join(MEASURES)
    parser.add_argument("--only", type=_names, default=tuple(MEASURES), metavar="NAMES", help=f"of {listed}")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to be measured")
    parser.add_argument("--sizes", type=_sizes, default=SIZES, help="tickets, for scale (1000,100000,1000000)")
    parser.add_argument("--databases", type=_databases, default=DATABASES, help="for scale (sqlite,postgresql)")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return _listed(text, tuple(MEASURES))


def _databases(text: str) -> tuple[str, ...]:
    return _listed(text, DATABASES)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(size) for size in text.split(",")))


def _listed(text: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(known):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return names


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
def lazily(asked: Asked) -> Iterator[Callable[[], Ground]]:
    """A folder on the disk that is measured, with a town of households, made when somebody asks for it."""
    with ExitStack() as stack:

        @cache
        def ground() -> Ground:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".bench-", dir=asked.folder)))
            template, count = place / "town.db", QUICK_TOWN if asked.quick else TOWN
            build_town(f"sqlite:///{template}", count, lambda: time.time_ns() // 1000)
            return Ground(place, template, households(count))

        yield ground


Measure = Callable[[Table, Asked, Callable[[], Ground]], None]


def measure_disk(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    disk.measure(table, place().folder, 500 if asked.quick else 3000, 1280 if asked.quick else 6400)


def measure_intake(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    uvloop.run(measures.intake(table, place()))


def measure_path(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    uvloop.run(measures.path(table, place()))


def measure_reply(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    uvloop.run(measures.reply(table, place(), QUICK_SECONDS if asked.quick else SECONDS))


def measure_scale(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    growth.scale(table, asked.sizes, asked.databases, asked.seed, *([growth.BLOCK * 2] if asked.quick else []))


def measure_progress(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    most = asked.sizes[-1]
    given = (min(most, progress.QUICK_SIZE), progress.QUICK_QUESTIONS) if asked.quick else (most, progress.QUESTIONS)
    progress.progress(table, asked.databases, asked.seed, *given)


def measure_processes(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    crowd.processes(table, *((1_000, 400) if asked.quick else ()))


def measure_backlog(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    backlog.backlog(table, asked.databases, asked.seed, *((1_000, 2_000) if asked.quick else ()))


def measure_peer(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    peer.beside_peer(table, *((1_000, 10) if asked.quick else ()))


def measure_rosters(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    rosters.rosters(table, *((rosters.QUICK_ROSTERS,) if asked.quick else ()))


def measure_alarms(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    alarms.alarms(table, asked.databases, asked.folder, *((3.0,) if asked.quick else ()))


def measure_timers(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    alarms.timers(table, asked.databases, asked.folder, *((3.0,) if asked.quick else ()))


def measure_webhooks(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    given = (1_000, 2_000, 3.0) if asked.quick else (waiting.TICKETS, waiting.ROWS, waiting.SECONDS)
    uvloop.run(waiting.webhooks(table, asked.seed, *given))


def measure_channels(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    channels.channels(table, channels.QUICK_ROUNDS if asked.quick else channels.ROUNDS)


def measure_reports(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    reports.reports(table, asked.quick)


def measure_photos(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    with tempfile.TemporaryDirectory(prefix=".bench-photos-", dir=asked.folder) as folder:
        photos.photos(table, asked.quick, Path(folder), asked.seed)


def measure_start(table: Table, asked: Asked, place: Callable[[], Ground]) -> None:
    starting.starting(table)


_mix = ", ".join(f"{count} {name}" for name, count in MIX)
MEASURES: dict[str, tuple[str, str, Measure]] = {
    "disk": ("Disk and raw SQLite", "the floor", measure_disk),
    "intake": (
        "Intake, 64 submitters",
        "encrypted callbacks of the WeCom app, answered after commit; no turns",
        measure_intake,
    ),
    "path": (
        "Whole path, 64 submitters",
        f"of 20 messages: {_mix}; every one is answered over HTTP; understanding replaced by a trivial mind; "
        "WeCom's limits on sending lifted; checkpoints, one fdatasync more in five, are not counted",
        measure_path,
    ),
    "reply": (
        f"{RATE:.0f} messages a second as they come (Poisson)",
        f"the same mix and WeCom's limits in force; {QUIET:.0f} s of declared quiet taken off the answers to reports",
        measure_reply,
    ),
    "scale": (
        "Growth with the tickets in the store",
        "reopened store, nothing of it in memory at first, random people; the desk in this process, without HTTP and "
        f"understanding, platforms that take everything at once; of 20 messages: {growth.mixture()}; "
        f"{past.ENGINEERS:,} engineers, {past.ENGINEERS // past.SHIFTS} on duty; one ticket in ten is open",
        measure_scale,
    ),
    "progress": (
        "修好了吗 among many tickets",
        "as many tickets as the largest of scale has; reopened store, random customers, each with one ticket "
        "that is worked on, on which a part was replaced: the answer and its two pictures in one turn; the "
        "desk in this process, without HTTP and understanding; beside it only the reads that it needs, on the bare driver",
        measure_progress,
    ),
    "processes": (
        "Several processes on one PostgreSQL database",
        f"{crowd.MESSAGES:,} notes of engineers wait in rooms of {crowd.EACH} each, on {crowd.TICKETS:,} tickets; each process is "
        "one of the system, with its pump, deliveries at once, without HTTP and understanding; afterwards every note stands "
        "once in its ticket's chain, in order, or there is no figure",
        measure_processes,
    ),
    "backlog": (
        "Start on a backlog",
        f"{backlog.UNSENT_ROWS:,} messages lie unsent in the rooms of {backlog.TICKETS // past.TICKETS_EACH:,} customers; a real "
        "process with its own understanding starts, and a customer reports a standstill at once; platforms take everything "
        f"at once, WeCom's limits lifted; {past.ENGINEERS // past.SHIFTS} engineers on duty are told of the P0",
        measure_backlog,
    ),
    "peer": (
        "Beside django-helpdesk",
        "each in one process, on SQLite, no HTTP server, CPU of the process. The peer through its test client: a form post "
        "that sends mail to nowhere, default settings; the desk: a delivery through the pump, committed with synchronous=FULL, "
        "and its board through the ASGI application. The peer assigns nobody; the desk chooses one of all engineers and says why",
        measure_peer,
    ),
    "alarms": (
        "First alarm of a P0",
        f"{alarms.RATE} accepted tickets a second become P0, each in the hands of another engineer with a number of his own; chat "
        f"and SMS take {alarms.PROVIDER * 1000:.0f} ms to accept a message; the desk in this process, its pump in a thread, "
        "without HTTP; from the instant of the turn that makes it a P0",
        measure_alarms,
    ),
    "timers": (
        "Timers of escalation",
        f"the fuses of {alarms.DUE} P0s burn down every second; each begins an episode and alerts one person by chat and by a "
        "call, which are accepted at once; the desk as above",
        measure_timers,
    ),
    "webhooks": (
        "Webhooks while a backlog waits",
        f"{waiting.ROWS:,} notes of engineers lie unheard and {waiting.ROWS:,} messages unsent when the server starts, as a "
        f"process of its own on SQLite; while it works them off, {waiting.RATE:.0f} encrypted callbacks of the WeCom app come in a "
        "second (Poisson), each answered once it is durable",
        measure_webhooks,
    ),
    "channels": (
        "A message through a channel",
        "reading one delivery (sealed ones already opened) and posting one text to a platform that says yes at once, no network; "
        "beside them what two frameworks need to hand one event to one handler that sends nothing",
        measure_channels,
    ),
    "reports": (
        "Service reports",
        "the invented job of desk report sample with three photos, on one processor; every report differs",
        measure_reports,
    ),
    "photos": (
        "Photos",
        "photos of 12 megapixels with as much in them as noise, held upright, with a place; on this machine's disk",
        measure_photos,
    ),
    "start": (
        "Start",
        "`desk serve` as a process of its own on an empty store, until its first answer over HTTP; memory is what the kernel "
        "counts as resident then; without an engine a trivial mind stands in for understanding",
        measure_start,
    ),
    "rosters": (
        "Random rosters",
        f"up to four layers, hours, weekdays, changes, people who left; in {', '.join(rosters.ZONES)}. Of all: what is laid out "
        "covers exactly the minutes at which the definition expects somebody, nothing twice; an instant and its shift agree. "
        f"One in {rosters.EXAMINED} is worked out again minute by minute by other means",
        measure_rosters,
    ),
}
ONCE = frozenset({"peer", "rosters"})
"""Measured in one round: they repeat enough within."""

if __name__ == "__main__":
    main()
