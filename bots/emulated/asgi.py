"""The few things that every emulated server needs of HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import orjson


def form_file(content_type: str, body: bytes, field: str = "media") -> tuple[str, str, bytes]:
    """Name, media type and content of the file in a field of a form. The name stands in plain UTF-8, as WeCom reads it."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    for part in body.split(b"--" + boundary) if boundary else ():
        head, found, content = part.partition(b"\r\n\r\n")
        if found and f'name="{field}"'.encode() in head:
            lines = head.decode().split("\r\n")
            name = next(
                (line.partition('filename="')[2].rpartition('"')[0] for line in lines if "filename=" in line), ""
            )
            mime = next(
                (line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-type")), ""
            )
            return name, mime, content.removesuffix(b"\r\n")
    return "", "", b""


def parameters_of(kind: str, body: bytes) -> dict[str, Any]:
    """The parameters of a call, by JSON or by either kind of form; values that are JSON are opened."""
    if kind.startswith("application/json"):
        return orjson.loads(body)
    if not kind.startswith("multipart/form-data"):
        return {name: _opened(value) for name, value in parse_qsl(body.decode(), keep_blank_values=True)}
    form, found = BytesParser(policy=HTTP).parsebytes(b"content-type: %b\r\n\r\n%b" % (kind.encode(), body)), {}
    for part in form.iter_parts():
        name, content = str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True)
        if part.get_filename():
            found |= {name: content, f"{name} name": part.get_filename()}
        elif isinstance(content, bytes):
            found[name] = _opened(content.decode())
    return found


def _opened(value: str) -> Any:
    if value[:1] in ("{", "[") or value in ("true", "false"):
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(value)
    return value


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
