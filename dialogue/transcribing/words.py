"""The values that pass between a recording and its words, and the contract of whoever finds them out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import yaml

RATE = 16_000
"""Samples a second of the sound that engines hear: mono, 16-bit little-endian."""
SAMPLE = 2
"""Bytes of a sample."""


@cache
def phrases() -> dict[str, Any]:
    """What stands in phrases.yaml."""
    return yaml.safe_load((files("dialogue.transcribing") / "phrases.yaml").read_text("utf-8"))


class Unheard(Exception):
    """An engine has found out nothing: `why` is a word for the log and the metrics, nobody's words and no key."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Hints:
    """What an engine may know beforehand: words of the trade that the speaker is likely to use, and his language (zh, en)."""

    words: tuple[str, ...] = ()
    lang: str = "zh"

    @property
    def prompt(self) -> str:
        """The same as a text before the speech, for engines that go on writing."""
        told = phrases()["prompt"].get(self.lang) or phrases()["prompt"]["zh"]
        return told["opening"] + told["between"].join(self.words) + told["end"] if self.words else told["opening"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an engine heard. `confidence` from 0 to 1, None where it does not tell; `warnings` are words of `doubts`."""

    text: str
    engine: str
    confidence: float | None = None
    warnings: tuple[str, ...] = ()


class Transcriber(Protocol):
    """An engine that hears sound of RATE. Local ones and those of a cloud promise the same."""

    name: str

    async def transcribe(self, pcm: bytes, hints: Hints) -> Transcript:
        """What is said. Raises Unheard if that cannot be found out."""
        ...

    async def close(self) -> None:
        """Let go of processes and connections."""
        ...


def seconds_of(pcm: bytes) -> float:
    """How long it lasts."""
    return len(pcm) / (RATE * SAMPLE)
