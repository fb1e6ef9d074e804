"""The live board on a page. Whoever stands before it sees cases and who works on them, and nothing of a customer (S18)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import asdict
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from core.insight.channels import status_of
from core.people.model import Person, Role
from core.store.turn import Turn
from core.tickets.board import BOARD, Column, Standing, standings
from core.tickets.views import view
from core.words import DAY, SECOND
from web.assets import Assets
from web.front import BOARD as BELL
from web.front import Front
from web.passes import Passes
from web.streams import stream_of

COOKIE = "board"
PASS_COOKIE = "board_pass"
LASTS = 30 * DAY // SECOND
"""Seconds for which a browser that came with the key stays let in."""


def routes(front: Front, assets: Assets) -> list[Route]:
    """The board and its API."""
    board = Board(front, assets)
    return [
        Route("/board", board.page),
        Route("/api/board", board.tickets),
        Route("/api/board/stream", board.stream),
        Route("/api/board/channels", board.channels),
    ]


class Board:
    """Open to who has the key or a pass: once in the link, then in a cookie; always where there is no key."""

    def __init__(self, front: Front, assets: Assets) -> None:
        self._front, self._assets = front, assets
        self._passes = Passes(front, assets, PASS_COOKIE)
        self._reader = Person(id=0, entity=front.entity, role=Role.ADMIN)

    def page(self, request: Request) -> Response:
        key, given = self._front.board_key, request.query_params.get("key")
        if key is not None and given is not None:
            if not _equal(given, key):
                return self._assets.page("board-closed", 403)
            answer = RedirectResponse("/board", 303)
            answer.set_cookie(
                COOKIE, _mark(key), max_age=LASTS, httponly=True, samesite="lax", secure=self._front.secure
            )
            return answer
        if "p" in request.query_params:
            return self._passes.enter(request, BOARD, "/")
        return self._assets.page("board") if self._open(request) else self._assets.page("board-closed", 403)

    def tickets(self, request: Request) -> Response:
        """Every ticket on the board, in order, with the present instant."""
        self._must_be_open(request)
        now = self._front.clock()
        with self._front.database.reading() as connection:
            found = standings(connection, self._front.entity, self._front.level, now)
        cards = [card for standing in found if (card := self._card(standing))]
        return JSONResponse({"now": now, "columns": list(Column), "tickets": cards})

    def channels(self, request: Request) -> Response:
        """How every channel in use does, with the present instant."""
        self._must_be_open(request)
        now = self._front.clock()
        with self._front.database.reading() as connection:
            found = [asdict(status_of(connection, name, now)) for name in self._front.channels]
        return JSONResponse({"now": now, "channels": found})

    def stream(self, request: Request) -> Response:
        self._must_be_open(request)
        return stream_of(self._front.bells, BELL)

    def _card(self, standing: Standing) -> dict[str, Any]:
        seen = view(standing.ticket, self._reader)
        names = (
            "number",
            "priority",
            "status",
            "device",
            "fault_symptom",
            "error_code",
            "created_at",
            "attachments",
            "reopened",
        )
        shown = {name: seen[name] for name in names if name in seen}
        if not shown:
            return {}
        engineer = standing.engineer if "engineer_id" in seen else None
        return {
            **shown,
            "column": standing.column,
            "since": standing.since,
            "engineer": engineer,
            "red": standing.red,
            "favoured": standing.favoured,
        }

    def _must_be_open(self, request: Request) -> None:
        if not self._open(request):
            raise HTTPException(403)

    def _open(self, request: Request) -> bool:
        key = self._front.board_key
        if key is None:
            return True
        found = self._passes.brought(request, BOARD)
        if found is not None:
            return self._front.look(lambda turn: self._on_the_staff(turn, found.person_id))
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        return _equal(request.cookies.get(COOKIE, ""), _mark(key)) or (
            scheme.lower() == "bearer" and _equal(bearer, key)
        )

    def _on_the_staff(self, turn: Turn, person_id: int) -> bool:
        """Whether he still is, in this entity."""
        person = turn.get(Person, person_id)
        return person is not None and person.is_staff and person.active and person.entity == self._front.entity


def _mark(key: str) -> str:
    """What the cookie holds: proof of the key, not the key."""
    return hmac.new(key.encode(), b"board cookie", hashlib.sha256).hexdigest()


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
