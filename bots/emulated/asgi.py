"""The few things that every emulated server needs of HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


def form_file(content_type: str, body: bytes) -> tuple[str, str, bytes]:
    """Name, media type and content of the file in a form. The name stands in plain UTF-8, as WeCom reads it."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    for part in body.split(b"--" + boundary) if boundary else ():
        head, found, content = part.partition(b"\r\n\r\n")
        if found and b'name="media"' in head:
            lines = head.decode().split("\r\n")
            name = next(
                (line.partition('filename="')[2].rpartition('"')[0] for line in lines if "filename=" in line), ""
            )
            mime = next(
                (line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-type")), ""
            )
            return name, mime, content.removesuffix(b"\r\n")
    return "", "", b""


async def body_of(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """The whole body of a request."""
    pieces, more = [], True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def lifespan(receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """Start and end of a server, of which nothing depends."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
