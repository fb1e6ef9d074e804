"""How the desk and the process that opens photos speak: a line of JSON that names the size of what follows, and those bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

LONGEST_LINE = 16_384
"""Bytes of a line of JSON."""


def send(stream: IO[bytes], facts: Mapping[str, Any], content: bytes = b"") -> None:
    """Write one frame. Raises OSError when nobody reads any more."""
    stream.write(json.dumps({**facts, "size": len(content)}).encode() + b"\n")
    stream.write(content)
    stream.flush()


def receive(stream: IO[bytes], most: int) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame, whose content is no larger than `most` bytes; None when there is none, or none that is whole."""
    line = stream.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        return None
    try:
        facts = json.loads(line)
        size = int(facts.pop("size"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    content = stream.read(size) if 0 <= size <= most else b""
    return (facts, content) if len(content) == size else None
