"""Whether a file is what its field asks for, by its first bytes: a name proves nothing."""

from __future__ import annotations

from core.forms.definition import Field, Sort

PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
"""First bytes of photos; WebP and HEIC name themselves a little later."""
PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe")
"""First bytes of what a computer would run."""
TEXTS = (".nc", ".gcode", ".txt", ".tap", ".csv", ".ngc")
"""Endings of files that are plain text."""
LOOKED_AT = 4_096
"""Bytes of a file that are looked at."""


def looks_right(field: Field, name: str, content: bytes) -> bool:
    """A photo is a picture, a G-code file is text, and nothing is a program."""
    head = content[:LOOKED_AT]
    if head.startswith(PROGRAMS):
        return False
    if field.sort == Sort.PHOTO:
        return head.startswith(PICTURES) or head[8:12] == b"WEBP" or head[4:8] == b"ftyp"
    return not (name.casefold().endswith(TEXTS) and b"\0" in head)
