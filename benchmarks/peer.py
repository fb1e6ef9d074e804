"""The peer: django-helpdesk's create and its list of 50 rows, beside ours, on as many tickets, in the same run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from benchmarks import plain_mind
from benchmarks.figures import Table, percentile
from benchmarks.growth import QUIET, REPORTING, content, town
from benchmarks.silent import SilentDesk, by_customer
from benchmarks.towns import FOLDER, forget
from config.serving import front
from core.tickets import board
from web.app import app
from web.bells import Bells

LOCK = Path(__file__).parent.parent / "locks" / "peer.txt"
SIDE = Path(__file__).with_name("peer_side.py")
ROWS = 50
"""Rows of the list."""
TICKETS, REPEATS = 100_000, 60
PATIENCE = 1_800
"""Seconds that the peer may take, filling and all."""


class CannotInstall(RuntimeError):
    """The peer cannot be had on this machine."""


def beside_peer(table: Table, tickets: int = TICKETS, repeats: int = REPEATS) -> None:
    """One round: the peer, then the desk, both on SQLite, one process, no HTTP server, mail and messages going nowhere."""
    try:
        python = environment()
    except CannotInstall as error:
        table.not_run(f"django-helpdesk: {error}")
    else:
        _peer(table, python, tickets, repeats)
    with town(None, tickets) as filled:
        forget(filled, None)
        desk = SilentDesk(filled.url, FOLDER)
        try:
            _ours(table, desk, filled.past, repeats)
        finally:
            desk.close()


def environment() -> Path:
    """The interpreter of an environment that holds what locks/peer.txt pins; made once. Raises CannotInstall."""
    made = FOLDER / f"peer-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}-{sys.version_info.minor}"
    python = made / "bin" / "python"
    if (made / "complete").exists():
        return python
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    for command in ([sys.executable, "-m", "venv", "--clear", str(made)], [*pip, "-r", str(LOCK)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotInstall((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    (made / "complete").touch()
    return python


def _peer(table: Table, python: Path, tickets: int, repeats: int) -> None:
    with tempfile.TemporaryDirectory(prefix="peer-", dir=FOLDER) as folder:
        command = [str(python), str(SIDE), folder, str(tickets), str(repeats)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        table.not_run(f"django-helpdesk: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
        return
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    name = f"django-helpdesk, {tickets:,} tickets"
    _say(table, f"{name}: create (form post)", found["create"])
    _say(table, f"{name}: list of {ROWS}, open tickets", found["open"])
    _say(table, f"{name}: list of {ROWS}, all tickets", found["all"])


def _ours(table: Table, desk: SilentDesk, past: Any, repeats: int) -> None:
    name, chance = f"desk, {past.size:,} tickets", random.Random(2026)
    reports = [by_customer(REPORTING, content(past, chance), plain_mind.REPORT) for _ in range(repeats + 3)]
    created, followed = [], []
    for said in reports:
        created.append(_timed(lambda said=said: desk.hear([said])))
        followed.append(_timed(lambda: desk.passes(QUIET)))
    desk.must_be_well()
    _say(table, f"{name}: create (message to committed ticket)", created[3:])
    _say(table, f"{name}: what follows (answer, engineer chosen of {past.engineers:,} and told)", followed[3:])
    most = board.MOST_OPEN, board.MOST_OVER
    try:
        board.MOST_OPEN, board.MOST_OVER = ROWS, 0
        _say(table, f"{name}: board of {ROWS}", _board(desk, repeats))
    finally:
        board.MOST_OPEN, board.MOST_OVER = most
    _say(table, f"{name}: board as it is ({sum(most)} rows)", _board(desk, repeats))


def _board(desk: SilentDesk, repeats: int) -> list[tuple[float, float]]:
    """Seconds of each look at the board through the whole web application."""
    pages = front(desk.desk, desk.desk.house.policies.entity, Bells(), None)
    look = asking(app({}, pages), "/api/board")
    with asyncio.Runner() as runner:
        return [_timed(lambda: runner.run(look())) for _ in range(repeats + 3)][3:]


def asking(application: Any, path: str) -> Callable[[], Coroutine[Any, Any, bytes]]:
    """Asks an ASGI application for a page. What it awaits raises AssertionError for any answer but 200."""
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"}
    where = {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": []}
    scope |= where | {"server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1)}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def look() -> bytes:
        said: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        await application(dict(scope), receive, send)
        assert said[0]["status"] == 200, said[0]
        return b"".join(message.get("body", b"") for message in said[1:])

    return look


def _timed(act: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def _say(table: Table, name: str, took: Sequence[Sequence[float]]) -> None:
    walls, cpus = [one[0] for one in took], [one[1] for one in took]
    table.add(f"{name}: CPU", sum(cpus) / len(cpus) * 1e3, "ms")
    table.add(f"{name}: p50", percentile(walls, 0.5) * 1e3, "ms")
    table.add(f"{name}: p99", percentile(walls, 0.99) * 1e3, "ms")
