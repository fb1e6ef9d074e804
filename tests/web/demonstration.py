"""The demonstration as its own process."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).parent.parent.parent


def demo(folder: Path, *words: str) -> subprocess.Popen[str]:
    """`desk demo` as somebody types it."""
    code = f"import sys; sys.path.insert(0, {str(HOME)!r}); from config.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "demo", "--no-browser", *words]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(trained: Path, folder: Path) -> Iterator[str]:
    """A fresh demonstration, started as a stranger starts it; it must end in order and without a complaint."""
    shutil.copytree(trained, folder / "var" / "mind")
    process = demo(folder, "--port", "0")
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found, process.communicate()
    yield found[0]
    process.terminate()
    _, logged = process.communicate(timeout=20)
    assert (process.returncode, logged) == (0, "")
