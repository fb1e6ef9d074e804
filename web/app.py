"""The whole web room as one ASGI app: hooks in front, pages and their API behind, guarded."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web import board, chat, checking, customers, demo, forms, metrics, own_data, signing, ticket, ticket_form
from web.assets import Assets
from web.floods import Floods
from web.front import Front
from web.guard import Guard
from web.hooks import App, Door, Hooks

log = logging.getLogger("huiying.web")

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def app(doors: Mapping[str, Door], front: Front, stage: demo.Stage | None = None, hosts: Sequence[str] = ()) -> App:
    """The app. With a `stage` it is a demonstration; `hosts` are the only names it answers to, if any are given."""
    assets, floods = Assets(), Floods(front.visitors, front.clock) if front.visitors else None
    routes = [
        *(demo.routes(stage, assets) if stage else [Route("/", lambda request: assets.page("home"))]),
        *(chat.routes(front, front.visitors, floods, assets) if front.visitors and floods else []),
        *(forms.routes(front, front.visitors, floods, assets) if front.visitors and floods else []),
        *board.routes(front, assets),
        *ticket.routes(front, assets),
        *ticket_form.routes(front, assets),
        *customers.routes(front, assets),
        *signing.routes(front, assets),
        *checking.routes(front, assets),
        *own_data.routes(front, assets),
        Route("/healthz", _health(front)),
        *(metrics.routes(front.metrics, front.metrics_key) if front.metrics and front.metrics_key else []),
        Route("/static/{version}/{name}", assets.serve),
    ]
    pages = Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _failed})
    guards = {name: floods for name, door in doors.items() if floods and door.channel is front.visitors}
    return Hooks(doors, Guard(pages), guards) if not hosts else Guard(Hooks(doors, pages, guards), hosts)


def _health(front: Front):
    def health(request: Request) -> Response:
        """Whether the desk works: its store can be read and its pump turns."""
        try:
            with front.database.reading() as connection:
                connection.say("SELECT 1")
            well = front.healthy()
        except Exception:
            log.exception("the store cannot be read")
            well = False
        return Response(b"ok" if well else b"", 200 if well else 503, media_type="text/plain")

    return health


async def _refused(request: Request, error: Exception) -> Response:
    return Response(status_code=error.status_code if isinstance(error, HTTPException) else 400)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("a page failed", extra={"path": request.url.path})
    return Response(status_code=500)
