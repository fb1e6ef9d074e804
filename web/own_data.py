"""A person's copy of his own data, fetched by his link where a chat takes no file of its size (PIPL Art. 45)."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.privacy.exporting import handed_out
from core.store.turn import Turn
from web.assets import Assets
from web.files import file_answer
from web.front import Front
from web.passes import Passes

COOKIE = "own"
"""Holds the pass to a copy."""
NOT_KEPT = "no-store"
"""What a copy holds is kept by no browser."""


def routes(front: Front, assets: Assets) -> list[Route]:
    """The door to copies."""
    door = _Door(front, Passes(front, assets, COOKIE, "customer-closed"))
    return [Route("/d/{number:int}", door.fetch)]


class _Door:
    def __init__(self, front: Front, passes: Passes) -> None:
        self._front, self._passes = front, passes

    async def fetch(self, request: Request) -> Response:
        """The link; then, with its pass in the cookie, the file."""
        number = request.path_params["number"]
        subject, path = f"d/{number}", f"/d/{number}"
        if "p" in request.query_params:
            return self._passes.enter(request, subject, path)
        found = self._passes.brought(request, subject)
        if found is None:
            return self._passes.closed()

        def see(turn: Turn) -> tuple[str, str] | None:
            return handed_out(turn, number, found.person_id)

        assert self._front.look is not None
        copy = await asyncio.to_thread(self._front.look, see)
        if copy is None:
            raise HTTPException(404)
        return await file_answer(self._front.files, copy[0], copy[1], None, keep=NOT_KEPT)
