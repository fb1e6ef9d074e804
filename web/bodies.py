"""Small JSON bodies of our own pages."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST = 4_096
"""Bytes."""


async def small_json(request: Request, most: int = MOST) -> dict[str, Any]:
    """The object in the body. Raises HTTPException: 415 unless it says that it is JSON (a form of another site cannot), 413, 400."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise HTTPException(413)
    try:
        found = orjson.loads(body or b"{}")
    except ValueError:
        raise HTTPException(400) from None
    if not isinstance(found, dict):
        raise HTTPException(400)
    return found
