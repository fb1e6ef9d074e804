"""The process in which photos are opened: kept warm, bounded, and replaced when a picture has been too much for it."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from notifier.photos import darkroom
from notifier.photos.darkroom import Darkroom, Unmarkable
from tests.photos.pictures import GREEN, camera, encoded, photo_of, png_head, quarters

LINES = ["刘工 工号 1024", "拍摄 2026-03-04 10:01"]


def in_one(doing: Callable[[Darkroom], Awaitable[None]]) -> None:
    """Do it with a darkroom of its own."""

    async def whole() -> None:
        room = Darkroom()
        try:
            await doing(room)
        finally:
            await room.close()

    asyncio.run(whole())


def pid_of(room: Darkroom) -> int:
    assert room.pid is not None
    return room.pid


def bounds_of(pid: int) -> dict[str, list[str]]:
    """How much of what the process may use: name → soft and hard bound."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return {line[:26].strip(): line[26:].split()[:2] for line in lines}


@pytest.mark.req("S37", "S90")
def test_one_process_opens_pictures_of_every_kind_within_its_bounds() -> None:
    """Whatever a decoder loads only when it is needed, it could not load any more: it may open nothing."""
    exif = camera((31.94, 118.79), "2026:03:04 10:01:02").tobytes()
    kinds = [
        ("RGB", "JPEG"),
        ("CMYK", "JPEG"),
        ("L", "PNG"),
        ("I;16", "PNG"),
        ("RGBA", "WEBP"),
        ("P", "GIF"),
        ("RGB", "HEIF"),
    ]
    pictures = [encoded(Image.new(mode, (900, 600)), kind, exif=exif) for mode, kind in kinds]

    async def doing(room: Darkroom) -> None:
        for content in (*pictures, quarters((400, 300), 6)):
            assert Image.open(io.BytesIO(await room.mark(content, LINES))).format == "JPEG"
        first = pid_of(room)
        told = [await room.look(content) for content in (pictures[0], pictures[2], pictures[-1])]
        assert told == [{"place": "31.940000,118.790000", "at": "2026-03-04T10:01:02"}] * 3
        for content, why in ((b"hello", "no_picture"), (png_head(50_000, 50_000), "too_many_pixels")):
            with pytest.raises(Unmarkable, match=rf"^{why}$") as no:
                await room.mark(content, LINES)
            assert no.value.final
        assert pid_of(room) == first
        bounds = bounds_of(first)
        assert bounds["Max open files"] == ["0", "0"] and bounds["Max file size"] == ["0", "0"]
        assert all(value.isdecimal() for value in bounds["Max address space"])

    in_one(doing)


def test_a_picture_that_ends_the_process_is_told_of_and_the_next_one_is_opened() -> None:
    async def doing(room: Darkroom) -> None:
        await room.mark(photo_of(), LINES)
        first = pid_of(room)
        os.kill(first, signal.SIGSTOP)
        waiting = asyncio.ensure_future(room.mark(photo_of(), LINES))
        await asyncio.sleep(0.05)
        os.kill(first, signal.SIGSEGV)
        os.kill(first, signal.SIGCONT)
        with pytest.raises(Unmarkable, match=r"^crashed$") as no:
            await waiting
        assert not no.value.final
        await room.mark(photo_of(), LINES)
        assert pid_of(room) != first

    in_one(doing)


def test_who_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(darkroom, "WALL_SECONDS", 0.3)

    async def doing(room: Darkroom) -> None:
        await room.mark(photo_of(), LINES)
        os.kill(pid_of(room), signal.SIGSTOP)
        with pytest.raises(Unmarkable, match=r"^too_slow$"):
            await room.mark(photo_of(), LINES)
        await room.mark(photo_of(), LINES)

    in_one(doing)


def test_a_process_that_went_to_rest_is_begun_anew_without_a_word() -> None:
    async def doing(room: Darkroom) -> None:
        await room.mark(photo_of(), LINES)
        process = room._process
        assert process is not None and process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
        assert len(await room.mark(photo_of(color=GREEN), LINES)) > 1_000

    in_one(doing)


def test_pictures_wait_for_one_another_and_closing_ends_the_process() -> None:
    begun: list[int] = []

    async def doing(room: Darkroom) -> None:
        photo = photo_of((2000, 1500))
        copies = await asyncio.gather(*(room.mark(photo, [str(number)]) for number in range(5)))
        assert len(set(copies)) == 5
        begun.append(pid_of(room))
        with pytest.raises(Unmarkable, match=r"^too_large$"):
            await room.mark(b"\0" * (darkroom.MOST_BYTES + 1), LINES)
        assert pid_of(room) == begun[0]

    in_one(doing)
    assert not Path(f"/proc/{begun[0]}").exists()
