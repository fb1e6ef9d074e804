"""Photos are opened and marked in a process of its own, kept for as long as photos come: what strangers send is never decoded in
ours. One at a time; who takes too long, or too much, is ended."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from notifier.photos.frames import receive, send

MOST_BYTES = 20 << 20
"""Largest picture, in bytes, in and out."""
WALL_SECONDS = 15.0
"""Longest time for one."""
STARTS = 30.0
"""Seconds more that the first one has, while the process begins."""
MOST_PHOTOS = 500
"""Photos after which the process is replaced: what a decoder leaks ends with it."""
HOME = Path(__file__).parents[2]
"""Where the rooms of the house lie: the process starts there."""
FINAL = frozenset({"no_picture", "too_large", "too_many_pixels", "damaged"})
"""Reasons that lie in the picture itself: trying again is no use."""
REASONS = FINAL | {"too_much_memory", "too_slow", "crashed"}


class Unmarkable(Exception):
    """A photo of which no copy can be made; `why` is one of REASONS."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why if why in REASONS else "crashed"

    @property
    def final(self) -> bool:
        """Whether trying again is no use."""
        return self.why in FINAL


class Darkroom:
    """The process, from outside. It begins with the first photo, and anew after it has ended."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "darkroom")
        self._process: subprocess.Popen[bytes] | None = None
        self._developed = 0

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._process.pid if self._process is not None else None

    async def look(self, content: bytes) -> dict[str, str | None]:
        """Where and when its camera says that it was taken: {place, at}. Raises Unmarkable."""
        facts, _ = await self._ask({"do": "look"}, content)
        return {name: facts.get(name) for name in ("place", "at")}

    async def mark(self, content: bytes, lines: Sequence[str]) -> bytes:
        """The copy that may leave, as JPEG, with these lines in its corner. Raises Unmarkable."""
        _, copy = await self._ask({"do": "mark", "lines": list(lines)}, content)
        return copy

    async def close(self) -> None:
        """End the process, whatever it is doing; no photo is taken any more."""
        if self._process is not None:
            self._process.kill()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown(wait=False)

    async def _ask(self, order: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        if len(content) > MOST_BYTES:
            raise Unmarkable("too_large")
        facts, answer = await asyncio.get_running_loop().run_in_executor(self._thread, self._asked, order, content)
        if why := facts.get("why"):
            raise Unmarkable(str(why))
        return facts, answer

    def _asked(self, order: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        """On the darkroom's own thread. Raises Unmarkable: too_slow, crashed."""
        fresh = self._process is None or self._process.poll() is not None or self._developed >= MOST_PHOTOS
        if fresh:
            self._begin()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        over = threading.Event()

        def end() -> None:
            over.set()
            process.kill()

        bell = threading.Timer(WALL_SECONDS + (STARTS if fresh else 0), end)
        bell.daemon = True
        bell.start()
        try:
            send(process.stdin, order, content)
            answer = receive(process.stdout, MOST_BYTES)
        except OSError:
            answer = None
        finally:
            bell.cancel()
        self._developed += 1
        if answer is not None:
            return answer
        ended_itself = self._end() == 0 and not over.is_set()
        if ended_itself and not fresh:
            return self._asked(order, content)
        raise Unmarkable("too_slow" if over.is_set() else "crashed")

    def _begin(self) -> None:
        self._end()
        self._developed = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "notifier.photos.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd=HOME,
        )

    def _end(self) -> int | None:
        """Let go of the process; how it ended."""
        process, self._process = self._process, None
        if process is None:
            return None
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()
        try:
            return process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


class LastingDarkroom(Darkroom):
    """One that many desks use, one after another: it is not closed with them."""

    async def close(self) -> None:
        """Nothing: its process ends with whoever began it."""


def _environment() -> dict[str, str]:
    """What the process is told: where its libraries are, and none of our secrets."""
    known = {name: value for name in ("PATH", "PYTHONPATH", "LANG") if (value := os.environ.get(name))}
    return known | {"MALLOC_ARENA_MAX": "2"}
