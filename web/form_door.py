"""What every page of a form does: draw sheets, take what is handed in, and the files that come before it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.forms.definition import Field, Form
from core.forms.filling import answers_of
from core.forms.model import FormUpload
from core.forms.reading import Misfit, accepted
from core.forms.submitting import Handed, file_names, known_to, upload, visible
from core.people.model import Person
from core.store.turn import Cause, Turn
from core.tickets.model import Ticket
from core.words import Room
from web.assets import Assets
from web.form_files import looks_right
from web.form_html import Drawing, Sheet, is_file
from web.front import Front

MOST_BODY = 256 * 1024
"""Bytes of a form that is handed in; its files have come before."""
MOST_PAIRS = 600
MOST_FILE = 10_000_000
"""Largest file, bytes."""
MOST_NAME = 120
"""Longest name of a file, characters."""
FORM, REPORT = "f", "r"
"""Before the names of a form's fields, and of those of the report itself."""

Fields = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Guest:
    """Whoever has the page open: `room` is where he chats or from where he came."""

    room: Room
    lang: str
    find: Callable[[Turn], Person | None]


class FormDoor:
    """What both kinds of pages have in common."""

    def __init__(self, front: Front, assets: Assets) -> None:
        self.front, self.assets = front, assets

    async def act(self, who: Guest, do: Callable[[Turn], Any], by: int | None = None) -> Any:
        return await self.front.act(do, Cause(f"form:{secrets.token_hex(8)}", by, str(who.room)))

    def drawn(
        self, draw: Drawing, body: str, title: str, under: str, back: tuple[str, str], status: int = 200
    ) -> Response:
        words = {
            "lang": "zh-CN" if draw.lang == "zh" else "en",
            "title": title,
            "under": under,
            "back": back[0],
            "backward": back[1],
            "body": body,
        }
        return self.assets.filled("form", words, status)

    def form(
        self, draw: Drawing, sheets: Sequence[Sheet], action: str, files: str, send: str, began: int, told: str
    ) -> str:
        inside = "".join(draw.sheet(sheet) for sheet in sheets)
        return (
            f'{told}<form class="filling" method="post" action="{action}" data-files="{files}" novalidate>'
            f'<input type="hidden" name="began" value="{began}">{inside}'
            f'<button type="submit" class="go">{draw.say(send)}</button></form>'
        )

    async def keep_file(
        self, who: Guest, request: Request, field: Field | None, person: Callable[[Turn], Person]
    ) -> Response:
        """Take a file before its form is handed in; what the page is to call it, or what is wrong with it."""
        name = (
            "".join(char for char in request.query_params.get("name", "")[-MOST_NAME:] if char.isprintable()) or "file"
        )
        mime = request.headers.get("content-type", "").partition(";")[0].strip().lower()[:MOST_NAME]
        content = await body_of(request, MOST_FILE)
        if field is None or not is_file(field) or not content:
            raise HTTPException(400)
        if not accepted(field, name, mime) or not looks_right(field, name, content):
            return JSONResponse({"wrong": Drawing(who.lang).wrong(field, Misfit("file"))}, 422)
        kept = await asyncio.to_thread(self.front.keep, content)
        known = await self.act(who, lambda turn: upload(turn, person(turn), name, mime, len(content), kept))
        return JSONResponse({"id": f"u:{known}"})


def sheet_of(
    turn: Turn, ticket: Ticket, form: Form, reader: Person, given: Fields | None, handed: Handed | None
) -> Sheet:
    """A ticket's form as its reader may see it, with what he wrote last."""
    fields = visible(ticket, form, reader)
    his = {one.id for one in fields}
    known = known_to(turn, ticket, form, reader)
    values: dict[str, Sequence[object]] = {
        one.id: file_names(turn, known[one.id]) if is_file(one) else known[one.id] for one in fields if one.id in known
    }
    if given is not None:
        values |= as_given(turn, part(given, FORM), form)
    unseen = {name: value for name, value in answers_of(turn, ticket).items() if name not in his}
    return Sheet(form, fields, values, FORM, handed.mistakes if handed else {}, unseen)


def as_given(turn: Turn, given: Mapping[str, Sequence[str]], form: Form) -> dict[str, Sequence[object]]:
    """What he wrote, as it is drawn again; files under their own names."""
    found: dict[str, Sequence[object]] = {}
    for one in form.fields:
        values = [value for value in given.get(one.id, ()) if value]
        if not is_file(one):
            found[one.id] = values
            continue
        rows = [(value, turn.get(FormUpload, value[2:])) for value in values if value.startswith("u:")]
        kept = [int(value[2:]) for value in values if value.startswith("a:") and value[2:].isdecimal()]
        found[one.id] = [*file_names(turn, tuple(kept)), *((value, row.name) for value, row in rows if row is not None)]
    return found


def mistakes(draw: Drawing, handed: Handed | None) -> str:
    count = len(handed.mistakes) + len(handed.basic) if handed else 0
    return f'<p class="told bad" role="alert">{draw.say("wrong", count=count)}</p>' if count else ""


def part(given: Mapping[str, Sequence[str]], prefix: str) -> Fields:
    """The fields of one sheet, without its prefix."""
    return {name.partition(".")[2]: list(values) for name, values in given.items() if name.startswith(f"{prefix}.")}


def fields_in(body: bytes) -> Fields:
    """What a form sends. Raises HTTPException 400."""
    found: Fields = {}
    try:
        for name, value in parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_PAIRS, strict_parsing=bool(body)
        ):
            found.setdefault(name, []).append(value)
    except (ValueError, UnicodeDecodeError):
        raise HTTPException(400) from None
    return found


async def body_of(request: Request, most: int) -> bytes:
    """Raises HTTPException 413."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise HTTPException(413)
        pieces.append(piece)
    return b"".join(pieces)


def text(words: str) -> str:
    return escape(words)


def began_at(given: Fields, front: Front) -> int:
    """When the page was opened, as it says itself."""
    said = given.get("began", [""])[0]
    return int(said) if said.isdecimal() and len(said) < 19 else front.clock()
