"""The jobs that bring media from a platform into the desk's own store, and make the copies of photos that may leave it."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping
from typing import Any

from core.store.files import FileStore
from core.store.working import Work
from core.tickets.marking import PICTURES
from core.words import CannotFetch, Channel, Media
from notifier.photos.darkroom import Darkroom, Unmarkable

MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif", b"%PDF-": "application/pdf",
         b"#!AMR": "audio/amr", b"OggS": "audio/ogg", b"PK\x03\x04": "application/zip"}  # fmt: skip
"""First bytes of a file → what it is, whatever its sender calls it."""
RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp"}
"""What stands after RIFF and a size → what it is."""
HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""What stands after ftyp in photos of iPhones."""


def fetch_media(channels: Mapping[str, Channel], files: FileStore, darkroom: Darkroom) -> Work:
    """Fetch a file by its channel and keep it, unless the desk has it; what it is is read from its first bytes, and where and when a
    photo was taken from what its camera wrote."""

    async def fetch(data: Mapping[str, Any]) -> dict[str, Any]:
        media = Media.of(data["media"])
        content = await (files.read(media.hash) if media.hash else _fetched(channels.get(data["channel"]), media))
        name = await asyncio.to_thread(files.put, content)
        mime = mime_of(content) or media.mime or mimetypes.guess_type(media.name or "")[0] or "application/octet-stream"
        camera = await _looked_at(darkroom, content) if mime in PICTURES else {}
        return {"hash": name, "size": len(content), "mime": mime, **camera}

    return fetch


def mark_photo(files: FileStore, darkroom: Darkroom) -> Work:
    """Make the copy of a photo that may leave; {why} if it never can be made."""

    async def mark(data: Mapping[str, Any]) -> dict[str, Any]:
        try:
            copy = await darkroom.mark(await files.read(data["hash"]), data["lines"])
        except Unmarkable as no:
            if no.final:
                return {"why": no.why}
            raise
        return {"hash": await asyncio.to_thread(files.put, copy), "size": len(copy)}

    return mark


def mime_of(content: bytes) -> str | None:
    """What a file is by its first bytes; None if they do not tell."""
    if content.startswith(b"RIFF"):
        return RIFF.get(content[8:12])
    if content[4:8] == b"ftyp" and content[8:12] in HEIC:
        return "image/heic"
    return next((mime for magic, mime in MAGIC.items() if content.startswith(magic)), None)


async def _looked_at(darkroom: Darkroom, content: bytes) -> dict[str, Any]:
    """What its camera says; why it is no picture, if it is none. What went wrong otherwise is tried again when it is marked."""
    try:
        seen = await darkroom.look(content)
    except Unmarkable as no:
        return {"why": no.why} if no.final else {}
    return {"place": seen["place"], "taken_at": seen["at"]}


async def _fetched(channel: Channel | None, media: Media) -> bytes:
    if channel is None:
        raise CannotFetch("its channel is switched off")
    return await channel.fetch(media)
