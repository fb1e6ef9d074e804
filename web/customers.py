"""Pages that a customer opens on his phone, without a login, by a link of his own (S97, S99, S104): how a ticket stands, and all that
is his. They show, and change nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TypeVar
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from core.store.turn import Turn
from core.tickets.customer_page import customer_page, photo_of, report_file_of
from core.tickets.describing import customer_page_of
from core.tickets.own import MY
from core.tickets.own_page import device_page, own_page
from web.assets import Assets
from web.customer_html import CustomerDrawing
from web.files import shown_answer
from web.front import Front
from web.passes import Passes

COOKIE = "customer"
CLOSED = "customer-closed"
T = TypeVar("T")


def routes(front: Front, assets: Assets) -> list[Route]:
    """/c/NUMBER, good for one ticket, and /my, good for all that is his; each with what it loads below it, so that its cookie goes
    nowhere else."""
    door = CustomerDoor(front, assets)
    tickets = ("/c/{number}", "/my/tickets/{number}")
    pages = {**dict.fromkeys(tickets, door.ticket), "/my": door.own, "/my/devices/{number}/{place:int}": door.device}
    found = []
    for path, draw in pages.items():
        found += [Route(path, door.page(draw)), Route(f"{path}/now", door.now(draw))]
    for path in tickets:
        found += [Route(f"{path}/photos/{{id:int}}", door.photo), Route(f"{path}/report", door.report)]
    return found


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as its reader sees it now. All but `lang` is markup."""

    lang: str
    title: str
    under: str
    body: str

    @property
    def tag(self) -> str:
        """Another one for whatever else is shown."""
        return f'"{hashlib.sha256(self.body.encode()).hexdigest()[:16]}"'


Draw = Callable[[Turn, int, Request], Drawn | None]


class CustomerDoor:
    """Open to the person whom the pass names, as long as he is a customer here and the thing concerns him. Whatever is wrong, he sees
    the same page."""

    def __init__(self, front: Front, assets: Assets) -> None:
        self._front, self._assets = front, assets
        self._passes = Passes(front, assets, COOKIE, CLOSED)

    def page(self, draw: Draw) -> Callable[[Request], Response]:
        """The way to a page: with a fresh link, or with the pass that a link has left."""

        def answer(request: Request) -> Response:
            if "p" in request.query_params:
                return self._passes.enter(request, *_pass_for(request))
            drawn = self._look(request, lambda turn, person_id: draw(turn, person_id, request))
            return self._filled(request, drawn) if drawn else self._passes.closed()

        return answer

    def now(self, draw: Draw) -> Callable[[Request], Response]:
        """What the page shows now; 304 if its reader has that already."""

        def answer(request: Request) -> Response:
            drawn = self._look(request, lambda turn, person_id: draw(turn, person_id, request))
            if drawn is None:
                raise HTTPException(403)
            if request.headers.get("if-none-match") == drawn.tag:
                return Response(status_code=304, headers={"etag": drawn.tag})
            return HTMLResponse(drawn.body, headers={"etag": drawn.tag})

        return answer

    def ticket(self, turn: Turn, person_id: int, request: Request) -> Drawn | None:
        """How a ticket stands."""
        page = customer_page(turn, person_id, request.path_params["number"])
        if page is None:
            return None
        body = CustomerDrawing(page.lang).ticket(page, _base(request))
        return Drawn(page.lang, escape(page.number), escape(page.title), body)

    def own(self, turn: Turn, person_id: int, request: Request) -> Drawn | None:
        """All that is his."""
        page = own_page(turn, person_id)
        if page is None:
            return None
        draw = CustomerDrawing(page.lang)
        return Drawn(page.lang, draw.say("own.title"), escape(page.name), draw.own(page))

    def device(self, turn: Turn, person_id: int, request: Request) -> Drawn | None:
        """One of his devices, found by a ticket of his."""
        page = device_page(turn, person_id, request.path_params["number"], request.path_params["place"])
        if page is None:
            return None
        draw = CustomerDrawing(page.lang)
        return Drawn(page.lang, draw.say("own.device_title"), escape(page.name), draw.device(page))

    async def photo(self, request: Request) -> Response:
        """The marked copy of a photo; the original never leaves by a customer's pass (S37)."""
        number, photo_id = request.path_params["number"], request.path_params["id"]
        found = await self._must_find(request, lambda turn, person_id: photo_of(turn, person_id, number, photo_id))
        return await shown_answer(self._front.files, found, f"{number}-{photo_id}.jpg", "image/jpeg")

    async def report(self, request: Request) -> Response:
        """The newest version of the ticket's service report, for its customer alone."""
        number = request.path_params["number"]
        found = await self._must_find(request, lambda turn, person_id: report_file_of(turn, person_id, number))
        return await shown_answer(self._front.files, found.hash, found.name, found.mime)

    def _filled(self, request: Request, drawn: Drawn) -> Response:
        say = CustomerDrawing(drawn.lang).say
        words = {
            "lang": {"zh": "zh-CN"}.get(drawn.lang, drawn.lang),
            "title": drawn.title,
            "under": drawn.under,
            "now": f"{_base(request)}/now",
            "tag": escape(drawn.tag),
            "body": drawn.body,
            "offline": say("follow.offline"),
            "foot": say("follow.foot"),
        }
        return self._assets.filled("customer", words)

    def _look(self, request: Request, find: Callable[[Turn, int], T | None]) -> T | None:
        """What is found for the person whom the pass names; None without a pass that holds."""
        found = self._passes.brought(request, _pass_for(request)[0])
        return self._front.look(lambda turn: find(turn, found.person_id)) if found else None

    async def _must_find(self, request: Request, find: Callable[[Turn, int], T | None]) -> T:
        """Raises HTTPException 404: unknown and foreign ones are equally not there."""
        found = await asyncio.to_thread(self._look, request, find)
        if found is None:
            raise HTTPException(404)
        return found


def _pass_for(request: Request) -> tuple[str, str]:
    """What a pass to this page names, and the path below which its cookie is sent."""
    number = request.path_params.get("number", "")
    subject = MY if request.url.path.startswith(f"/{MY}") else customer_page_of(number)
    return subject, f"/{subject}"


def _base(request: Request) -> str:
    """The path of the page, as it stands in links."""
    return quote(request.url.path.removesuffix("/now"))
