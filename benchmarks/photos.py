"""How long it takes until a photo is stored and its marked copy too, and what the process that opens photos needs; Pillow alone beside
it, in this process and with nothing on the picture."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Table, percentile
from config.media import fetch_media, mark_photo
from core.store.files import FileStore
from core.words import Media
from notifier.photos.darkroom import Darkroom

TARGET, TARGET_MEMORY = "≤ 300", "≤ 200"
"""A 12-megapixel JPEG stored and marked, ms; MB resident of the process that opens photos."""
SIZE = (4032, 3024)
"""What a phone takes."""
PHOTOS, QUICK_PHOTOS = 20, 6
HEICS = 3
LINES = ["刘建国 工号 1024", "拍摄 2026-03-04 10:01", "相机定位 29.876250,121.553389"]


@dataclass(frozen=True)
class Platform:
    """A platform that has the photo at hand."""

    content: bytes

    async def fetch(self, media: Media) -> bytes:
        return self.content


def photos(table: Table, quick: bool, folder: Path, seed: int) -> None:
    """One round: photos that differ, one after the other."""
    chance = random.Random(seed)
    jpegs = [_picture(chance, "JPEG") for _ in range(QUICK_PHOTOS if quick else PHOTOS)]
    heics = [_picture(chance, "HEIF") for _ in range(1 if quick else HEICS)]
    table.add("size of the JPEGs, mean", sum(map(len, jpegs)) / len(jpegs) / 1e6, "MB")
    alone = [_timed(lambda content=content: _pillow(content)) for content in jpegs]
    table.add("bare: Pillow alone, opened smaller and saved, p50", percentile(alone, 0.5), "ms")
    asyncio.run(_marked(table, FileStore(folder / "photos"), jpegs, heics))


async def _marked(table: Table, files: FileStore, jpegs: list[bytes], heics: list[bytes]) -> None:
    darkroom = Darkroom()
    try:
        began = time.perf_counter()
        await darkroom.mark(jpegs[0], LINES)
        table.add("desk: the first photo, its process begun", (time.perf_counter() - began) * 1e3, "ms")
        took = [await _stored_and_marked(files, darkroom, content) for content in jpegs]
        table.add("desk: 12-megapixel JPEG stored and marked, p50", percentile(took, 0.5), "ms", TARGET)
        table.add("desk: 12-megapixel JPEG stored and marked, p99", percentile(took, 0.99), "ms")
        table.add("desk: memory of the process that opens photos", _most_memory(darkroom), "MB", TARGET_MEMORY)
        took = [await _stored_and_marked(files, darkroom, content) for content in heics]
        table.add("desk: 12-megapixel HEIC stored and marked, p50", percentile(took, 0.5), "ms")
        table.add("desk: its memory after HEIC", _most_memory(darkroom), "MB")
    finally:
        await darkroom.close()


async def _stored_and_marked(files: FileStore, darkroom: Darkroom, content: bytes) -> float:
    """What both jobs of a photo do, in ms."""
    channels: Any = {"camera": Platform(content)}
    fetch, mark = fetch_media(channels, files, darkroom), mark_photo(files, darkroom)
    began = time.perf_counter()
    fetched = await fetch({"channel": "camera", "media": asdict(Media("photo"))})
    marked = await mark({"hash": fetched["hash"], "lines": LINES})
    assert "hash" in marked, marked
    return (time.perf_counter() - began) * 1e3


def _timed(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1e3


def _pillow(content: bytes) -> bytes:
    """The cheapest that could be called a copy."""
    from PIL import Image, ImageOps

    image, out = Image.open(io.BytesIO(content)), io.BytesIO()
    image.draft("RGB", (1600, 1200))
    image.thumbnail((1600, 1600))
    ImageOps.exif_transpose(image).save(out, "JPEG", quality=85)
    return out.getvalue()


def _picture(chance: random.Random, kind: str) -> bytes:
    """A picture with as much in it as a photo, held upright, with its place."""
    import pillow_heif
    from PIL import ExifTags, Image

    pillow_heif.register_heif_opener()
    small = (SIZE[0] // 6, SIZE[1] // 6)
    parts = [Image.frombytes("L", small, chance.randbytes(small[0] * small[1])) for _ in range(3)]
    image = Image.merge("RGB", parts).resize(SIZE, Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (29.0, 52.0, 34.5), 3: "E", 4: (121.0, 33.0, 12.2)})
    out = io.BytesIO()
    image.save(out, kind, quality=85 if kind == "JPEG" else 60, exif=exif.tobytes())
    return out.getvalue()


def _most_memory(darkroom: Darkroom) -> float:
    """Most that its process had resident so far, in MB."""
    status = Path(f"/proc/{darkroom.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
