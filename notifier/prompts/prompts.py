"""Which sound a call gets: recorded pieces where all are there, else the configured voice, else tones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.words import Say
from notifier.prompts.sound import ATTENTION, THANKS, NoSound, from_wav, silence, tones
from notifier.prompts.templates import TEMPLATES, Piece, pieces, purpose_of, sentence
from notifier.prompts.voice import CannotSpeak, speak

log = logging.getLogger("huiying.carriers")

BETWEEN = 0.08
"""Seconds of silence between two pieces."""
KEPT = 64
"""Sentences that a voice has spoken and that need not be spoken again."""


@dataclass(frozen=True, slots=True)
class PromptConfig:
    """`lang` zh or en; `recordings` a folder with the files that `python -m notifier.prompts` lists; `voice` a command."""

    lang: str = "zh"
    recordings: Path | None = None
    voice: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.lang not in TEMPLATES:
            raise ValueError(f"lang: one of {', '.join(TEMPLATES)}")
        if self.voice and not {"{wav}", "{text}"} <= set(self.voice):
            raise ValueError("voice: a command with the arguments {wav} and {text}")


class Prompts:
    """Makes the sound of a call. Always gives one: where words cannot be had, tones call for attention."""

    def __init__(self, config: PromptConfig = PromptConfig()) -> None:
        self._config = config
        self._recorded: dict[str, bytes] = {}
        self._spoken: dict[str, bytes] = {}

    async def sound(self, say: Say) -> bytes:
        """What is heard: 8 kHz, mono, 16 bit. `say.params` may name the language of the callee (lang)."""
        values = dict(say.params)
        lang = values.pop("lang", self._config.lang)
        lang = lang if lang in TEMPLATES else self._config.lang
        return await self._said(purpose_of(say.purpose, lang), lang, values) or tones(ATTENTION * 3)

    async def thanks(self) -> bytes:
        """What is heard after the key."""
        return await self._said("thanks", self._config.lang, {}) or tones(THANKS)

    async def _said(self, purpose: str, lang: str, values: dict[str, str]) -> bytes | None:
        parts = pieces(purpose, lang, values)
        if self._config.recordings and (sound := await asyncio.to_thread(self._spliced, parts)):
            return sound
        return await self._voiced(sentence(purpose, lang, values)) if self._config.voice else None

    def _spliced(self, parts: Sequence[Piece]) -> bytes | None:
        try:
            return silence(BETWEEN).join(self._recording(piece) for piece in parts)
        except (OSError, NoSound) as error:
            log.warning("a recording is missing or unusable", extra={"cause": str(error)})
            return None

    def _recording(self, piece: Piece) -> bytes:
        assert self._config.recordings is not None
        if piece.name not in self._recorded:
            self._recorded[piece.name] = from_wav((self._config.recordings / f"{piece.name}.wav").read_bytes())
        return self._recorded[piece.name]

    async def _voiced(self, words: str) -> bytes | None:
        if words not in self._spoken:
            try:
                sound = await speak(self._config.voice, words)
            except CannotSpeak as error:
                log.warning("the voice does not speak", extra={"cause": str(error)})
                return None
            if len(self._spoken) >= KEPT:
                del self._spoken[next(iter(self._spoken))]
            self._spoken[words] = sound
        return self._spoken[words]
