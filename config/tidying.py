"""The job that takes out of the store what no row names any more (core/privacy/files.py)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from core.privacy.files import PLACES, named
from core.store.database import Database
from core.store.files import FileStore
from core.store.streaming import snapshot
from core.store.working import Work


def tidy_files(database: Database, files: FileStore) -> Work:
    """What carries the job out, off the event loop."""

    async def tidy(data: Mapping[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(_tidy, database, files, PLACES[data["place"]])

    return tidy


def _tidy(database: Database, files: FileStore, place: str) -> dict[str, int]:
    before = time.time()
    stored = set(files.names(place))
    if not stored:
        return {"removed": 0, "kept": 0}
    with snapshot(database) as connection:
        left = stored - named(connection, place)
    removed = sum(files.remove(name, before) for name in left)
    return {"removed": removed, "kept": len(stored) - removed}
