"""The template of a channel (docs/template, docs/add-a-channel.md), put into a copy of the house as its page says, keeps the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
TEMPLATE = HOME / "docs" / "template"
ROOMS = ("bots", "config", "core", "tests/contract")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the rooms that a new channel touches, with the template in its places and named where the page says."""
    without = shutil.ignore_patterns("__pycache__")
    for room in ROOMS:
        shutil.copytree(HOME / room, tmp_path / room, ignore=without)
    for file in (HOME / "pyproject.toml", *HOME.glob("tests/*.py")):
        shutil.copy(file, tmp_path / file.relative_to(HOME))
    shutil.copytree(TEMPLATE, tmp_path, ignore=without, dirs_exist_ok=True)
    named = tmp_path / "config" / "channels" / "__init__.py"
    lines = named.read_text()
    lines = lines.replace(
        "from config.section", "from config.channels.example import PLUG, ExampleSection\nfrom config.section"
    )
    lines = lines.replace("    wecom: Wecom =", "    example: ExampleSection = ExampleSection()\n    wecom: Wecom =")
    named.write_text(lines.replace('    "wecom": WECOM,', '    "example": PLUG,\n    "wecom": WECOM,'))
    return tmp_path


@pytest.mark.slow
def test_the_template_keeps_the_contract(house: Path) -> None:
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/contract",
        "-k",
        "example or every_channel",
    )
    done = subprocess.run(
        command,
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout and "failed" not in done.stdout
