"""`desk serve` as processes that can be killed without warning and started again on the same database."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.wire import Wire
from bots.emulated.wecom import WeComServer

HEALTH = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
START_SECONDS = 40.0
"""Longest start, on a machine that is busy."""
FENCED = 3
"""Exit status of a process that the others took for dead: it is to be started again."""
SOCKETS = Path("/proc/net/tcp")
"""Where Linux tells which connection belongs to which socket."""


class Program:
    """One of the desk's processes, on a port of its own."""

    def __init__(self, settings: Mapping[str, str], log: Path):
        self.port = _free_port()
        self.fenced = 0
        self._env = {**settings, "HUIYING_LISTEN_PORT": str(self.port)}
        self._log = log.open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: set[int] = set()

    def start(self) -> None:
        """Begin to start; `ready` waits until it listens."""
        command = [sys.executable, "-m", "config.cli", "serve"]
        self._ports = set()
        self._process = subprocess.Popen(command, env=self._env, stdout=self._log, stderr=self._log)

    async def ready(self) -> None:
        """Returns when it answers."""
        until = time.monotonic() + START_SECONDS
        while not await self._answers():
            self.start_again_if_fenced()
            assert time.monotonic() < until, "the desk does not start"
            await asyncio.sleep(0.02)

    def start_again_if_fenced(self) -> None:
        """What the supervisor of real processes does. None of them ends for any other reason."""
        assert self._process is not None
        status = self._process.poll()
        assert status in (None, FENCED), f"the desk has ended by itself with {status}"
        if status == FENCED:
            self.fenced += 1
            self.start()

    def look(self) -> None:
        """Remember which connections it has; idle ones are closed after some seconds."""
        assert self._process is not None
        with suppress(FileNotFoundError):
            self._ports |= connections(self._process.pid)

    def kill(self) -> set[int]:
        """kill -9. The local ports of all connections that it was seen to have."""
        self.start_again_if_fenced()
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        self.look()
        self._process.kill()
        self._process.wait()
        return self._ports

    def stop(self) -> int:
        """An orderly stop; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()

    async def _answers(self) -> bool:
        try:
            wire = await Wire.open(self.port)
        except OSError:
            return False
        try:
            return (await wire.ask(HEALTH))[0] == 200
        except ConnectionError:
            return False
        finally:
            wire.close()


def connections(pid: int) -> set[int]:
    """The local ports of a process's TCP connections."""
    sockets = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            sockets.add(os.readlink(handle).removeprefix("socket:[").rstrip("]"))
    lines = map(str.split, SOCKETS.read_text().splitlines()[1:])
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[9] in sockets}


def settings(url: str, folder: Path, platform: WeComServer, api: str, quiet: float) -> dict[str, str]:
    """The processes' environment: settings by name, secrets by reference. `quiet`: seconds before a report is answered."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")}
    env |= {
        "WEB_KEY": "0123456789abcdef" * 4,
        "HUIYING_WEB_KEY": "env:WEB_KEY",
        "HUIYING_DATA_DIR": str(folder),
        "HUIYING_DATABASE_URL": url.replace("postgresql+psycopg:", "postgresql:"),
        "HUIYING_CONVERSATION__BURST_QUIET_S": str(quiet),
        "HUIYING_DISPATCH__OFFER_MIN": "600",
    }
    channels = {
        "WECOM": (platform.app, {"AGENT_ID": str(platform.agent_id)}),
        "WECOM_KF": (platform.kf, {"OPEN_KFIDS": platform.open_kfid}),
    }
    for name, (app, more) in channels.items():
        env |= {f"{name}_SECRET": app.secret, f"{name}_TOKEN": app.token, f"{name}_AES": app.aes_key}
        given = {
            "ENABLED": "true",
            "CORP_ID": platform.corp_id,
            "API_BASE": api,
            "SECRET": f"env:{name}_SECRET",
            "CALLBACK_TOKENS": f"env:{name}_TOKEN",
            "CALLBACK_AES_KEYS": f"env:{name}_AES",
            **more,
        }
        env |= {f"HUIYING_CHANNELS__{name}__{key}": value for key, value in given.items()}
    return env


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
