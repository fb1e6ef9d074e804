"""The whole way: a desk serves, is backed up while it serves, is killed, and serves again from the backup elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.web.test_serving import HOME, environment, says, served, told, visitor


def command(folder: Path, *words: str, **more: str) -> str:
    """A command in a process of its own; what it says."""
    env = {**environment(folder, **more), "PYTHONPATH": str(HOME)}
    done = subprocess.run(
        [sys.executable, "-m", "config.cli", *words], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.req("S35")
def test_killed_here_and_served_there(tmp_path: Path, sqlite_template: Path, trained: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here, there):
        shutil.copytree(trained, place / "var" / "mind")
    shutil.copy(sqlite_template, here / "var" / "desk.db")
    quiet = {"HUIYING_CONVERSATION__BURST_QUIET_S": "0.05"}
    with served(here, **quiet) as (process, client):
        token = visitor(client)
        assert says(client, token, "m1", "空压机漏油") == 200
        before = waited(client, token, 2)
        assert "Backed up" in command(here, "backup", str(tmp_path / "desk.tar.gz"))
        assert "Whole" in command(here, "audit", "verify")
        process.kill()
    assert "Whole" in command(there, "restore", str(tmp_path / "desk.tar.gz"))
    assert os.stat(there / "var" / "web.key").st_mode & 0o077 == 0
    with served(there, **quiet) as (_, client):
        again = [line["text"] for line in told(client, token)]
        assert again == [line["text"] for line in before], "the visitor's token and his talk are as they were"
        assert says(client, token, "m1", "空压机漏油") == 200, "what was repeated is known"
        assert says(client, token, "m2", "进度怎么样了") == 200
        after = waited(client, token, len(before) + 2)
    number = re.search(r"GD-\d+", str(before))
    assert number and number[0] in str(after[len(before) :])
    assert [line["text"] for line in after].count("空压机漏油") == 1


def waited(client: httpx.Client, token: str, lines: int) -> list[dict[str, object]]:
    """What the visitor sees as soon as there is so much."""
    for _ in range(500):
        if len(found := told(client, token)) >= lines:
            return found
        client.get("/healthz")
    raise AssertionError(found)
