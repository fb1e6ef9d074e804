"""/metrics for Prometheus, to whoever has the key: behind a proxy every caller seems to sit on this machine."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MIME = "text/plain; version=0.0.4; charset=utf-8"


def routes(text: Callable[[], bytes], key: str) -> list[Route]:
    """The page; `key` comes as a bearer, never in the address, which proxies write down."""

    async def metrics(request: Request) -> Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode("utf-8", "replace"), key.encode()):
            return Response(status_code=401, headers={"www-authenticate": "Bearer"})
        return Response(await asyncio.to_thread(text), media_type=MIME)

    return [Route("/metrics", metrics)]
