"""The benchmarks run, and print every figure that was promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROMISED = {
    "intake": ("cheapest: raw sqlite3, one commit each", "desk: HTTP request to commit", "target ≤ 0.5, stretch 0.25"),
    "path": ("desk: messages per fsync, all commits counted", "target ≥ 16, stretch 28", "target ≤ 1, stretch 0.5"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PROMISED)
def test_a_quick_round(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--only", name, "--quick", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    for words in PROMISED[name]:
        assert words in done.stdout
    assert list(tmp_path.iterdir()) == []
