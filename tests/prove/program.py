"""`desk serve` as a process that can be killed without warning and started again on the same files."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.wire import Wire
from bots.emulated.wecom import WeComServer

HEALTH = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
START_SECONDS = 40.0
"""Longest start, on a machine that is busy."""


class Program:
    """The desk's program with its settings, on one port and one folder."""

    def __init__(self, folder: Path, platform: WeComServer, api: str, quiet: float):
        self.port = _free_port()
        self._env = settings(folder, platform, api, self.port, quiet)
        self._log = (folder / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to start; `ready` waits until it listens."""
        command = [sys.executable, "-m", "config.cli", "serve"]
        self._process = subprocess.Popen(command, env=self._env, stdout=self._log, stderr=self._log)

    async def ready(self) -> None:
        """Returns when it answers."""
        until = time.monotonic() + START_SECONDS
        while not await self._answers():
            assert self._process is not None and self._process.poll() is None, "the desk has ended by itself"
            assert time.monotonic() < until, "the desk does not start"
            await asyncio.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """An orderly stop; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
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


def settings(folder: Path, platform: WeComServer, api: str, port: int, quiet: float) -> dict[str, str]:
    """The program's environment: settings by name, secrets by reference."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("HUIYING_")}
    env |= {
        "HUIYING_DATA_DIR": str(folder),
        "HUIYING_LISTEN_PORT": str(port),
        "HUIYING_CONVERSATION__BURST_QUIET_S": str(quiet),
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
