"""How long a desk takes to start, and how much memory it has then: with no channel and no engine, with its own, and bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.figures import Table
from config.settings import PREFIX

TARGET_SECONDS, TARGET_MEMORY = "< 1.5", "< 120"
"""With no channel and no engine loaded: seconds until the first answer, MB resident then."""
PATIENCE = 60.0
FRAMEWORK = "import asyncio, uvicorn, starlette.applications, sqlalchemy, httpx, pydantic_settings"
"""What any desk of this kind imports, whoever writes it: the ground beneath ours."""
WITHOUT_ENGINE = """
import config.serving
from benchmarks.plain_mind import PlainMind
config.serving.load_mind = lambda *_: PlainMind()
raise SystemExit(config.serving.serve_command([]))
"""
MIGRATE = "from config.migrating import migrate_command; raise SystemExit(migrate_command([]))"
WITH_ENGINE = "import sys; from config.serving import serve_command; raise SystemExit(serve_command([]))"


def starting(table: Table) -> None:
    """One round of starts, each as a process of its own on a store that is there."""
    with tempfile.TemporaryDirectory(prefix=".bench-start-") as folder:
        environment = _prepared(Path(folder))
        seconds, memory = _bare()
        table.add("bare: Python with the libraries of a web desk, imported", seconds, "s")
        table.add("bare: memory", memory, "MB")
        seconds, memory = _started(WITHOUT_ENGINE, environment)
        table.add("desk, no channel, no engine: first answer", seconds, "s", TARGET_SECONDS)
        table.add("desk, no channel, no engine: memory", memory, "MB", TARGET_MEMORY)
        _started(WITH_ENGINE, environment)
        seconds, memory = _started(WITH_ENGINE, environment)
        table.add("desk, no channel, its own understanding, already trained: first answer", seconds, "s")
        table.add("desk, no channel, its own understanding: memory", memory, "MB")


def _prepared(folder: Path) -> dict[str, str]:
    """The environment of a desk in this folder, whose database is made."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    (folder / "desk.toml").touch()
    ours = {
        "DATA_DIR": str(folder),
        "LISTEN_PORT": "0",
        "CHANNELS__WEBCHAT__ENABLED": "false",
        "CONFIG": str(folder / "desk.toml"),
    }
    environment = {**mine, **{PREFIX + name: value for name, value in ours.items()}}
    subprocess.run([sys.executable, "-c", MIGRATE], env=environment, check=True, stdout=subprocess.DEVNULL)
    return environment


def _bare() -> tuple[float, float]:
    began = time.perf_counter()
    say = f"{FRAMEWORK}\nprint(open('/proc/self/status').read())"
    told = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True).stdout
    return time.perf_counter() - began, _resident(told)


def _started(program: str, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from the start of the process to its first answer, and its memory then."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-u", "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            url = _said(process)
            httpx.get(f"{url}/healthz", timeout=PATIENCE)
            seconds = time.perf_counter() - began
            memory = _resident(Path(f"/proc/{process.pid}/status").read_text())
        finally:
            process.terminate()
    return seconds, memory


def _said(process: subprocess.Popen[str]) -> str:
    """The address that it prints once it listens."""
    assert process.stdout is not None
    for line in process.stdout:
        if "http://127.0.0.1:" in line:
            return "http://127.0.0.1:" + line.partition("http://127.0.0.1:")[2].split("/")[0].split()[0]
    raise RuntimeError("the desk did not start")


def _resident(status: str) -> float:
    """Megabytes (of 1024 × 1024 bytes) resident, as the kernel counts."""
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
