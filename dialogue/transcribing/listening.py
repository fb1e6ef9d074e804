"""One engine after the other hears a recording, until one is believed (S68): what the platform wrote down itself never comes here."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dialogue.transcribing.decoding import Undecodable, decode
from dialogue.transcribing.doubts import doubts
from dialogue.transcribing.words import Hints, Transcriber, Unheard, seconds_of

log = logging.getLogger("huiying.voice")


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a recording: its words and who wrote them down, or `why` there are none. `seconds` it lasts, `took` it took."""

    words: str | None = None
    engine: str | None = None
    confidence: float | None = None
    why: str | None = None
    seconds: float | None = None
    took: float = 0.0


class Listens(Protocol):
    """Finds out what is said in a recording."""

    async def hear(self, content: bytes, declared: float | None, lang: str) -> Found:
        """What is said; never raises for what is in the recording. `declared`: its length by its platform, seconds."""
        ...

    async def close(self) -> None: ...


class Listening:
    """Decodes once, and asks `engines` in their order; `words` are those of the trade and of this desk's tenants."""

    def __init__(self, engines: Sequence[Transcriber], words: Sequence[str] = ()):
        self.engines, self._words = engines, tuple(words)

    async def hear(self, content: bytes, declared: float | None, lang: str) -> Found:
        began = time.monotonic()
        try:
            pcm = await decode(content, declared)
        except Undecodable as broken:
            return Found(why=broken.why, took=time.monotonic() - began)
        hints, why = Hints(self._words if lang == "zh" else (), lang), "no_engine"
        for engine in self.engines:
            try:
                found = await engine.transcribe(pcm, hints)
            except Unheard as nothing:
                why = f"{engine.name}:{nothing.why}"
                log.warning("an engine has found out nothing", extra={"kind": engine.name, "status": nothing.why})
                continue
            if doubted := doubts(found, pcm, hints):
                why = f"{engine.name}:{doubted[0]}"
                log.info("a transcript is not believed", extra={"kind": engine.name, "status": ",".join(doubted)})
                continue
            took = time.monotonic() - began
            return Found(found.text.strip(), found.engine, found.confidence, None, seconds_of(pcm), took)
        return Found(why=why, seconds=seconds_of(pcm), took=time.monotonic() - began)

    async def close(self) -> None:
        for engine in self.engines:
            await engine.close()
