"""Pictures for tests, good ones and bad ones."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import ExifTags, Image

WIDE, HIGH = 640, 480
GREEN, RED, BLUE = (20, 160, 60), (200, 30, 30), (30, 30, 200)


def photo_of(
    size: tuple[int, int] = (WIDE, HIGH),
    kind: str = "JPEG",
    *,
    place: tuple[float, float] | None = None,
    at: str | None = None,
    orientation: int | None = None,
    mode: str = "RGB",
    color: Any = GREEN,
    **more: Any,
) -> bytes:
    """A picture of one colour, with what a camera writes into it: degrees, local time, how it was held."""
    image = Image.new(mode, size, color)
    return encoded(image, kind, exif=camera(place, at, orientation), **more)


def encoded(image: Image.Image, kind: str, **more: Any) -> bytes:
    """The picture as a file."""
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def camera(
    place: tuple[float, float] | None = None, at: str | None = None, orientation: int | None = None
) -> Image.Exif:
    """What a camera writes."""
    exif = Image.Exif()
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    if at is not None:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = at
    if place is not None:
        latitude, longitude = place
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
                ExifTags.GPS.GPSLatitude: _degrees(latitude),
                ExifTags.GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
                ExifTags.GPS.GPSLongitude: _degrees(longitude),
            }
        )
    return exif


def quarters(size: tuple[int, int], orientation: int) -> bytes:
    """A photo whose sensor saw red at its left and blue at its right, held as `orientation` says."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return encoded(image, "JPEG", quality=95, exif=camera(orientation=orientation))


def png_head(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG that says how large it is, whatever it holds."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(rows or b"\0"))
        + _chunk(b"IEND", b"")
    )


def strip(width: int, height: int) -> bytes:
    """A PNG that is as large as it says, of black dots: a thousandth of its size on disk."""
    return png_head(width, height, bytes((width + 1) * height))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _degrees(value: float) -> tuple[float, float, float]:
    value = abs(value)
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), round(minutes % 1 * 60, 4)
