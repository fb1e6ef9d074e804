"""Real `desk serve` processes, as many as a test likes, on a database of its choice; web chat is their channel."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.learning import knows

START_SECONDS = 60.0
"""Longest start, on a machine that is busy."""
STOP_SECONDS = 30.0


@dataclass
class Program:
    """One process of the desk."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> None:
        """Returns when it answers."""
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, "the desk does not start"
            time.sleep(0.05)

    def ends(self, seconds: float = STOP_SECONDS) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(timeout=seconds)

    def stop(self) -> int:
        """Tell it to end in good order; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.ends()

    def post(self, path: str, **said: Any) -> httpx.Response:
        """A visitor's browser asks."""
        return httpx.post(self.url + path, json=said, timeout=10, trust_env=False)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return httpx.get(self.url + path, params=query, timeout=10, trust_env=False)

    def _answers(self) -> bool:
        try:
            return self.get("/healthz").status_code == 200
        except httpx.HTTPError:
            return False


def environment(folder: Path, url: str, **more: str) -> dict[str, str]:
    """The settings of a desk on this database (none: a SQLite file in the folder), its files in this folder."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")}
    env |= {
        "HUIYING_DATA_DIR": str(knows(folder / "var")),
        "HUIYING_CONVERSATION__BURST_QUIET_S": "0.5",
        "HUIYING_CHANNELS__WEBCHAT__ENABLED": "true",
        "LANG": "zh_CN.UTF-8",
    }
    return env | ({"HUIYING_DATABASE_URL": url.replace(":@", "@")} if url else {}) | more


def desk(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """One command of the program."""
    command = [sys.executable, "-m", "config.cli", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(env: dict[str, str], folder: Path, name: str = "desk") -> Iterator[Program]:
    """`desk serve`, stopped at the end of the block at the latest."""
    port, path = _free_port(), folder / f"{name}.log"
    with path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.cli", "serve"],
            env={**env, "HUIYING_LISTEN_PORT": str(port)}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield Program(process, path, port)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                process.wait(timeout=STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
