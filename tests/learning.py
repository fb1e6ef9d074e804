"""What the desk learns from its training data, learnt once in a test run: every desk of a test finds it where it would keep it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from config.desk import load_mind
from core.policies import Policies

FOLDER = "DESK_LEARNT_IN"
"""Environment variable that names the folder which all processes of a run share."""


def begin_learning() -> None:
    """Make the folder, in the process that starts the others."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="huiying-learnt-")


def forget() -> None:
    """Remove it again."""
    shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


@cache
def learnt() -> Path:
    """A folder with the trained model, until the run ends; whoever comes first trains, and the others wait for it."""
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        load_mind(Policies(), folder)
    return folder


def knows(data_dir: Path) -> Path:
    """This data folder, in which no program has to train any more."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if not (data_dir / "mind").exists():
        (data_dir / "mind").symlink_to(learnt())
    return data_dir
