"""The program itself, as tests run it: commands of `desk`, and `desk serve` as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from config.settings import PREFIX
from tests.learning import knows

PATIENCE = 30.0
"""Seconds in which what is expected must have happened."""


def environment(folder: Path, settings: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The environment of the program with its data in this folder: settings by name ("CHANNELS__SLACK__ENABLED"), secrets by the names
    under which settings refer to them."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {"DATA_DIR": str(knows(folder / "var")), "CONVERSATION__BURST_QUIET_S": "0.5", **settings}
    return {**mine, "LANG": "zh_CN.UTF-8", **secrets, **{PREFIX + name: value for name, value in ours.items()}}


def desk(settings: dict[str, str], *words: str) -> str:
    """One command of the program; its words."""
    done = subprocess.run(
        [sys.executable, "-m", "config.cli", *words],
        env=settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(settings: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "config.cli", "serve"], env=settings, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


async def until(
    holds: Callable[[], bool], process: subprocess.Popen[bytes], otherwise: Callable[[], str] = lambda: "in time"
) -> None:
    until = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(holds):
        assert process.poll() is None, "the desk has ended"
        assert time.monotonic() < until, otherwise()
        await asyncio.sleep(0.05)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
