"""A ticket's page, for whoever comes with a pass of his own (S7, S18, S83). It shows, and changes nothing but that it was opened."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.people.passes import Pass
from core.store.turn import Cause, Turn
from core.tickets.describing import page_of
from core.tickets.opening import opened
from core.tickets.page import TicketPage, original_of, readable, ticket_page
from core.tickets.queries import by_number
from core.words import Room
from web.addresses import address_of
from web.assets import Assets
from web.files import file_answer
from web.front import BOARD, Front
from web.passes import Passes
from web.streams import stream_of

COOKIE = "pass"
VERSION = 8
"""Characters of a file's hash that its address carries: the copy of a photo may be made anew."""


def routes(front: Front, assets: Assets) -> list[Route]:
    """The page and what it loads, all under one path so that its cookie goes nowhere else."""
    page = TicketDoor(front, assets)
    return [
        Route("/t/{number}", page.page),
        Route("/t/{number}/data", page.data),
        Route("/t/{number}/stream", page.stream),
        Route("/t/{number}/files/{id:int}", page.file),
        Route("/t/{number}/files/{id:int}/original", page.original),
    ]


class TicketDoor:
    """Open to the person whom the pass names, as long as he is on the staff and his role may read the ticket."""

    def __init__(self, front: Front, assets: Assets) -> None:
        self._front, self._assets = front, assets
        self._passes = Passes(front, assets, COOKIE)

    async def page(self, request: Request) -> Response:
        """Records once per link that he opened it."""
        number = request.path_params["number"]
        subject, path = page_of(number), f"/{page_of(number)}"
        if "p" in request.query_params:
            return self._passes.enter(request, subject, path)
        found = self._passes.brought(request, subject)
        if found is None:
            return self._passes.closed()
        fresh = self._passes.is_fresh(request)
        if not (await self._open(request, found, number) if fresh else await self._may_read(found, number)):
            return self._passes.closed()
        answer = self._assets.page("ticket")
        if fresh:
            self._passes.used(request, answer, found, path)
        return answer

    def data(self, request: Request) -> Response:
        """All that the page shows."""
        found = asdict(self._shown(request))
        for file in found["files"]:
            name, original = file.pop("hash"), file.pop("original")
            file["version"], file["original"] = name and name[:VERSION], original is not None
            del file["mime"]
        return JSONResponse(found)

    def stream(self, request: Request) -> Response:
        """Wakes the page when something may have changed."""
        self._shown(request)
        return stream_of(self._front.bells, BOARD)

    async def file(self, request: Request) -> Response:
        """A file that this reader may have. Unknown and foreign ones are equally not there."""
        shown = await asyncio.to_thread(self._shown, request)
        for file in shown.files:
            if file.id == request.path_params["id"] and file.hash is not None:
                return await file_answer(self._front.files, file.hash, file.name, file.mime)
        raise HTTPException(404)

    async def original(self, request: Request) -> Response:
        """A photo as it came, for those who may see it; each look is recorded. It is plain bytes, and stays in no cache."""
        number, file_id = request.path_params["number"], request.path_params["id"]
        brought = self._passes.brought(request, page_of(number))
        if brought is None:
            raise HTTPException(403)

        def act(turn: Turn) -> tuple[str, str] | None:
            known = readable(turn, brought.person_id, number)
            return original_of(turn, *known, file_id) if known else None

        seen = await self._front.act(act, self._cause(request, brought))
        if seen is None:
            raise HTTPException(404)
        name, called = seen
        return await file_answer(self._front.files, name, called, None, keep="no-store")

    def _shown(self, request: Request) -> TicketPage:
        number = request.path_params["number"]
        found = self._passes.brought(request, page_of(number))
        shown = self._front.look(lambda turn: ticket_page(turn, found.person_id, number)) if found else None
        if shown is None:
            raise HTTPException(403)
        return shown

    async def _may_read(self, found: Pass, number: str) -> bool:
        return (
            await asyncio.to_thread(self._front.look, lambda turn: readable(turn, found.person_id, number)) is not None
        )

    async def _open(self, request: Request, found: Pass, number: str) -> bool:
        """Record it, with the address from which he came (S35)."""

        def act(turn: Turn) -> bool:
            by_number(turn, self._front.entity, number)
            known = readable(turn, found.person_id, number)
            if known is None:
                return False
            ticket, reader = known
            opened(turn, ticket, reader)
            return True

        return await self._front.act(act, self._cause(request, found))

    def _cause(self, request: Request, found: Pass) -> Cause:
        """Who does it, and from where."""
        via = str(Room("web", "page", address_of(request.scope) or "here"))
        return Cause(f"page:{secrets.token_hex(8)}", found.person_id, via)
