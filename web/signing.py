"""A report's sign page: the very document, and a field for a finger or for a code (S66, S100).

Open to whoever comes with a pass to it: the customer with the link from his chat, or the member of the staff who hands the report
over on site, whose own link then stands in the signature.
"""

from __future__ import annotations

import asyncio
import io
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import segno
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.people.model import Person
from core.people.proving import CODE_LASTS
from core.refused import Refused
from core.reports.delivering import page_of
from core.reports.model import Report
from core.reports.sign_page import SignPage, seen_by, sign_link, sign_page
from core.reports.signing import ask_code, sign, sign_by_code, strokes_in
from core.store.turn import Cause, Turn
from core.words import MINUTE, SECOND, Room
from web.addresses import address_of
from web.assets import Assets
from web.bodies import small_json
from web.document_pages import DocumentPages
from web.files import file_answer
from web.floods import Buckets, Rate
from web.front import Front
from web.passes import Passes
from web.sign_html import say, sign_html

COOKIE = "pass"
MOST_BODY = 64 * 1024
"""Bytes of a signature: a drawn one has some thousand."""
TRIES = Rate(30, 6 * SECOND)
"""Attempts to sign one report, whoever makes them."""
HERE = "here"
"""Stands for the address of this machine itself."""


def routes(front: Front, assets: Assets) -> list[Route]:
    """The page and what it loads and sends, all under one path so that its cookie goes nowhere else."""
    door = SignDoor(front, assets)
    return [
        Route("/s/{token}", door.page),
        Route("/s/{token}", door.sign, methods=["POST"]),
        Route("/s/{token}/code", door.ask, methods=["POST"]),
        Route("/s/{token}/state", door.state),
        Route("/s/{token}/pages/{place:int}.png", door.picture),
        Route("/s/{token}/file", door.file),
        Route("/s/{token}/qr.svg", door.code),
    ]


class SignDoor:
    """A pass is looked at anew by every request; unknown reports and those of others are equally not there."""

    def __init__(self, front: Front, assets: Assets) -> None:
        self._front, self._assets = front, assets
        self._passes = Passes(front, assets, COOKIE, "customer-closed")
        self._documents = DocumentPages(front)
        self._tries = Buckets(TRIES, front.clock)

    async def page(self, request: Request) -> Response:
        subject = page_of(request.path_params["token"])
        if "p" in request.query_params:
            return self._passes.enter(request, subject, f"/{subject}")
        shown = await self._look(request)
        if shown is None:
            return self._passes.closed()
        count = await self._documents.count(shown.file.hash) if shown.file and shown.state != "void" else 0
        return self._assets.filled("sign", sign_html(shown, f"/{quote(subject)}", count))

    async def state(self, request: Request) -> Response:
        """How far it is, for a page that waits."""
        return JSONResponse({"state": (await self._shown(request)).state})

    async def picture(self, request: Request) -> Response:
        """One page of the newest version of the document: the very bytes that are to be signed, or that were."""
        file, place = (await self._shown(request)).file, request.path_params["place"]
        pages = await self._documents.pages(file.hash) if file else ()
        if not 1 <= place <= len(pages):
            raise HTTPException(404)
        return Response(pages[place - 1], media_type="image/png", headers={"cache-control": "private, max-age=86400"})

    async def file(self, request: Request) -> Response:
        """The newest version of the document."""
        file = (await self._shown(request)).file
        if file is None:
            raise HTTPException(404)
        return await file_answer(self._front.files, file.hash, file.name, file.mime)

    async def code(self, request: Request) -> Response:
        """A QR code of the link of whoever hands the report over, for the customer's own telephone."""
        found = self._found(request)

        def link(turn: Turn) -> str | None:
            known = seen_by(turn, found, request.path_params["token"])
            return sign_link(turn, *known) if known and known[1].is_staff else None

        url, drawn = await asyncio.to_thread(self._front.look, link), io.BytesIO()
        if url is None:
            raise HTTPException(404)
        segno.make(url, micro=False).save(drawn, kind="svg", scale=5, border=4, light="#fff")
        return Response(drawn.getvalue(), media_type="image/svg+xml")

    async def ask(self, request: Request) -> Response:
        """A code to the customer's number."""
        self._must_be_ours(request)
        await small_json(request)

        def act(turn: Turn, report: Report, by: Person) -> dict[str, str]:
            phone = ask_code(turn, report, by)
            return {"said": say(report.lang, "code_sent", phone=phone, minutes=CODE_LASTS // MINUTE)}

        return await self._act(request, act)

    async def sign(self, request: Request) -> Response:
        """A name with strokes, or with a code. It says which document was shown."""
        self._must_be_ours(request)
        given = await small_json(request, MOST_BODY)
        name, code, document = (given.get(key) for key in ("name", "code", "document"))
        drawn = None if "code" in given else _strokes(given.get("strokes"))
        if not isinstance(name, str) or not isinstance(document, str) or (drawn is None and not isinstance(code, str)):
            raise HTTPException(400)
        origin = {"address": address_of(request.scope) or HERE, "agent": request.headers.get("user-agent", "")}

        def act(turn: Turn, report: Report, by: Person) -> dict[str, str]:
            if document != report.hash:
                raise HTTPException(409)
            if drawn is None:
                sign_by_code(turn, report, by, str(code).strip(), name=name, **origin)
            else:
                sign(turn, report, by, name=name, strokes=drawn, **origin)
            return {"said": say(report.lang, "thanks")}

        return await self._act(request, act)

    # ---- who

    def _found(self, request: Request) -> int:
        found = self._passes.brought(request, page_of(request.path_params["token"]))
        if found is None:
            raise HTTPException(403)
        return found.person_id

    async def _look(self, request: Request) -> SignPage | None:
        token = request.path_params["token"]
        found = self._passes.brought(request, page_of(token))
        if found is None:
            return None
        return await asyncio.to_thread(self._front.look, lambda turn: sign_page(turn, found.person_id, token))

    async def _shown(self, request: Request) -> SignPage:
        shown = await self._look(request)
        if shown is None:
            raise HTTPException(403)
        return shown

    def _must_be_ours(self, request: Request) -> None:
        """What changes something comes from this very page, and not without end."""
        self._found(request)
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise HTTPException(403)
        if wait := self._tries.take(request.path_params["token"]):
            raise HTTPException(429, headers={"retry-after": str(wait)})

    async def _act(self, request: Request, do: Callable[[Turn, Report, Person], dict[str, str]]) -> Response:
        """Carry it out. A refusal is an answer, and what it counted is kept."""
        person_id, token = self._found(request), request.path_params["token"]

        def act(turn: Turn) -> tuple[int, dict[str, Any]]:
            known = seen_by(turn, person_id, token)
            if known is None:
                return 403, {}
            try:
                return 200, do(turn, *known)
            except Refused as refused:
                return 409, {"said": turn.house.wording.text(known[0].lang, f"refused.{refused.key}", **refused.facts)}

        via = str(Room("web", "page", address_of(request.scope) or HERE))
        status, answer = await self._front.act(act, Cause(f"sign:{secrets.token_hex(8)}", person_id, via))
        return JSONResponse(answer, status)


def _strokes(raw: object) -> Any:
    try:
        return strokes_in(raw)
    except ValueError:
        raise HTTPException(400) from None
