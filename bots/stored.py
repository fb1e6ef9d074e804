"""Files of the desk's own store, where a channel keeps what came within a delivery: named by the SHA-256 of their content."""

from __future__ import annotations

import hashlib

from core.words import CannotFetch, Files


def name_of(content: bytes) -> str:
    """The name of this content in the store."""
    return hashlib.sha256(content).hexdigest()


async def stored(files: Files, name: str) -> bytes:
    """The content of this name. Raises CannotFetch."""
    try:
        return await files(name)
    except KeyError:
        raise CannotFetch("the file is not in the store") from None
