"""Handing out a stored file: under a harmless type, to be saved rather than shown, and with nothing allowed to it."""

from __future__ import annotations

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from core.words import Files

SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "audio/mpeg", "audio/ogg", "audio/wav"})  # fmt: skip
"""Types under which a stored file is handed out. Anything else is plain bytes, whatever its sender called it."""
PICTURES = frozenset(kind for kind in SHOWN_TYPES if kind.startswith("image/"))
KEPT = "private, max-age=86400"
"""A file never changes: a browser may keep it for a day."""
SHOWN_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""What a document of our own making may do where it is shown: nothing but be looked at, also in a browser's viewer of PDFs."""


async def file_answer(files: Files, name: str, called: str, mime: str | None, *, keep: str = KEPT) -> Response:
    """The file with this hash; `keep` says how long a browser may. Raises HTTPException 404 if it is not in the store."""
    try:
        content = await files(name)
    except KeyError:
        raise HTTPException(404) from None
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(called or 'file', safe='')}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": keep,
    }
    return Response(content, media_type=mime if mime in SHOWN_TYPES else "application/octet-stream", headers=headers)


async def shown_answer(files: Files, name: str, called: str, mime: str) -> Response:
    """A document that the desk made itself, to be looked at in its place: browsers inside chats save nothing. Raises HTTPException 404."""
    answer = await file_answer(files, name, called, mime)
    answer.headers["content-disposition"] = f"inline; filename*=UTF-8''{quote(called, safe='')}"
    answer.headers["content-security-policy"] = SHOWN_POLICY
    return answer
