"""Where and when a photo was taken, as its camera wrote into it (EXIF). Numbers only, within bounds; a photo that lies says nothing."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

LONGEST_HEAD = 128 * 1024
"""Bytes at the beginning of a photo that are looked at."""
MOST_ENTRIES = 200
"""Entries of one directory that are read."""
LONGEST_VALUE = 64
"""Bytes of one value that are read."""

_GPS, _DETAILS, _TAKEN = 0x8825, 0x8769, 0x9003
_SIZES = {2: 1, 3: 2, 4: 4, 5: 8}
"""Kind of value (text, short, long, two longs as a fraction) → its bytes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`at`: local time of the camera (YYYY-MM-DDTHH:MM:SS); `place`: "latitude,longitude" in degrees."""

    at: str | None = None
    place: str | None = None


def taken(content: bytes) -> Taken:
    """What a JPEG says of itself; nothing if it says nothing that can be believed. Never raises."""
    try:
        block = _exif(content[:LONGEST_HEAD])
        if block is None:
            return Taken()
        order = {b"II*\0": "<", b"MM\0*": ">"}[block[:4]]
        first = _directory(block, order, struct.unpack_from(f"{order}I", block, 4)[0])
        details = _directory(block, order, _number(first, _DETAILS, order))
        return Taken(_time(details.get(_TAKEN)), _place(_directory(block, order, _number(first, _GPS, order)), order))
    except (struct.error, KeyError, ValueError, ZeroDivisionError, IndexError):
        return Taken()


def _exif(head: bytes) -> bytes | None:
    """The EXIF block among the segments of a JPEG."""
    at = 2 if head[:2] == b"\xff\xd8" else len(head)
    while at + 4 <= len(head) and head[at] == 0xFF and head[at + 1] not in (0xD9, 0xDA):
        size = struct.unpack_from(">H", head, at + 2)[0]
        if head[at + 1] == 0xE1 and head[at + 4 : at + 10] == b"Exif\0\0":
            return head[at + 10 : at + 2 + size]
        at += 2 + max(size, 2)
    return None


def _directory(block: bytes, order: str, at: int) -> dict[int, bytes]:
    """Tag → the bytes of its value."""
    if not at:
        return {}
    count = struct.unpack_from(f"{order}H", block, at)[0]
    return dict(_entries(block, order, at + 2, min(count, MOST_ENTRIES)))


def _entries(block: bytes, order: str, at: int, count: int) -> Iterator[tuple[int, bytes]]:
    for number in range(count):
        tag, kind, many = struct.unpack_from(f"{order}HHI", block, at + 12 * number)
        size = _SIZES.get(kind, LONGEST_VALUE + 1) * many
        if size <= LONGEST_VALUE:
            where = at + 12 * number + 8
            start = where if size <= 4 else struct.unpack_from(f"{order}I", block, where)[0]
            yield tag, block[start : start + size]


def _number(entries: dict[int, bytes], tag: int, order: str) -> int:
    return struct.unpack(f"{order}I", entries[tag])[0] if len(entries.get(tag, b"")) == 4 else 0


def _time(value: bytes | None) -> str | None:
    if not value:
        return None
    return datetime.strptime(value.rstrip(b"\0 ").decode("ascii"), "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007


def _place(entries: dict[int, bytes], order: str) -> str | None:
    """Degrees north and east; 0,0 is what cameras write that do not know."""
    if not {1, 2, 3, 4} <= entries.keys():
        return None
    latitude = _degrees(entries[2], order) * (-1 if entries[1][:1] == b"S" else 1)
    longitude = _degrees(entries[4], order) * (-1 if entries[3][:1] == b"W" else 1)
    known = -90 <= latitude <= 90 and -180 <= longitude <= 180 and (latitude, longitude) != (0, 0)
    return f"{latitude:.6f},{longitude:.6f}" if known else None


def _degrees(value: bytes, order: str) -> float:
    parts = struct.unpack(f"{order}6I", value)
    degrees, minutes, seconds = (parts[index] / parts[index + 1] for index in (0, 2, 4))
    return degrees + minutes / 60 + seconds / 3600
