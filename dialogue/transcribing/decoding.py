"""Any recording becomes sound of one form, in a process of its own with limits: what strangers send is never decoded in ours."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

from dialogue.transcribing.decoder import MOST_SECONDS
from dialogue.transcribing.sniffing import sniff
from dialogue.transcribing.words import RATE, SAMPLE, seconds_of

MOST_BYTES = 20 << 20
"""Largest recording, bytes; platforms stop at 2 to 20 MB."""
HOME = Path(__file__).parents[2]
"""Where the rooms of the house lie: helper processes start there."""
WALL_SECONDS = 30.0
"""Longest time for decoding one."""
SHORTEST = 0.3
"""Seconds of sound below which nothing can have been said."""
SHARE = 0.5
"""Share of the length that its platform declares which must be there."""
CLOSE = 1.5
"""Seconds by which it may always be shorter: platforms round up."""
REASONS = frozenset({"empty", "not_sound", "no_sound", "damaged", "too_large", "too_long", "too_short", "cut_off", "too_slow",
                     "too_much_memory", "crashed"})  # fmt: skip
"""All reasons for which a recording is not heard."""
_MOST_SOUND = (MOST_SECONDS + 1) * RATE * SAMPLE


class Undecodable(Exception):
    """A recording that gives no sound; `why` is one of REASONS."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


async def decode(content: bytes, declared: float | None = None) -> bytes:
    """The sound in a recording: RATE, mono, 16 bit. `declared` is its length in seconds by its platform. Raises Undecodable."""
    if not content:
        raise Undecodable("empty")
    if len(content) > MOST_BYTES:
        raise Undecodable("too_large")
    kind = sniff(content)
    if kind is None:
        raise Undecodable("not_sound")
    pcm = await _decoded(content, kind)
    seconds = seconds_of(pcm)
    if seconds < SHORTEST:
        raise Undecodable("too_short")
    if declared and seconds < declared * SHARE and seconds < declared - CLOSE:
        raise Undecodable("cut_off")
    return pcm


async def _decoded(content: bytes, kind: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dialogue.transcribing.decoder", kind,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=environment(), cwd=HOME,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WALL_SECONDS):
            sound, complaint = await process.communicate(content)
    except TimeoutError:
        raise Undecodable("too_slow") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise Undecodable(_reason(process.returncode, complaint))
    if len(sound) > _MOST_SOUND:
        raise Undecodable("too_long")
    return sound


def environment() -> dict[str, str]:
    """What a helper process is told: where its libraries are, and none of our secrets."""
    return {name: value for name in ("PATH", "PYTHONPATH", "LANG") if (value := os.environ.get(name))}


def _reason(status: int, complaint: bytes) -> str:
    """What its last word says; -9 and -24 are what the kernel does to who uses up his processor time."""
    word = complaint.decode("ascii", "replace").strip().rpartition("\n")[2]
    return word if word in REASONS else "too_slow" if status in (-9, -24) else "crashed"
