"""`desk audit files`: whether every stored file is still what it was when it came (证据校验, S37)."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from config.settings import Settings
from config.troubles import Language
from core.privacy.files import NAMED
from core.store import migrate
from core.store.database import Connection, Database
from core.store.files import FileStore
from core.store.streaming import each, snapshot

MOST_SAID = 100
"""Faults that are listed; more are only counted."""
SAID = {
    "zh": {
        "gone": "{table} {id} 的文件不见了：{hash}",
        "changed": "{table} {id} 的文件被改过，内容和指纹对不上：{hash}",
        "whole": "完好：{count} 个文件都和收到时一样。",
        "broken": "{count} 个文件里有 {faults} 处问题。",
        "no_database": "数据库还不能用：先运行 desk doctor。",
    },
    "en": {
        "gone": "{table} {id}: its file is gone: {hash}",
        "changed": "{table} {id}: its file was changed, its content is not that of its hash: {hash}",
        "whole": "Whole: {count} files are as they came.",
        "broken": "Of {count} files, {faults} are not as they came.",
        "no_database": "The database cannot be used yet: run desk doctor first.",
    },
}


def verify_files(settings: Settings, lang: Language) -> int:
    """Say which files are gone or changed; the exit status is 1 if any is."""
    said, url = SAID[lang], settings.store_url()
    if migrate.state(url) != "current":
        print(said["no_database"], file=sys.stderr)
        return 1
    database, files = Database(url), FileStore(settings.data_dir / "files")
    known: dict[str, str | None] = {}
    faults = 0
    try:
        with snapshot(database) as connection:
            for table, row, name in _named(connection):
                if name not in known:
                    known[name] = _fault(files, name)
                if (fault := known[name]) is not None:
                    faults += 1
                    if faults <= MOST_SAID:
                        print(said[fault].format(table=table, id=row, hash=name))
    finally:
        database.close()
    print(said["broken" if faults else "whole"].format(count=len(known), faults=faults))
    return 1 if faults else 0


def _named(connection: Connection) -> Iterator[tuple[str, int, str]]:
    """Table, row and hash of every file that the desk should have."""
    for table, column in NAMED:
        for row, name in each(connection, f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id"):
            yield table, row, name


def _fault(files: FileStore, name: str) -> str | None:
    try:
        return None if files.is_whole(name) else "changed"
    except KeyError:
        return "gone"
