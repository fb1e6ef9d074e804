"""A library that cannot be stopped, in a process of its own: what it delivers, what becomes of it, and what nobody sees."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bots.apart import HOME, MOST_FRAME, Died, run_apart
from core.words import Cursor
from tests.wecom_story import until

SECRET = "app-secret-0001"
PARENT = """
import asyncio, sys
from bots.apart import run_apart
async def accept(deliveries, cursor=None): pass
asyncio.run(run_apart("tests.apart_sdk", {"does": "live", "notes": sys.argv[1]}, accept, lambda: None))
"""


class Core:
    """What takes deliveries: `sizes` of those that were stored; the first `failures` are not."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.sizes, self.lives = failures, [], 0
        self.open = asyncio.Event()
        self.open.set()

    async def accept(self, deliveries: Sequence[bytes], cursor: Cursor | None = None) -> None:
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        self.sizes += [len(raw) for raw in deliveries]

    def alive(self) -> None:
        self.lives += 1


class Notes:
    """What the library noted."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notes"

    def __contains__(self, words: str) -> bool:
        return words in self.lines

    @property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines() if self.path.exists() else []

    @property
    def pid(self) -> int | None:
        return next((int(line.removeprefix("pid ")) for line in self.lines if line.startswith("pid ")), None)


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path)


@asynccontextmanager
async def running(core: Core, notes: Notes, does: str = "deliver", **more: Any) -> AsyncIterator[asyncio.Future[None]]:
    """The library runs meanwhile."""
    settings = {"does": does, "notes": str(notes.path), "secret": SECRET, **more}
    task = asyncio.ensure_future(run_apart("tests.apart_sdk", settings, core.accept, core.alive))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Died):
            await task


def lives(pid: int) -> bool:
    """Whether a process does anything any more."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_what_could_not_be_stored_is_said_so_and_the_next_is_taken(notes: Notes) -> None:
    async def story() -> None:
        core = Core(failures=1)
        async with running(core, notes, sizes=[5, 6]):
            await until(lambda: "stored 6" in notes, 20)
        assert notes.lines[1:] == ["not stored 5", "stored 6"] and core.sizes == [6]

    asyncio.run(story())


def test_the_library_waits_until_its_delivery_is_stored(notes: Notes) -> None:
    async def story() -> None:
        core = Core()
        core.open.clear()
        async with running(core, notes, sizes=[5]):
            await until(lambda: notes.pid, 20)
            await asyncio.sleep(0.1)
            assert "stored 5" not in notes
            core.open.set()
            await until(lambda: "stored 5" in notes, 20)

    asyncio.run(story())


def test_deliveries_from_many_threads_come_one_by_one_each_with_its_own_answer(notes: Notes) -> None:
    async def story() -> None:
        core = Core(failures=3)
        async with running(core, notes, at_once=list(range(1, 21))):
            await until(lambda: len(notes.lines) == 21, 20)
        stored = sorted(int(line.removeprefix("stored ")) for line in notes.lines if line.startswith("stored "))
        assert stored == sorted(core.sizes) and len(stored) == 17

    asyncio.run(story())


def test_large_deliveries_come_whole_and_one_beyond_the_frame_hurts_nobody(notes: Notes) -> None:
    async def story() -> None:
        core = Core()
        async with running(core, notes, sizes=[5_000_000, MOST_FRAME + 1, 7]):
            await until(lambda: "stored 7" in notes, 30)
        assert core.sizes == [5_000_000, 7] and f"not stored {MOST_FRAME + 1}" in notes

    asyncio.run(story())


def test_a_sign_of_life_is_told(notes: Notes) -> None:
    async def story() -> None:
        core = Core()
        async with running(core, notes, "live"):
            await until(lambda: core.lives == 1, 20)

    asyncio.run(story())


@pytest.mark.parametrize("storing", [False, True], ids=["waiting", "storing"])
def test_cancelling_ends_a_library_that_cannot_be_stopped_within_a_second(notes: Notes, storing: bool) -> None:
    async def story() -> None:
        core = Core()
        core.open.clear()
        async with running(core, notes, sizes=[5] if storing else []) as task:
            await until(lambda: notes.pid, 20)
            await asyncio.sleep(0.1)
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 1
        assert notes.pid is not None and not lives(notes.pid)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())


def test_the_process_does_not_outlive_a_desk_that_was_killed(notes: Notes) -> None:
    async def story() -> None:
        parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, str(notes.path), cwd=HOME)
        await until(lambda: notes.pid, 20)
        pid = notes.pid or 0
        assert lives(pid)
        parent.kill()
        await parent.wait()
        await until(lambda: not lives(pid), 10)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("does", "words"),
    [("die", "ValueError"), ("end", "the connection was closed"), ("return", "came to its end")],
)
def test_a_library_that_ends_ends_the_run_and_says_why_without_what_it_knew(
    notes: Notes, does: str, words: str
) -> None:
    async def story() -> None:
        async with running(Core(), notes, does) as task:
            with pytest.raises(Died, match=words) as died:
                await task
        assert SECRET not in str(died.value)

    asyncio.run(story())


def test_a_library_that_is_killed_ends_the_run(notes: Notes) -> None:
    async def story() -> None:
        async with running(Core(), notes) as task:
            await until(lambda: notes.pid, 20)
            os.kill(notes.pid or 0, signal.SIGKILL)
            with pytest.raises(Died):
                await task

    asyncio.run(story())


def test_what_a_library_prints_is_seen_by_nobody_and_disturbs_nothing(
    notes: Notes, capfd: pytest.CaptureFixture[str]
) -> None:
    async def story() -> None:
        core = Core()
        async with running(core, notes, "print", sizes=[5]):
            await until(lambda: "stored 5" in notes, 20)
        assert core.sizes == [5]

    asyncio.run(story())
    shown = capfd.readouterr()
    assert SECRET not in shown.out + shown.err


def test_the_secret_stands_neither_in_the_arguments_nor_in_the_environment(notes: Notes) -> None:
    async def story() -> None:
        async with running(Core(), notes):
            await until(lambda: notes.pid, 20)
            place = Path(f"/proc/{notes.pid}")
            arguments, environment = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
        assert b"tests.apart_sdk" in arguments and SECRET.encode() not in arguments + environment

    asyncio.run(story())
