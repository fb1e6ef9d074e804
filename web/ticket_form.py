"""The form of a ticket, for a member of the staff who comes with a pass to its page (S57, S78)."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from core.forms.choosing import form_of
from core.forms.definition import Form
from core.forms.submitting import Handed, fill_by_page, visible
from core.people.model import Person
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.describing import page_of
from core.tickets.model import Ticket
from core.tickets.page import readable
from core.tickets.queries import by_number
from core.words import Room
from web.addresses import address_of
from web.assets import Assets
from web.form_door import (
    FORM,
    MOST_BODY,
    Fields,
    FormDoor,
    Guest,
    began_at,
    body_of,
    fields_in,
    mistakes,
    part,
    sheet_of,
    text,
)
from web.form_html import Drawing
from web.front import Front
from web.passes import Passes

COOKIE = "pass"


def routes(front: Front, assets: Assets) -> list[Route]:
    """The page, below that of the ticket so that its cookie reaches it."""
    door = StaffForm(front, assets)
    return [
        Route("/t/{number}/form", door.page),
        Route("/t/{number}/form", door.hand_in, methods=["POST"]),
        Route("/t/{number}/form/files", door.file, methods=["POST"]),
    ]


class StaffForm(FormDoor):
    """The form of a ticket, for whoever comes with a pass to its page."""

    def __init__(self, front: Front, assets: Assets) -> None:
        super().__init__(front, assets)
        self._passes = Passes(front, assets, COOKIE)

    def page(self, request: Request) -> Response:
        return self.front.look(lambda turn: self._show(turn, request))

    async def hand_in(self, request: Request) -> Response:
        who, by = self._who(request)
        number = request.path_params["number"]
        given = fields_in(await body_of(request, MOST_BODY))
        began = began_at(given, self.front)

        def act(turn: Turn) -> Handed:
            by_number(turn, self.front.entity, number)
            ticket, reader, form = self._found(turn, request)
            return fill_by_page(turn, ticket, form, reader, part(given, FORM), began)

        try:
            handed = await self.act(who, act, by)
        except Refused:
            raise HTTPException(403) from None
        if handed.ticket is None:
            return await asyncio.to_thread(
                self.front.look, lambda turn: self._show(turn, request, given, handed, began)
            )
        return RedirectResponse(f"/{quote(page_of(number))}/form?done=saved", 303)

    async def file(self, request: Request) -> Response:
        who, _ = self._who(request)
        prefix, _, name = request.query_params.get("field", "").partition(".")
        field = await asyncio.to_thread(
            self.front.look, lambda turn: self._found(turn, request)[2].field(name) if prefix == FORM else None
        )
        return await self.keep_file(who, request, field, lambda turn: self._found(turn, request)[1])

    def _show(
        self, turn: Turn, request: Request, given: Fields | None = None, handed: Handed | None = None, began: int = 0
    ) -> Response:
        ticket, reader, form = self._found(turn, request)
        draw, path = Drawing(reader.lang), f"/{quote(page_of(ticket.number))}"
        told = mistakes(draw, handed)
        if not told and request.query_params.get("done") == "saved":
            told = f'<p class="told" role="status">{draw.say("saved", number=ticket.number)}</p>'
        if ticket.status in ("closed", "cancelled"):
            body = f'<p class="told">{draw.say("over", number=ticket.number)}</p>'
        else:
            sheet = sheet_of(turn, ticket, form, reader, given, handed)
            body = self.form(draw, [sheet], f"{path}/form", f"{path}/form/files", "save", began or turn.now, told)
        title = text(form.title.to(reader.lang))
        return self.drawn(draw, body, title, text(ticket.number), (path, draw.say("back")), 422 if handed else 200)

    def _found(self, turn: Turn, request: Request) -> tuple[Ticket, Person, Form]:
        number = request.path_params["number"]
        found = self._passes.brought(request, page_of(number))
        known = readable(turn, found.person_id, number) if found else None
        form = form_of(turn, known[0]) if known else None
        if known is None or form is None or not visible(known[0], form, known[1]):
            raise HTTPException(403 if known is None else 404)
        return known[0], known[1], form

    def _who(self, request: Request) -> tuple[Guest, int]:
        found = self._passes.brought(request, page_of(request.path_params["number"]))
        if found is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise HTTPException(403)
        room = Room("web", "page", address_of(request.scope) or "here")
        return Guest(room, "zh", lambda turn: turn.get(Person, found.person_id)), found.person_id
