"""An engine on this machine, in a process of its own: it is started when it is needed, and ended when it is not or does not answer."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from dialogue.transcribing.decoding import HOME, environment
from dialogue.transcribing.models import LIBRARY, Kind, kind_of
from dialogue.transcribing.words import Hints, Transcript, Unheard, seconds_of

LOAD_SECONDS = 60.0
"""Longest time for loading a model."""
LEAST_SECONDS = 20.0
PER_SECOND = 6.0
"""Longest time for one recording: LEAST_SECONDS, and so much for each of its seconds."""
IDLE_SECONDS = 600.0
"""After so long without work the process ends and gives its memory back."""
LONGEST_LINE = 1 << 20


class Local:
    """faster-whisper or SenseVoice, as the folder says. One recording at a time: it uses all the threads that it may."""

    def __init__(self, folder: Path, kind: Kind | None = None, threads: int = 2):
        """Raises NoModel if files are missing, ModuleNotFoundError if its library is not installed."""
        self.kind: Kind = kind_of(folder, kind)
        if importlib.util.find_spec(LIBRARY[self.kind]) is None:
            raise ModuleNotFoundError(LIBRARY[self.kind])
        self.name = self.kind
        self._folder, self._threads = folder.absolute(), threads
        self._process: asyncio.subprocess.Process | None = None
        self._alone = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    async def transcribe(self, pcm: bytes, hints: Hints) -> Transcript:
        """What is said. Raises Unheard: no_start, too_slow, died, or the name of what went wrong in its library."""
        async with self._alone:
            self._rest(stop=True)
            patience = LEAST_SECONDS + PER_SECOND * seconds_of(pcm)
            try:
                process = self._process or await self._start()
                async with asyncio.timeout(patience):
                    found = await self._ask(process, pcm, hints)
            except TimeoutError:
                await self._end()
                raise Unheard("too_slow") from None
            except (OSError, ValueError, asyncio.IncompleteReadError):
                await self._end()
                raise Unheard("died") from None
            except BaseException:
                await self._end()
                raise
            self._rest()
        if "why" in found:
            raise Unheard(found["why"])
        return Transcript(simplified(found["text"]), self.name, found["confidence"], tuple(found["warnings"]))

    async def close(self) -> None:
        self._rest(stop=True)
        await self._end()

    async def _start(self) -> asyncio.subprocess.Process:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dialogue.transcribing.worker", self.kind, str(self._folder), str(self._threads),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=environment(), cwd=HOME, limit=LONGEST_LINE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._line(process)
        except (TimeoutError, ValueError, asyncio.IncompleteReadError):
            await self._end()
            raise Unheard("no_start") from None
        return process

    async def _ask(self, process: asyncio.subprocess.Process, pcm: bytes, hints: Hints) -> dict[str, Any]:
        assert process.stdin is not None
        asked = {"bytes": len(pcm), "prompt": hints.prompt, "lang": hints.lang}
        process.stdin.write(json.dumps(asked).encode() + b"\n" + pcm)
        await process.stdin.drain()
        return await self._line(process)

    async def _line(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        assert process.stdout is not None
        return json.loads(await process.stdout.readuntil())

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    def _rest(self, *, stop: bool = False) -> None:
        """Count down to the end of an idle process, or no longer."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not stop and self._process is not None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(IDLE_SECONDS, lambda: asyncio.ensure_future(self._give_up_idle()))

    async def _give_up_idle(self) -> None:
        if not self._alone.locked():
            async with self._alone:
                await self._end()


def simplified(text: str) -> str:
    """Traditional characters as simplified ones; as it is where opencc is not installed."""
    try:
        from opencc import OpenCC
    except ImportError:
        return text
    return OpenCC("t2s").convert(text)
