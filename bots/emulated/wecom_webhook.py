"""WeCom's group robots at their wire format: a key each, limits, files; and what their groups are shown."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson

from bots.emulated.asgi import body_of, form_file, lifespan
from bots.emulated.platform import Seen
from bots.emulated.wecom_limits import NO_MEDIA, TYPE, WRONG, Refusal, check_upload, words
from core.words import MINUTE, Accept, Clock, Micros

PLACE = "/cgi-bin/webhook/"
TEXT, MARKDOWN = 2048, 4096
IMAGE = 2 * 1024 * 1024
A_MINUTE = 20
"""Messages of one robot."""
NO_ROBOT, TOO_MANY = 93000, 45009


class WeComRobots:
    """Groups with a robot each. `sent` is what they were shown: a robot's message has no id that its sender would know."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Seen] = []
        self.calls: list[str] = []
        self._groups: dict[str, str] = {}
        self._files: dict[tuple[str, str], tuple[str, bytes]] = {}
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._faults: deque[int | str] = deque()

    def join(self, channel: Any, accept: Accept) -> None:
        """Nothing is delivered: a robot hears nothing."""

    def robot(self, key: str, group: str) -> None:
        """A robot in a group."""
        self._groups[key] = group

    def remove(self, key: str) -> None:
        """Somebody takes the robot out of its group."""
        del self._groups[key]

    def fault(self, *faults: int | str) -> None:
        """What goes wrong with the next messages: an error code, "down", "5xx", or "lost" (done, but not answered)."""
        self._faults.extend(faults)

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        path, query = scope["path"].removeprefix(PLACE), dict(parse_qsl(scope["query_string"].decode()))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.calls.append(path)
        status, answer = self._answered(path, query, headers, await body_of(receive))
        head = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": orjson.dumps(answer)})

    def _answered(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        fault = self._faults.popleft() if self._faults and path == "send" else None
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault == "5xx":
            return 502, {}
        try:
            if isinstance(fault, int):
                raise Refusal(fault, "emulated")
            told = self._upload(query, headers, body) if path == "upload_media" else self._show(query, body)
        except Refusal as refusal:
            return 200, {"errcode": refusal.code, "errmsg": refusal.message}
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, {"errcode": 0, "errmsg": "ok", **told}

    def _group(self, query: Mapping[str, str]) -> str:
        if query.get("key") not in self._groups:
            raise Refusal(NO_ROBOT, "invalid webhook url")
        return self._groups[query["key"]]

    def _upload(self, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        self._group(query)
        name, _, content = form_file(headers.get("content-type", ""), body)
        check_upload(query.get("type", ""), name, content)
        media_id = f"robotmedia{len(self._files):022d}"
        self._files[query["key"], media_id] = name, content
        return {"type": query["type"], "media_id": media_id}

    def _show(self, query: Mapping[str, str], body: bytes) -> dict[str, Any]:
        group, key, asked = self._group(query), query["key"], orjson.loads(body)
        kind = asked.get("msgtype")
        part = asked.get(kind) or {}
        text, name, file, called = "", None, None, ()
        match kind:
            case "text":
                words(part.get("content"), TEXT)
                called = (*part.get("mentioned_list", ()), *part.get("mentioned_mobile_list", ()))
                text = part["content"]
            case "markdown":
                words(part.get("content"), MARKDOWN)
                text = part["content"]
            case "image":
                file = base64.b64decode(part.get("base64", ""))
                if len(file) > IMAGE or hashlib.md5(file).hexdigest() != part.get("md5"):
                    raise Refusal(WRONG, "invalid image")
            case "file":
                if (key, part.get("media_id")) not in self._files:
                    raise Refusal(NO_MEDIA, "invalid media_id")
                name, file = self._files[key, part["media_id"]]
            case _:
                raise Refusal(TYPE, "invalid message type")
        self._must_be_slow(key)
        number = f"robot_{len(self.sent) + 1}"
        seen = Seen(self.clock(), group, text, number, True, file=file, name=name, mentions=called)
        self.sent.append(seen)
        return {}

    def _must_be_slow(self, key: str) -> None:
        recent, now = self._recent[key], self.clock()
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        if len(recent) >= A_MINUTE:
            raise Refusal(TOO_MANY, "api freq out of limit")
        recent.append(now)
