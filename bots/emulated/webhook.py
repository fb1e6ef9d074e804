"""A partner's system at the wire of the generic webhook, with its people: what they say comes signed, what they hear is checked.

server = PartnerServer(clock)
channel = Webhook({"crm": Partner(...)}, put, files, clock, httpx.ASGITransport(app=server))
server.join(channel, accept)
await server.says("wang", "空压机不启动")
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import Mapping
from typing import Any

import httpx

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.platform import Seen
from core.words import SECOND, Accept, Answer, Clock, Hook

TRIES = 4
"""How often a delivery is tried in all, at once: a test does not wait."""
MOST_TEXT = 20_000
MOST_BUTTONS = 20
MOST_FILE = 5_000_000
QUOTA_SECONDS = 7
FAULTS = {"quota": 429, "gone": 410, "bad": 422, "busy": 503}


class Rejected(Exception):
    """What we posted breaks what docs/channels/webhook.md promises; its HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class PartnerServer:
    """One system. `answers` are the statuses that its deliveries were answered with."""

    name = "crm"
    key = bytes(range(32))
    secret = "whsec_" + base64.b64encode(key).decode()
    url = "https://crm.example.com/huiying"
    files_host = "crm.example.com"

    def __init__(self, clock: Clock, name: str = name) -> None:
        self.clock, self.name = clock, name
        self.sent: list[Seen] = []
        self.answers: list[int] = []
        self.files: dict[str, bytes] = {}
        self._shown: set[str] = set()
        self._faults: deque[str] = deque()
        self._undelivered: list[tuple[str, bytes]] = []
        self._number = 0
        self._channel: Any = None
        self._accept: Accept | None = None

    # ------------------------------------------------------------ what a test can arrange

    def join(self, channel: Any, accept: Accept) -> None:
        """Deliver to this channel from now on."""
        self._channel, self._accept = channel, accept

    def fault(self, *faults: str) -> None:
        """What the next posts meet: quota, gone, bad, busy, down (no connection), or lost (shown, but not answered)."""
        self._faults.extend(faults)

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        said = {"kind": "text", "text": text, "room": self._room(who, group, thread), "about": about}
        return await self.tells(_message(who, {name: value for name, value in said.items() if value}))

    async def sends(
        self,
        who: str,
        content: bytes,
        mime: str,
        name: str = "photo.jpg",
        *,
        words: str | None = None,
        group: str | None = None,
    ) -> str:
        """A file within the delivery itself."""
        file = {"data": base64.b64encode(content).decode(), "mime": mime, "name": name}
        sort = mime.partition("/")[0]
        kind = {"image": "image", "audio": "voice"}.get(sort, "file")
        if words:
            file["words"] = words
        return await self.tells(_message(who, {"kind": kind, "media": [file], "room": self._room(who, group)}))

    async def presses(self, who: str, ref: str, label: str) -> None:
        seen = next(seen for seen in self.sent if seen.ref == ref)
        said = {"kind": "press", "press": dict(seen.buttons)[label], "text": label, "about": ref}
        await self.tells(_message(who, said | {"room": self._room(who, seen.to if seen.group else None)}))

    async def recalls(self, who: str, ref: str) -> None:
        await self.tells(_message(who, {"kind": "recall", "about": ref}))

    async def tells(self, said: Mapping[str, Any]) -> str:
        """Deliver anything; what was not taken before goes first, under its old number. The webhook-id."""
        self._number += 1
        number = f"m{self._number}"
        self._undelivered.append((number, json.dumps(said, ensure_ascii=False).encode()))
        for _ in range(TRIES):
            await self._deliver()
            if not self._undelivered:
                break
        return number

    async def _deliver(self) -> None:
        while self._undelivered:
            number, body = self._undelivered[0]
            try:
                answer = await self._channel.receive(self.hook(number, body), self._accept)
            except OSError:
                answer = Answer(503)
            self.answers.append(answer.status)
            if answer.status >= 300:
                return
            self._undelivered.pop(0)

    def hook(self, number: str, body: bytes) -> Hook:
        """A delivery, signed now."""
        timestamp = str(self.clock() // SECOND)
        headers = {"webhook-id": number, "webhook-timestamp": timestamp, "content-type": "application/json"}
        headers["webhook-signature"] = self._signature(number, timestamp, body)
        return Hook("POST", headers, [("partner", self.name)], body)

    def _signature(self, number: str, timestamp: str, body: bytes) -> str:
        content = b".".join([number.encode(), timestamp.encode(), body])
        return f"v1,{base64.b64encode(hmac.new(self.key, content, hashlib.sha256).digest()).decode()}"

    def _room(self, who: str, group: str | None, thread: str | None = None) -> dict[str, Any]:
        return {"id": group or who, "group": bool(group)} | ({"thread": thread} if thread else {})

    # ------------------------------------------------------------ what people see

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The partner's address: takes a message once per webhook-id, and gives its files out."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        if scope["method"] == "GET":
            content = self.files.get(scope["path"].rpartition("/")[2])
            await _respond(send, 404 if content is None else 200, content or b"")
            return
        body = await body_of(receive)
        fault = self._faults.popleft() if self._faults else ""
        if fault in FAULTS:
            await _respond(send, FAULTS[fault], b"", QUOTA_SECONDS if fault == "quota" else None)
            return
        if fault == "down":
            raise httpx.ConnectError("down")
        try:
            known = self._show({name.decode(): value.decode() for name, value in scope["headers"]}, body)
        except Rejected as rejected:
            await _respond(send, rejected.status, b"")
            return
        if fault == "lost":
            raise httpx.ReadTimeout("lost")
        await _respond(send, 409 if known else 200, b"{}")

    def _show(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Show a message; whether it had been shown before. Raises Rejected."""
        number, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        ours = self._signature(number, timestamp, body)
        if ours not in headers["webhook-signature"].split(" ") or abs(int(timestamp) - self.clock() // SECOND) > 300:
            raise Rejected(401)
        message = json.loads(body)
        file = base64.b64decode(message["file"]["data"]) if "file" in message else None
        if len(message["text"]) > MOST_TEXT or len(message["buttons"]) > MOST_BUTTONS or len(file or b"") > MOST_FILE:
            raise Rejected(422)
        if number in self._shown:
            return True
        self._shown.add(number)
        self.sent.append(self._seen(number, message, file))
        return False

    def _seen(self, number: str, message: Mapping[str, Any], file: bytes | None) -> Seen:
        facts = [f"{label} {value}" for label, value in message["facts"]]
        lines = [message["title"], *facts, message["text"], message["link"]]
        room, buttons = message["room"], message["buttons"]
        return Seen(
            at=self.clock(),
            to=room["id"],
            text="\n".join(line for line in lines if line),
            ref=number,
            group=room["group"],
            thread=room["thread"],
            buttons=tuple((button["label"], button["token"] or button["url"]) for button in buttons),
            file=file,
            name=message["file"]["name"] if "file" in message else None,
            mentions=tuple(message["mentions"]),
        )


def _message(who: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "message", "from": {"id": who}, **said}


async def _respond(send: Any, status: int, body: bytes, wait: int | None = None) -> None:
    headers = [(b"content-type", b"application/json"), *([(b"retry-after", str(wait).encode())] if wait else [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
