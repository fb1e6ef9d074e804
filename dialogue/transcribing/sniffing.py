"""What a recording is, by its first bytes: extensions and MIME types are the sender's word, and no proof."""

from __future__ import annotations

AMR, AMR_WB, SILK, CONTAINER = "amr", "amrwb", "silk", "container"

_LOOKED_AT = 64
_NOT_SOUND = (b"<", b"{", b"[", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"Rar!")
"""Pages, JSON (an error of the platform in place of the file), pictures, documents, archives."""


def sniff(content: bytes) -> str | None:
    """amr, amrwb, silk, container (what a demuxer tells apart: Ogg, MP4, WebM, MP3, WAV); None for what is no sound."""
    head = content[:_LOOKED_AT]
    if head.startswith(b"#!AMR-WB\n"):
        return AMR_WB
    if head.startswith(b"#!AMR\n"):
        return AMR
    if head[:1] in (b"#", b"\x02") and b"#!SILK_V3" in head[:10]:
        return SILK
    if not content or head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_NOT_SOUND):
        return None
    sound = (
        head.startswith((b"OggS", b"\x1aE\xdf\xa3", b"ID3", b"fLaC"))
        or (head.startswith(b"RIFF") and head[8:12] == b"WAVE")
        or head[4:8] == b"ftyp"
        or (head[0] == 0xFF and head[1:2] and head[1] & 0xE0 == 0xE0)
    )
    return CONTAINER if sound else None
