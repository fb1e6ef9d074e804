"""The customer's chat page: a token for a visitor, what was said in his room, a stream that wakes his page, and his files."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.conversations.history import Line, file_in, said_in
from core.words import Button, FileRef, Media, Room
from web.assets import Assets
from web.bodies import small_json
from web.files import PICTURES, file_answer
from web.floods import Floods
from web.front import Front, Visitors
from web.streams import stream_of

LINKS = ("https://", "http://", "/")


def routes(front: Front, visitors: Visitors, floods: Floods, assets: Assets) -> list[Route]:
    """The chat page and its API."""
    chat = Chat(front, visitors, floods)
    return [
        Route("/chat", lambda request: assets.page("chat")),
        Route("/api/chat/session", chat.session, methods=["POST"]),
        Route("/api/chat/messages", chat.messages),
        Route("/api/chat/stream", chat.stream),
        Route("/files/{hash}", chat.file),
    ]


class Chat:
    """Nothing here is told without a token, and nothing but what was said in its visitor's own room."""

    def __init__(self, front: Front, visitors: Visitors, floods: Floods) -> None:
        self._front, self._visitors, self._floods = front, visitors, floods

    async def session(self, request: Request) -> Response:
        """A fresh token: for the same visitor if he brings a valid one, otherwise for a new one."""
        given = (await small_json(request)).get("token")
        visitor = self._visitors.visitor(given)
        if visitor is None:
            if wait := self._floods.newcomer(request.scope):
                return Response(status_code=429, headers={"retry-after": str(wait)})
            visitor = secrets.token_hex(16)
        return JSONResponse({"token": self._visitors.token(visitor)})

    def messages(self, request: Request) -> Response:
        """The last lines of the room, or 204 if they are those that `after` names."""
        room = self._room(request)
        with self._front.database.reading() as connection:
            lines = orjson.dumps([_shown(line) for line in said_in(connection, room)])
        tag = hashlib.sha256(lines).hexdigest()[:16]
        if request.query_params.get("after") == tag:
            return Response(status_code=204)
        body = b'{"tag":"%s","now":%d,"lines":%s}' % (tag.encode(), self._front.clock(), lines)
        return Response(body, media_type="application/json")

    async def stream(self, request: Request) -> Response:
        """Wakes the page when there is something new."""
        return stream_of(self._front.bells, str(self._room(request)))

    async def file(self, request: Request) -> Response:
        """A file that was sent in the visitor's room. Unknown and foreign ones are equally not there."""
        room, name = self._room(request), request.path_params["hash"]
        with self._front.database.reading() as connection:
            found = file_in(connection, room, name) if _is_hash(name) else None
        if found is None:
            raise HTTPException(404)
        return await file_answer(self._front.files, name, found.name or "", found.mime)

    def _room(self, request: Request) -> Room:
        visitor = self._visitors.visitor(request.query_params.get("token"))
        if visitor is None:
            raise HTTPException(403)
        return self._visitors.room(visitor)


def _is_hash(name: str) -> bool:
    return len(name) == 64 and all(character in "0123456789abcdef" for character in name)


def _shown(line: Line) -> dict[str, Any]:
    """A line as the page takes it."""
    if line.say is None:
        files = [_file(media.ref, media) for media in line.media]
        return {
            "id": f"i{line.id}",
            "at": line.at,
            "mine": True,
            "ref": line.key.rpartition(":")[2],
            "text": line.text,
            "files": files,
        }
    say = line.say
    return {
        "id": f"o{line.id}",
        "at": line.at,
        "mine": False,
        "text": say.text,
        "title": say.title,
        "facts": say.facts,
        "buttons": [_button(button) for button in say.buttons if button.token or _opens(button.url)],
        "files": [_file(say.file.hash, say.file)] if say.file else [],
        "link": say.link if _opens(say.link) else None,
    }


def _button(button: Button) -> dict[str, str | None]:
    return {"label": button.label, "token": button.token, "url": button.url if _opens(button.url) else None}


def _opens(url: str | None) -> bool:
    return bool(url) and str(url).startswith(LINKS)


def _file(name: str, file: Media | FileRef) -> dict[str, Any]:
    return {
        "hash": name,
        "name": file.name or "",
        "size": file.size,
        "picture": file.mime in PICTURES,
        "mime": file.mime,
    }
