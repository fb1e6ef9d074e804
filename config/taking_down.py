"""The job that fetches a voice message, keeps it, and has its words found out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from core.store.files import FileStore
from core.store.working import Work
from core.words import Media
from dialogue.transcribing.listening import Listens

log = logging.getLogger("huiying.voice")

NO_WORDS = "none"
"""What is counted as the engine of a recording that nobody could write down."""


def take_down(fetch: Work, files: FileStore, listens: Listens, count: Callable[[str, float], None]) -> Work:
    """The work; its result is {media: fields of Media, why}. `fetch` brings the recording into the store; `count` hears the engine and
    the seconds that it took."""

    async def work(data: Mapping[str, Any]) -> dict[str, Any]:
        fetched = await fetch(data)
        declared = Media.of(data["media"]).seconds
        found = await listens.hear(await files.read(fetched["hash"]), declared, data["lang"])
        count(found.engine or NO_WORDS, found.took)
        status = found.engine or found.why
        log.info("a recording was listened to", extra={"recording": data["recording"], "status": status})
        words = {"words": found.words, "engine": found.engine, "confidence": found.confidence}
        length = {"seconds": found.seconds} if found.seconds is not None and declared is None else {}
        kept = {name: fetched[name] for name in ("hash", "size", "mime")}
        return {"media": {**kept, **words, **length}, "why": found.why}

    return work
