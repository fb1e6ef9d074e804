"""The benchmarks run, and print every figure that was promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks.filling import fill
from benchmarks.model import Costs, figures, table
from benchmarks.past import Past
from core.store import chain
from core.store.database import Database
from core.tickets.model import STILL_OPEN, Ticket

SCALE = ("--sizes", "1000", "--databases", "sqlite")
PROMISED = {
    "intake": ("cheapest: raw sqlite3, one commit each", "desk: HTTP request to commit", "target ≤ 0.5, stretch 0.25"),
    "scale": (
        "sqlite, 1,000 tickets: CPU of the desk, one at a time",
        "修好了吗 to committed answer, p99",
        "board, all of it",
    ),
    "backlog": ("P0 reported to its first message posted", "posts a second", "most memory of the desk", "target < 300"),
    "progress": ("修好了吗 to committed answer, p99", "target ≤ 50", "the bare reads, p50"),
    "rosters": ("rosters × 4 zones × a year", "gaps and overlaps that nothing explains", "a year of a roster laid out"),
    "alarms": ("P0 made to both pushes accepted, p99", "target < 3"),
    "timers": ("timer fired late by, p99", "target < 1000", "due to call and chat accepted"),
    "webhooks": ("callback to answer, p99", "target < 300"),
    "channels": ("slack-bolt: its dispatch", "nonebot2: its dispatch", "telegram: post", "target ≤ 1"),
    "photos": ("desk: 12-megapixel JPEG stored and marked, p50", "target ≤ 300", "bare: Pillow alone"),
    "start": ("desk, no channel, no engine: first answer", "target < 1.5", "target < 120"),
    "path": ("desk: messages per fsync, all commits counted", "target ≥ 16, stretch 28", "target ≤ 1, stretch 0.5"),
}


LONGER = frozenset({"intake", "backlog", "start", "path", "timers", "webhooks"})
"""Rounds that take more than ten seconds: they run with the longer proofs."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.prove] if name in LONGER else []) for name in PROMISED]
)
def test_a_quick_round(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-m", "benchmarks", "--only", name, "--quick", *SCALE, "--folder", str(tmp_path)]
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    for words in PROMISED[name]:
        assert words in done.stdout
    assert {path.name for path in tmp_path.iterdir()} <= {"cache"}
    assert not list(tmp_path.glob("cache/work-*"))


def test_the_past_is_one_that_the_desk_could_have_written(database_url: str) -> None:
    fill(database_url, Past(400))
    database = Database(database_url)
    with database.reading() as connection:
        assert list(chain.faults(connection)) == []
        assert connection.one(select(func.count()).select_from(Ticket.table)) == (400,)
        assert connection.one(select(func.count()).select_from(Ticket.table).where(STILL_OPEN)) == (40,)
    database.close()


def test_the_table_of_scale_is_computed_from_the_figures_as_printed() -> None:
    docs = Path(__file__).parents[1] / "docs"
    computed = "\n".join(table(Costs.of(figures((docs / "performance.md").read_text()))))
    assert computed in (docs / "scale.md").read_text()
