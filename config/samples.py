"""What the files of a rehearsal are made of, where a script only names them."""

from __future__ import annotations

import base64
from pathlib import Path

from config.ear import recording

_GREY_JPEG = (
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////////"
    "////////////wAALCAAMABABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AKAf/9k="
)
_GREY_PNG = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAAAAABOjGJdAAAAEUlEQVR42mOcxoAKmBiGrAAAgU4Arv6uE/YAAAAASUVORK5CYII="
SAMPLE = {
    "jpg": base64.b64decode(_GREY_JPEG),
    "png": base64.b64decode(_GREY_PNG),
    "pdf": b"%PDF-1.4 sample",
    "amr": b"#!AMR\nsample",
}
"""By the ending of its name: pictures of 16 by 12 grey dots, and the first bytes of other files."""
MIMES = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf", "amr": "audio/amr"}


def content_of(file: str | None, kind: str, words: str = "") -> tuple[bytes, str, str]:
    """A file's content, type and name: itself if it is there; a recording that has no file says the words."""
    if kind == "voice" and not file and words:
        return recording(words), MIMES["amr"], "voice.amr"
    name = file or {"image": "photo.jpg", "voice": "voice.amr"}.get(kind, "file.pdf")
    path = Path(name)
    ending = path.suffix.lstrip(".").lower() or "jpg"
    content = path.read_bytes() if path.is_file() else SAMPLE.get(ending, b"sample")
    return content, MIMES.get(ending, "application/octet-stream"), path.name
