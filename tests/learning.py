"""What the desk learns from its training data, learnt once in a test run: every desk of a test finds it where it would keep it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from config.desk import load_mind
from core.policies import Policies


@cache
def learnt() -> Path:
    """A folder with the trained model, until the run ends."""
    folder = Path(tempfile.mkdtemp(prefix="huiying-learnt-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    load_mind(Policies(), folder)
    return folder


def knows(data_dir: Path) -> Path:
    """This data folder, in which no program has to train any more."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if not (data_dir / "mind").exists():
        (data_dir / "mind").symlink_to(learnt())
    return data_dir
