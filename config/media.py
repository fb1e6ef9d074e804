"""The job that brings media from a platform into the desk's own store."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping
from typing import Any

from core.store.files import FileStore
from core.store.working import Work
from core.tickets.exif import Taken, taken
from core.words import CannotFetch, Channel, Media

MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif", b"%PDF-": "application/pdf",
         b"#!AMR": "audio/amr", b"OggS": "audio/ogg", b"RIFF": "audio/wav", b"PK\x03\x04": "application/zip"}  # fmt: skip
"""First bytes of a file → what it is, whatever its sender calls it."""


def fetch_media(channels: Mapping[str, Channel], files: FileStore) -> Work:
    """Fetch a file by its channel and keep it, unless the desk has it; what it is is read from its first bytes."""

    async def fetch(data: Mapping[str, Any]) -> dict[str, Any]:
        media = Media.of(data["media"])
        content = await (files.read(media.hash) if media.hash else _fetched(channels.get(data["channel"]), media))
        name = await asyncio.to_thread(files.put, content)
        guessed = mimetypes.guess_type(media.name or "")[0]
        mime = next((mime for magic, mime in MAGIC.items() if content.startswith(magic)), None) or media.mime or guessed
        camera = taken(content)
        told = {"place": camera.place, "taken_at": camera.at} if camera != Taken() else {}
        return {"hash": name, "size": len(content), "mime": mime or "application/octet-stream", **told}

    return fetch


async def _fetched(channel: Channel | None, media: Media) -> bytes:
    if channel is None:
        raise CannotFetch("its channel is switched off")
    return await channel.fetch(media)
