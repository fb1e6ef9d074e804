"""Example's servers at their wire format, with the people who write and read: signed deliveries, messages, files, limits.

server = ExampleServer(clock)
channel = Example(ExampleConfig(server.bot, server.token, (server.secret,)), files, clock, httpx.ASGITransport(server))
server.join(channel, accept)
await server.says("wang", "空压机不启动")
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from typing import Any

import httpx
import orjson

from bots.emulated.asgi import body_of, form_file, lifespan
from bots.emulated.platform import Seen
from core.words import MILLISECOND, SECOND, Accept, Clock, Hook

TRIES = 4
"""How often a delivery is tried in all, at once: a test does not wait."""
MOST_TEXT, MOST_BUTTONS, MOST_LABEL, MOST_TOKEN, MOST_FILE = 2000, 5, 40, 100, 10 * 1024 * 1024
STATUS = {"too_many": 429, "try_later": 503, "no_such_chat": 404, "bad_request": 400, "unauthorized": 401}


class ExampleServer:
    """One bot. `answers` are the statuses that its deliveries were answered with."""

    bot, token, secret = "desk", "example-token-0001", "example-secret-0001"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[Seen] = []
        self.answers: list[int] = []
        self._files: dict[str, tuple[bytes, str, str]] = {}
        self._shown: dict[str, str] = {}
        self._faults: deque[str] = deque()
        self._count = 0
        self._joined: tuple[Any, Accept] | None = None

    def join(self, channel: Any, accept: Accept) -> None:
        """Deliver to this channel from now on."""
        self._joined = channel, accept

    def fault(self, name: str) -> None:
        """What goes wrong with the next call: a code in STATUS, "down", or "lost" (done, but not answered)."""
        self._faults.append(name)

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        return await self._deliver(who, group, type="message", text=text, **({"answers": about} if about else {}))

    async def sends(
        self, who: str, content: bytes, mime: str, name: str, *, words: str | None = None, group: str | None = None
    ) -> str:
        number = f"f{self._next()}"
        self._files[number] = content, mime, name
        file = {"id": number, "mime": mime, "name": name, "size": len(content)}
        return await self._deliver(who, group, type="message", file=file, text=words or "")

    async def presses(self, who: str, ref: str, label: str) -> None:
        seen = next(seen for seen in self.sent if seen.ref == ref)
        group = seen.to if seen.group else None
        await self._deliver(who, group, type="press", token=dict(seen.buttons)[label], label=label, answers=ref)

    async def recalls(self, who: str, ref: str) -> None:
        """Example tells bots nothing of it."""

    async def _deliver(self, who: str, group: str | None, **said: Any) -> str:
        number = f"m{self._next()}"
        hook = self.signed(self.delivery(number, who, group, **said))
        for _ in range(TRIES if self._joined else 0):
            channel, accept = self._joined or (None, None)
            try:
                status = (await channel.receive(hook, accept)).status
            except Exception:
                status = 500
            self.answers.append(status)
            if status == 200:
                break
        return number

    def delivery(self, number: str, who: str, group: str | None = None, **said: Any) -> bytes:
        """What a delivery holds."""
        chat, at = {"id": group or who, "group": group is not None}, self.clock() // MILLISECOND
        speaker = {"id": who, "name": None, "bot": False}
        return orjson.dumps({"id": number, "bot": self.bot, "at": at, "from": speaker, "chat": chat, **said})

    def signed(self, body: bytes) -> Hook:
        """The request that carries a delivery."""
        at = str(self.clock() // SECOND)
        seal = hmac.new(self.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return Hook("POST", {"x-example-time": at, "x-example-signature": seal}, [], body)

    # ------------------------------------------------------------ HTTP

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body, headers = await body_of(receive), {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer, mime = self._answered(scope["path"].lstrip("/"), headers, body)
        head = [(b"content-type", mime.encode()), *([(b"retry-after", b"7")] if status == 429 else [])]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    def _answered(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, str]:
        fault = self._faults.popleft() if self._faults else ""
        if fault == "down":
            raise httpx.ConnectError("no connection")
        found = self._files.get(path.removeprefix("files/"))
        if found and headers.get("authorization") == f"Bearer {self.token}":
            return 200, found[0], found[1]
        answer = {"error": fault} if fault in STATUS else self._done(path, headers, body)
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return STATUS.get(answer.get("error", ""), 200), orjson.dumps(answer), "application/json"

    def _done(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        if headers.get("authorization") != f"Bearer {self.token}":
            return {"error": "unauthorized"}
        if path == "files":
            name, mime, content = form_file(headers["content-type"], body, "file")
            number = f"f{self._next()}"
            self._files[number] = content, mime, name
            return {"id": number} if len(content) <= MOST_FILE else {"error": "bad_request"}
        return self._show(orjson.loads(body)) if path == "messages" else {"error": "bad_request"}

    def _show(self, asked: dict[str, Any]) -> dict[str, str]:
        buttons, key = asked["buttons"], asked["key"]
        right = len(asked["text"]) <= MOST_TEXT and len(buttons) <= MOST_BUTTONS
        fits = all(len(one["label"]) <= MOST_LABEL and len(one["token"] or "") <= MOST_TOKEN for one in buttons)
        if not (right and fits):
            return {"error": "bad_request"}
        if key not in self._shown:
            self._shown[key] = number = f"s{self._next()}"
            pressed = tuple((one["label"], one["token"] or one["url"]) for one in buttons)
            file = self._files.get(asked.get("file", ""))
            content = {"file": file[0], "name": file[2]} if file else {}
            self.sent.append(Seen(self.clock(), asked["chat"], asked["text"], number, buttons=pressed, **content))
        return {"id": self._shown[key]}

    def _next(self) -> int:
        self._count += 1
        return self._count
