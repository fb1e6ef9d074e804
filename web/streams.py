"""Streams (server-sent events) that say only "look again": a page that missed a word loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from web.bells import Bells

KEEP_ALIVE = 20.0
"""Seconds of silence after which a stream shows that it lives."""
GAP = 0.3
"""Least seconds between two wake-ups of one page."""
RETRY_MS = 3_000
"""After how long a browser comes back when a stream has broken off."""
MOST = 2_000
"""Most streams of one process."""


def stream_of(bells: Bells, name: str) -> Response:
    """A stream of the rings of one bell; the first word comes at once."""
    if bells.listeners >= MOST:
        return Response(status_code=503, headers={"retry-after": "30"})
    return StreamingResponse(_words(bells, name), media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _words(bells: Bells, name: str) -> AsyncIterator[bytes]:
    with bells.listening(name) as rung:
        yield b"retry: %d\ndata: look\n\n" % RETRY_MS
        while not bells.closed:
            try:
                async with asyncio.timeout(KEEP_ALIVE):
                    await rung.wait()
            except TimeoutError:
                yield b": here\n\n"
                continue
            rung.clear()
            yield b"data: look\n\n"
            await asyncio.sleep(GAP)
