"""`desk migrate`: brings the database to the schema of this version, also while older processes work on it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from config.doctor import spoken_here
from config.loading import Unusable, load
from core.store import migrate
from core.store.database import AlreadyRunning, Database
from core.store.migrate import OldProcesses

WAIT_S = 60.0
"""How long the command waits for older processes to end."""
LOOK_S = 0.5
SAID = {
    "zh": {
        "current": "数据库已是最新",
        "ahead": "数据库比程序新：请升级程序",
        "done": "数据库已升级",
        "running": "服务台还在运行：{why}。先停掉它，再升级数据库。",
        "waiting": "等旧版本的进程退出：{names} ……",
        "old": "旧版本的进程还在：{names}。停掉它们，再运行一次 desk migrate；新进程可以照常启动。",
    },
    "en": {
        "current": "the database is up to date",
        "ahead": "the database is newer than this program: please upgrade the program",
        "done": "the database was migrated",
        "running": "the desk is running: {why}. Stop it before the database is migrated.",
        "waiting": "waiting for processes of the older version to end: {names} …",
        "old": "processes of the older version are still there: {names}. Stop them and run desk migrate again.",
    },
}


def migrate_command(argv: list[str]) -> int:
    """Exit status 0 if the database stands where this version wants it."""
    argparse.ArgumentParser(prog="desk migrate", description="bring the database to this version").parse_args(argv)
    said = SAID[spoken_here()]
    try:
        settings = load()
    except Unusable as error:
        print(error, file=sys.stderr)
        return 1
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = settings.store_url()
    database = Database(url)
    try:
        database.own()
        stands = migrate.state(url)
        if stands in ("empty", "behind"):
            migrate.migrate(url, clock=lambda: time.time_ns() // 1_000, wait=_waiting(said["waiting"]))
            stands = "done"
    except AlreadyRunning as error:
        print(said["running"].format(why=error), file=sys.stderr)
        return 1
    except OldProcesses as error:
        print(said["old"].format(names=error), file=sys.stderr)
        return 1
    finally:
        database.close()
    print(said["ahead" if stands == "closed" else stands])
    return int(stands in ("ahead", "closed"))


def _waiting(words: str) -> migrate.Wait:
    until = time.monotonic() + WAIT_S

    def wait(names: Sequence[str]) -> bool:
        print(words.format(names=", ".join(names)), file=sys.stderr)
        time.sleep(LOOK_S)
        return time.monotonic() < until

    return wait
