"""`desk migrate`: brings the database to the schema of this version."""

from __future__ import annotations

import argparse
import sys

from config.loading import Unusable, load
from core.store import migrate

SAID = {
    "current": "数据库已是最新 · the database is up to date",
    "ahead": "数据库比程序新：请升级程序 · the database is newer than this program: please upgrade the program",
    "done": "数据库已升级 · the database was migrated",
}


def migrate_command(argv: list[str]) -> int:
    """Exit status 0 if the database stands where this version wants it."""
    argparse.ArgumentParser(prog="desk migrate", description="bring the database to this version").parse_args(argv)
    try:
        settings = load()
    except Unusable as error:
        print(error, file=sys.stderr)
        return 1
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = settings.store_url()
    stands = migrate.state(url)
    if stands in ("empty", "behind"):
        migrate.migrate(url)
        stands = "done"
    print(SAID[stands])
    return int(stands == "ahead")
