"""What a file is that should be a picture, and what its camera wrote into it. Runs in a process of its own: see `child`."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from PIL import Image

MOST_BYTES = 20 << 20
"""Largest picture, in bytes."""
MOST_PIXELS = 50_000_000
"""Largest picture, in pixels; phones make 12 to 50 million."""
LONGEST_EDGE = 32_000
"""Longest edge, in pixels; the longest that people make are screenshots pasted one below the other."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
"""What is opened (MPO is JPEG to its first reader). Anything else is no picture, whatever its name says; of several frames the first one counts."""
_GPS, _DETAILS, _TAKEN = 0x8825, 0x8769, 0x9003
_NORTH_SOUTH, _LATITUDE, _EAST_WEST, _LONGITUDE = 1, 2, 3, 4


class NoPicture(Exception):
    """It cannot be shown as a picture; its words say why in one word: no_picture, too_large, too_many_pixels, damaged."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`at`: local time of the camera (YYYY-MM-DDTHH:MM:SS); `place`: "latitude,longitude" in degrees."""

    at: str | None = None
    place: str | None = None


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """The picture, of which nothing has been decoded yet. Raises NoPicture, then and as long as it is open."""
    if len(content) > MOST_BYTES:
        raise NoPicture("too_large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _known(content) as image:
            if image.width * image.height > MOST_PIXELS or max(image.size) > LONGEST_EDGE:
                raise NoPicture("too_many_pixels")
            try:
                yield image
            except (NoPicture, MemoryError):
                raise
            except Exception:  # whatever a decoder makes of foreign bytes
                raise NoPicture("damaged") from None


def _known(content: bytes) -> Image.Image:
    """The picture by its first bytes. Raises NoPicture."""
    _know_heic()
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise NoPicture("too_many_pixels") from None
    except MemoryError:
        raise
    except Exception:  # the same
        raise NoPicture("no_picture") from None


def look(content: bytes) -> Taken:
    """Where and when the camera says that it was taken. Raises NoPicture."""
    with opened(content) as image:
        return taken(image)


def taken(image: Image.Image) -> Taken:
    """The same of an open picture; nothing if it says nothing that can be believed. Never raises."""
    try:
        exif = image.getexif()
        return Taken(_time(exif.get_ifd(_DETAILS).get(_TAKEN)), _place(exif.get_ifd(_GPS)))
    except Exception:  # whatever a camera, or somebody in its name, has written
        return Taken()


@cache
def _know_heic() -> None:
    """The format of iPhones; one thread decodes it, so that its memory is bounded."""
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)


def _time(value: Any) -> str | None:
    """None for what is no time."""
    try:
        return datetime.strptime(str(value).rstrip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007
    except ValueError:
        return None


def _place(tags: Mapping[int, Any]) -> str | None:
    """Degrees north and east; 0,0 is what cameras write that do not know."""
    if not {_NORTH_SOUTH, _LATITUDE, _EAST_WEST, _LONGITUDE} <= tags.keys():
        return None
    latitude = _degrees(tags[_LATITUDE]) * (-1 if str(tags[_NORTH_SOUTH])[:1] == "S" else 1)
    longitude = _degrees(tags[_LONGITUDE]) * (-1 if str(tags[_EAST_WEST])[:1] == "W" else 1)
    known = -90 <= latitude <= 90 and -180 <= longitude <= 180 and (latitude, longitude) != (0, 0)
    return f"{latitude:.6f},{longitude:.6f}" if known and math.isfinite(latitude + longitude) else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
