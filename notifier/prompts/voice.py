"""A voice: any program that speaks a text into a WAV file."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from notifier.prompts.sound import NoSound, from_wav

SPEAKS = 15.0
"""Seconds that the program has for a text."""
MOST_WAV = 32 * 1024 * 1024
"""Largest file that it may make, bytes."""


class CannotSpeak(Exception):
    """The program is missing, failed, took too long, or made no sound."""


async def speak(command: Sequence[str], text: str) -> bytes:
    """What `command` makes of `text`: {text} and {wav} in it are replaced; no shell is involved. Raises CannotSpeak."""
    with tempfile.TemporaryDirectory(prefix="huiying-voice-") as folder:
        wav = Path(folder) / "said.wav"
        argv = [part.replace("{wav}", str(wav)).replace("{text}", f" {text}") for part in command]
        await _run(argv)
        try:
            if wav.stat().st_size > MOST_WAV:
                raise CannotSpeak("the file is too large")
            return await asyncio.to_thread(lambda: from_wav(wav.read_bytes()))
        except (OSError, NoSound) as error:
            raise CannotSpeak(f"{argv[0]}: {error}") from None


async def _run(argv: Sequence[str]) -> None:
    nothing, pipe = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE
    try:
        program = await asyncio.create_subprocess_exec(*argv, stdin=nothing, stdout=nothing, stderr=pipe)
    except OSError as error:
        raise CannotSpeak(f"{argv[0]}: {error.strerror}") from None
    try:
        async with asyncio.timeout(SPEAKS):
            _, complaint = await program.communicate()
    except TimeoutError:
        raise CannotSpeak(f"{argv[0]}: took more than {SPEAKS:.0f} s") from None
    finally:
        if program.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            await program.wait()
    if program.returncode:
        raise CannotSpeak(f"{argv[0]}: {complaint.decode(errors='replace').strip()[-200:]}")
