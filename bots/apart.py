"""A vendor's SDK that blocks, or cannot be stopped, runs in a process of its own: `run_apart` starts it, hands its deliveries
to the core, and kills it when it is cancelled.

The process speaks over its stdin and stdout, in frames: one letter, eight digits of length, the content.
Up: D a delivery (it waits for its answer), A a sign of life, E what it died of. Down: S the settings (first), Y or N: the
delivery was stored, or not. What the SDK itself prints goes nowhere, since it may hold secrets.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson

from core.words import Accept

HEAD = 9
"""Bytes before a frame's content."""
MOST_FRAME = 16 * 1024 * 1024
"""Longest content of a frame, bytes."""
HOME = Path(__file__).parent.parent

log = logging.getLogger("huiying.apart")


class Died(Exception):
    """The process ended by itself."""


class NotStored(Exception):
    """A delivery could not be stored: the platform must not be answered."""


class Ended(SystemExit):
    """What an SDK waited for is over; says why in words that may be shown. Passes through whatever the SDK catches."""


class Sdk(Protocol):
    """A module that runs an SDK: `serve` blocks, calls `hand` with each raw delivery before the platform is answered (NotStored:
    it must not be), and `alive` whenever the platform gives a sign of life."""

    def serve(self, settings: Mapping[str, Any], hand: Callable[[bytes], None], alive: Callable[[], None]) -> None: ...


# ---------------------------------------------------------------- the desk's side


async def run_apart(module: str, settings: Mapping[str, Any], accept: Accept, alive: Callable[[], None]) -> None:
    """Run `module` (see Sdk) in a process of its own until cancelled. Raises Died."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots.apart", module,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=HOME,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(_frame(b"S", orjson.dumps(settings)))
        while True:
            kind, content = await _next(child.stdout)
            if kind == b"D":
                child.stdin.write(_frame(await _stored(content, accept), b""))
                await child.stdin.drain()
            elif kind == b"A":
                alive()
            else:
                raise Died(f"{module} died: {content.decode('utf-8', 'replace')}")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise Died(f"{module} ended") from error
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _stored(content: bytes, accept: Accept) -> bytes:
    try:
        await accept([content])
    except Exception:
        log.exception("a delivery was not taken", extra={"bytes": len(content)})
        return b"N"
    return b"Y"


async def _next(stream: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await stream.readexactly(HEAD)
    if not head[1:].isdigit() or int(head[1:]) > MOST_FRAME:
        raise Died("it does not keep to the frames")
    return head[:1], await stream.readexactly(int(head[1:]))


def _frame(kind: bytes, content: bytes) -> bytes:
    return kind + b"%08d" % len(content) + content


# ---------------------------------------------------------------- the SDK's side


class _Line:
    """What connects the process with the desk. Any thread may hand something over; one at a time."""

    def __init__(self, up: BinaryIO, down: BinaryIO) -> None:
        self._up, self._down = up, down
        self._one, self._writing = threading.Lock(), threading.Lock()
        self._answers: list[bytes] = []
        self._answered = threading.Condition()

    def settings(self) -> Mapping[str, Any]:
        return orjson.loads(self._read()[1])

    def listen(self) -> None:
        """Take answers until the desk is gone; then there is nothing left to live for."""
        while True:
            kind, _ = self._read()
            with self._answered:
                self._answers.append(kind)
                self._answered.notify()

    def hand(self, raw: bytes) -> None:
        """Returns once the desk has stored it. Raises NotStored."""
        if len(raw) > MOST_FRAME:
            raise NotStored
        with self._one:
            self.say(b"D", raw)
            with self._answered:
                self._answered.wait_for(lambda: self._answers)
                if self._answers.pop() != b"Y":
                    raise NotStored

    def say(self, kind: bytes, content: bytes = b"") -> None:
        with self._writing:
            self._up.write(_frame(kind, content))
            self._up.flush()

    def _read(self) -> tuple[bytes, bytes]:
        head = self._down.read(HEAD)
        if len(head) < HEAD:
            os._exit(0)
        return head[:1], self._down.read(int(head[1:]))


def main(module: str) -> None:
    """Run one SDK for the desk that started this process."""
    up = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    line = _Line(up, os.fdopen(os.dup(0), "rb"))
    settings = line.settings()
    threading.Thread(target=line.listen, daemon=True).start()
    try:
        sdk: Any = importlib.import_module(module)
        sdk.serve(settings, line.hand, lambda: line.say(b"A"))
        line.say(b"E", b"it came to its end")
    except Ended as end:
        line.say(b"E", str(end).encode())
    except BaseException as error:
        line.say(b"E", type(error).__name__.encode())
    os._exit(1)


if __name__ == "__main__":
    importlib.import_module("bots.apart").main(sys.argv[1])
