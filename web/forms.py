"""Forms of visitors: a report by form, or going on with that of a ticket (报修表单, S51, S57, S78).

A visitor comes with his chat's token, kept in a strict cookie of this path alone, so that nothing is handed in from another site.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from core.forms.basics import BASIC, basics
from core.forms.choosing import form_called, form_of
from core.forms.definition import Asked, Field, Form
from core.forms.submitting import Handed, fill_by_page, own_ticket, report_by_form
from core.people.linking import meet, speaker
from core.people.model import Person, Role
from core.privacy.informing import must_be_informed, notice
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.tickets.queries import by_number, tickets_of_customer
from core.words import DAY, SECOND, Inbound, Room, Who
from web.assets import Assets
from web.bodies import small_json
from web.floods import Floods
from web.form_door import (
    FORM,
    MOST_BODY,
    REPORT,
    Fields,
    FormDoor,
    Guest,
    as_given,
    began_at,
    body_of,
    fields_in,
    mistakes,
    part,
    sheet_of,
    text,
)
from web.form_html import Drawing, Sheet
from web.front import Front, Visitors

COOKIE, LANG_COOKIE = "form", "form_lang"
PATH = "/form"
LASTS = DAY // SECOND
"""Seconds for which a browser that has opened the form stays known to it."""


def routes(front: Front, visitors: Visitors, floods: Floods, assets: Assets) -> list[Route]:
    """The form of visitors and what it loads."""
    door = VisitorForm(front, visitors, floods, assets)
    return [
        Route(PATH, door.page),
        Route(PATH, door.hand_in, methods=["POST"]),
        Route(f"{PATH}/enter", door.enter, methods=["POST"]),
        Route(f"{PATH}/files", door.file, methods=["POST"]),
    ]


class VisitorForm(FormDoor):
    """A visitor's own: a new report, with the form that he chooses, or the form of a ticket of his."""

    def __init__(self, front: Front, visitors: Visitors, floods: Floods, assets: Assets) -> None:
        super().__init__(front, assets)
        self._visitors, self._floods = visitors, floods

    async def enter(self, request: Request) -> Response:
        """His chat's token becomes the cookie of this path."""
        given = await small_json(request)
        token = given.get("token")
        if self._visitors.visitor(token) is None:
            raise HTTPException(403)
        answer = JSONResponse({})
        for name, value in ((COOKIE, str(token)), (LANG_COOKIE, "en" if given.get("lang") == "en" else "zh")):
            answer.set_cookie(
                name, value, max_age=LASTS, path=PATH, httponly=True, samesite="strict", secure=self.front.secure
            )
        return answer

    def page(self, request: Request) -> Response:
        """The form, or for a browser that is not known here the page that makes it known."""
        who = self._who(request)
        if who is None:
            return self.assets.page("form-enter")
        return self.front.look(lambda turn: self._show(turn, request, who))

    async def hand_in(self, request: Request) -> Response:
        """Make the ticket or keep the answers; with mistakes, the page comes back with all that was written."""
        who = self._known(request)
        given = fields_in(await body_of(request, MOST_BODY))
        began = began_at(given, self.front)
        number, form_id = request.query_params.get("ticket"), request.query_params.get("kind")

        def act(turn: Turn) -> tuple[Handed, str | None]:
            person = _met(turn, who, self.front.entity)
            if number is not None:
                by_number(turn, person.entity, number)
            if number is None:
                form = _of_customers(turn, form_id)
                return report_by_form(turn, person, who.room, form, part(given, REPORT), part(given, FORM), began), None
            ticket = own_ticket(turn, person, number)
            form = form_of(turn, ticket) if ticket is not None else None
            if ticket is None or form is None:
                raise HTTPException(404)
            return fill_by_page(turn, ticket, form, person, part(given, FORM), began), number

        try:
            handed, _ = await self.act(who, act)
        except Refused:
            raise HTTPException(403) from None
        if handed.ticket is None:
            return await asyncio.to_thread(
                self.front.look, lambda turn: self._show(turn, request, who, given, handed, began)
            )
        done = "saved" if number else "sent"
        return RedirectResponse(f"{PATH}?{urlencode({'ticket': handed.ticket.number, 'done': done})}", 303)

    async def file(self, request: Request) -> Response:
        """A file for one of its fields."""
        who = self._known(request)
        prefix, _, name = request.query_params.get("field", "").partition(".")
        number, form_id = request.query_params.get("ticket"), request.query_params.get("kind")

        def find(turn: Turn) -> Field | None:
            person = who.find(turn)
            ticket = own_ticket(turn, person, number) if person is not None and number else None
            form = form_of(turn, ticket) if ticket is not None else _of_customers(turn, form_id)
            return form.field(name) if form is not None and prefix == FORM else None

        field = await asyncio.to_thread(self.front.look, find)
        return await self.keep_file(who, request, field, lambda turn: _met(turn, who, self.front.entity))

    def _show(
        self,
        turn: Turn,
        request: Request,
        who: Guest,
        given: Fields | None = None,
        handed: Handed | None = None,
        began: int = 0,
    ) -> Response:
        number, form_id = request.query_params.get("ticket"), request.query_params.get("kind")
        person, draw = who.find(turn), Drawing(who.lang)
        back = ("/chat", draw.say("chat"))
        if number is not None:
            ticket = own_ticket(turn, person, number) if person is not None else None
            if ticket is None or person is None:
                raise HTTPException(404)
            return self._show_ticket(turn, request, draw, person, ticket, back, given, handed, began)
        if form_id is None and (links := _kinds(turn, draw, person)):
            body = f'<section class="sheet"><h2>{draw.say("choose")}</h2><ul class="kinds">{links}</ul></section>'
            return self.drawn(draw, body, draw.say("report"), "", back)
        form = _of_customers(turn, form_id)
        basic = Sheet(
            basics(),
            basics().fields,
            part(given, REPORT)
            if given
            else {"priority": ["P2"], "phone": [person.phone] if person and person.phone else []},
            REPORT,
            handed.basic if handed else {},
        )
        sheets = [basic]
        if form is not None:
            values = as_given(turn, part(given or {}, FORM), form)
            sheets.append(Sheet(form, _customer_fields(form), values, FORM, handed.mistakes if handed else {}))
        told = mistakes(draw, handed)
        query = f"?kind={form.id if form else BASIC}"
        body = self.form(draw, sheets, PATH + query, f"{PATH}/files{query}", "send", began or turn.now, told)
        body += _notice(turn, person, who.lang)
        return self.drawn(draw, body, draw.say("report"), "", back, 422 if told else 200)

    def _show_ticket(
        self, turn: Turn, request: Request, draw: Drawing, person: Person, ticket: Ticket, back: tuple[str, str],
        given: Fields | None, handed: Handed | None, began: int,
    ) -> Response:  # fmt: skip
        query, form = f"?ticket={quote(ticket.number)}", form_of(turn, ticket)
        done = request.query_params.get("done")
        told = mistakes(draw, handed)
        if not told and done in ("sent", "saved"):
            told = f'<p class="told" role="status">{draw.say(done, number=ticket.number)}</p>'
        body = told
        if form is not None and _customer_fields(form) and ticket.status not in ("closed", "cancelled"):
            sheet = sheet_of(turn, ticket, form, person, given, handed)
            body = self.form(draw, [sheet], PATH + query, f"{PATH}/files{query}", "save", began or turn.now, told)
        return self.drawn(draw, body, text(ticket.number), "", back, 422 if handed else 200)

    def _who(self, request: Request) -> Guest | None:
        visitor = self._visitors.visitor(request.cookies.get(COOKIE))
        if visitor is None:
            return None
        room, lang = self._visitors.room(visitor), "en" if request.cookies.get(LANG_COOKIE) == "en" else "zh"
        return Guest(room, lang, lambda turn: _customer(speaker(turn, _entering(turn, room))))

    def _known(self, request: Request) -> Guest:
        """Whoever hands something in, from this very page."""
        who = self._who(request)
        if who is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise HTTPException(403)
        if wait := self._floods.address(request.scope) or self._floods.visitor(who.room.id):
            raise HTTPException(429, headers={"retry-after": str(wait)})
        return who


def _kinds(turn: Turn, draw: Drawing, person: Person | None) -> str:
    """Links to what he may go on with, and to what he may report; none where there is nothing to choose."""
    forms = [form for form in turn.house.policies.forms if _customer_fields(form)]
    if not forms:
        return ""
    rows = []
    for ticket in tickets_of_customer(turn, person) if person is not None else ():
        form = form_of(turn, ticket) if ticket.is_open else None
        if form is not None and _customer_fields(form):
            label = draw.say("go_on", number=ticket.number, title=form.title.to(draw.lang))
            rows.append((f"ticket={quote(ticket.number)}", label))
    rows += [(f"kind={form.id}", text(form.title.to(draw.lang))) for form in forms]
    rows.append((f"kind={BASIC}", draw.say("plain")))
    return "".join(f'<li><a href="{PATH}?{query}">{label}</a></li>' for query, label in rows)


def _notice(turn: Turn, person: Person | None, lang: str) -> str:
    """Who keeps what of him and why, for whoever has not been told yet (PIPL Art. 17)."""
    known = person is not None and not must_be_informed(turn, person)
    return "" if known else f'<p class="hint">{text(notice(turn, lang))}</p>'


def _customer_fields(form: Form) -> tuple[Field, ...]:
    """What a customer may fill in, if the form asks him for anything."""
    asked = any(one.asked == Asked.CUSTOMER for one in form.fields)
    return tuple(one for one in form.fields if asked and Role.CUSTOMER in one.seen_by)


def _of_customers(turn: Turn, form_id: str | None) -> Form | None:
    form = form_called(turn, form_id) if form_id else None
    return form if form is not None and _customer_fields(form) else None


def _customer(person: Person | None) -> Person | None:
    return person if person is not None and not person.is_staff else None


def _met(turn: Turn, who: Guest, entity: str) -> Person:
    """The visitor, known from now on. Raises HTTPException 403 for a member of the staff: he has pages of his own."""
    message = _entering(turn, who.room)
    person = speaker(turn, message) or meet(turn, message, entity, who.lang)
    if person.is_staff:
        raise HTTPException(403)
    return person


def _entering(turn: Turn, room: Room) -> Inbound:
    return Inbound(f"form:{room.id}", turn.now, Who(room.id), room, "enter")
