"""Feishu's open platform at its wire format, with the people who read and write: tokens, messages, cards, callbacks, limits.

server = FeishuServer(clock)
server.person("ou_sun", "孙立军", "13805740002")
channel = Feishu(FeishuConfig(server.app_id, server.app_secret, (server.encrypt_key,)), shelf, clock, httpx.ASGITransport(app=server))
server.hook = lambda hook: channel.receive(hook, accept)
await server.says("ou_sun", "我来处理")
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.feishu_limits import Refusal, checked, shown_of
from core.words import HOUR, MILLISECOND, SECOND, Answer, Clock, Hook, Micros

TOKEN_SECONDS = 7200
UUID_LASTS = HOUR
A_SECOND = 5
"""Messages to one person or group in a second."""
TRIES = 4
"""How often a callback is tried in all, at once: a test does not wait."""

_log = logging.getLogger(__name__)

Fault = int | str
Callback = Callable[[Hook], Awaitable[Answer]]


@dataclass(frozen=True)
class Sent:
    """A message of the bot as people see it."""

    at: Micros
    to: str
    kind: str
    text: str
    buttons: tuple[tuple[str, Any], ...]
    message_id: str
    content: Mapping[str, Any] = field(repr=False)


class FeishuServer:
    """One company with an app that has a bot. `answers` are the statuses that callbacks were answered with."""

    app_id = "cli_a1b2c3d4e5f60001"
    app_secret = "feishu-secret-0001"
    encrypt_key = "feishu-encrypt-key-0001"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.hook: Callback | None = None
        self.sent: list[Sent] = []
        self.calls: Counter[str] = Counter()
        self.answers: list[int] = []
        self.people: dict[str, tuple[str, str]] = {}
        self.groups: dict[str, set[str]] = {}
        self.files: dict[tuple[str, str], tuple[bytes, str]] = {}
        self._number = 0
        self._tokens: dict[str, Micros] = {}
        self._uuids: dict[tuple[str, str], tuple[Micros, str]] = {}
        self._recent: defaultdict[str, deque[Micros]] = defaultdict(deque)
        self._faults: deque[Fault] = deque()

    # ------------------------------------------------------------ what a test can arrange

    def person(self, open_id: str, name: str, mobile: str = "") -> None:
        """Somebody within the app's reach."""
        self.people[open_id] = name, mobile

    def group(self, chat_id: str, *members: str) -> None:
        """A group that the bot is in."""
        self.groups[chat_id] = set(members)

    def fault(self, *faults: Fault) -> None:
        """What goes wrong with the next calls: an error code, "429", "down", "5xx", "odd", or "lost" (done, but not answered)."""
        self._faults.extend(faults)

    def forget_tokens(self) -> None:
        """Every access token is invalid from now on, before its time."""
        self._tokens.clear()

    def seen_by(self, name: str) -> list[Sent]:
        """What a person, or a group, has been shown."""
        return [sent for sent in self.sent if sent.to == name]

    # ------------------------------------------------------------ what people do

    async def says(self, open_id: str, text: str, *, group: str | None = None, calling: bool = True) -> str:
        """Somebody writes to the bot, or in a group that it is in; the id of his message."""
        mentions = [{"key": "@_user_1", "id": {"open_id": "ou_bot"}, "mentioned_type": "bot", "name": "回应"}]
        called = group is not None and calling
        content = {"text": f"@_user_1 {text}" if called else text}
        return await self._message(open_id, group, "text", content, mentions if called else None)

    async def sends(self, open_id: str, content: bytes, mime: str) -> str:
        """Somebody sends a picture."""
        key = f"img_v3_{self._next()}"
        number = f"om_{self._next()}"
        self.files[number, key] = content, mime
        return await self._message(open_id, None, "image", {"image_key": key}, None, number)

    async def presses(self, open_id: str, message_id: str, label: str) -> None:
        """Somebody presses a button of a card."""
        sent = next(sent for sent in self.sent if sent.message_id == message_id)
        value = dict(sent.buttons)[label]
        chat = sent.to if sent.to in self.groups else f"oc_p2p_{open_id}"
        event = {
            "operator": {"open_id": open_id, "tenant_key": "tenant0001"},
            "token": f"c-{self._next()}",
            "action": {"value": value, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": message_id, "open_chat_id": chat},
        }
        await self._call_back(self.event("card.action.trigger", event, micros=True))

    async def enters(self, open_id: str) -> None:
        """Somebody opens his chat with the bot."""
        event = {"chat_id": f"oc_p2p_{open_id}", "operator_id": {"open_id": open_id}}
        await self._call_back(self.event("im.chat.access_event.bot_p2p_chat_entered_v1", event))

    async def verify(self, hook: Callback) -> bool:
        """What "save" does on the developer's page."""
        asked = {"challenge": f"ajls{self._next()}", "token": "v-token", "type": "url_verification"}
        answer = await hook(self.sealed(orjson.dumps(asked), signed=False))
        return answer.status == 200 and orjson.loads(answer.body) == {"challenge": asked["challenge"]}

    # ------------------------------------------------------------ callbacks

    def event(self, sort: str, event: Mapping[str, Any], *, micros: bool = False) -> bytes:
        """An event in its envelope."""
        header = {
            "event_id": f"{self._next():032x}",
            "event_type": sort,
            "create_time": str(self.clock() if micros else self.clock() // MILLISECOND),
            "token": "v-token",
            "app_id": self.app_id,
            "tenant_key": "tenant0001",
        }
        return orjson.dumps({"schema": "2.0", "header": header, "event": event})

    def sealed(self, event: bytes, *, signed: bool = True) -> Hook:
        """The callback that carries an event."""
        iv = hashlib.sha256(f"iv{self._next()}".encode()).digest()[:16]
        padding = PKCS7(128).padder()
        key = hashlib.sha256(self.encrypt_key.encode()).digest()
        sealing = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        cipher = sealing.update(padding.update(event) + padding.finalize()) + sealing.finalize()
        body = orjson.dumps({"encrypt": base64.b64encode(iv + cipher).decode()})
        headers = {"content-type": "application/json"}
        if signed:
            stamp, nonce = str(self.clock() // SECOND), f"nonce{self._next()}"
            text = stamp.encode() + nonce.encode() + self.encrypt_key.encode() + body
            headers["x-lark-request-timestamp"], headers["x-lark-request-nonce"] = stamp, nonce
            headers["x-lark-signature"] = hashlib.sha256(text).hexdigest()
        return Hook("POST", headers, [], body)

    async def _message(
        self, open_id: str, group: str | None, kind: str, content: Any, mentions: Any, number: str = ""
    ) -> str:
        number = number or f"om_{self._next()}"
        message = {
            "message_id": number,
            "create_time": str(self.clock() // MILLISECOND),
            "chat_id": group or f"oc_p2p_{open_id}",
            "chat_type": "group" if group else "p2p",
            "message_type": kind,
            "content": orjson.dumps(content).decode(),
        }
        sender = {"sender_id": {"open_id": open_id}, "sender_type": "user", "tenant_key": "tenant0001"}
        said = {"sender": sender, "message": message | ({"mentions": mentions} if mentions else {})}
        await self._call_back(self.event("im.message.receive_v1", said))
        return number

    async def _call_back(self, event: bytes) -> None:
        for _ in range(TRIES if self.hook else 0):
            try:
                status = (await self.hook(self.sealed(event))).status  # pyright: ignore[reportOptionalCall]
            except Exception:
                _log.warning("a callback failed", exc_info=True)
                status = 500
            self.answers.append(status)
            if status == 200:
                return

    # ------------------------------------------------------------ HTTP

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body, path = await body_of(receive), scope["path"].removeprefix("/open-apis/")
        query = dict(parse_qsl(scope["query_string"].decode()))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer, mime, more = self._answered(path, query, headers, body)
        head = [(b"content-type", mime.encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    def _answered(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes, str, list[tuple[bytes, bytes]]]:
        self.calls[path] += 1
        token = path.startswith("auth/")
        fault = self._faults.popleft() if self._faults and not token else None
        json, limited = "application/json; charset=utf-8", [(b"x-ogw-ratelimit-reset", b"7")]
        if fault == "down":
            raise httpx.ConnectError("no connection")
        if fault in ("5xx", "odd"):
            return (502 if fault == "5xx" else 200), b"<html>Bad Gateway</html>", "text/html", []
        try:
            if fault == "429":
                raise Refusal(99991400, "request trigger frequency limit", 429)
            if isinstance(fault, int):
                raise Refusal(fault, "emulated")
            if not token:
                self._must_be_ours(headers)
            if "/resources/" in path:
                return 200, *self._file(path), []
            data = self._token() if token else {"code": 0, "msg": "success", "data": self._data(path, query, body)}
        except Refusal as refusal:
            told = orjson.dumps({"code": refusal.code, "msg": str(refusal)})
            return refusal.status, told, json, limited if refusal.status == 429 else []
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        if token and orjson.loads(body) != {"app_id": self.app_id, "app_secret": self.app_secret}:
            return 200, orjson.dumps({"code": 10014, "msg": "app secret invalid"}), json, []
        return 200, orjson.dumps(data), json, []

    def _must_be_ours(self, headers: Mapping[str, str]) -> None:
        if self._tokens.get(headers.get("authorization", "").removeprefix("Bearer "), 0) <= self.clock():
            raise Refusal(99991663, "Invalid access token for authorization. Please make a test with it.")

    def _token(self) -> dict[str, Any]:
        token = f"t-{self._next():038d}"
        self._tokens[token] = self.clock() + TOKEN_SECONDS * SECOND
        return {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": TOKEN_SECONDS}

    def _data(self, path: str, query: Mapping[str, str], body: bytes) -> dict[str, Any]:
        asked = orjson.loads(body)
        match path:
            case "im/v1/messages":
                return {"message_id": self._send(query.get("receive_id_type", ""), asked)}
            case "contact/v3/users/batch_get_id":
                known = {mobile: who for who, (_, mobile) in self.people.items() if mobile}
                return {"user_list": [self._found(mobile, known.get(mobile)) for mobile in asked["mobiles"]]}
        raise Refusal(99991401, "no such interface", 404)

    def _found(self, mobile: str, open_id: str | None) -> dict[str, str]:
        return {"mobile": mobile} | ({"user_id": open_id} if open_id else {})

    def _send(self, sort: str, asked: Mapping[str, Any]) -> str:
        to, uuid = str(asked.get("receive_id")), str(asked.get("uuid", ""))
        if sort not in ("open_id", "chat_id") or len(uuid) > 50:
            raise Refusal(230001, "Your request contains an invalid request parameter.")
        if sort == "chat_id" and to not in self.groups:
            raise Refusal(230002, "The bot can not be outside the group.")
        if sort == "open_id" and to not in self.people:
            raise Refusal(230013, "Bot has NO availability to this user.")
        content = checked(asked)
        at, shown = self._uuids.get((to, uuid), (0, ""))
        if uuid and shown and self.clock() - at < UUID_LASTS:
            return shown
        self._must_be_slow(to)
        number = f"om_{self._next()}"
        self._uuids[to, uuid] = self.clock(), number
        text, buttons = shown_of(str(asked["msg_type"]), content)
        self.sent.append(Sent(self.clock(), to, str(asked["msg_type"]), text, buttons, number, content))
        return number

    def _must_be_slow(self, to: str) -> None:
        recent = self._recent[to]
        while recent and recent[0] <= self.clock() - SECOND:
            recent.popleft()
        if len(recent) >= A_SECOND:
            raise Refusal(230020, "This operation triggers the frequency limit.")
        recent.append(self.clock())

    def _file(self, path: str) -> tuple[bytes, str]:
        _, _, _, message, _, key = path.split("/")
        if (message, key) not in self.files:
            raise Refusal(234003, "File not in message.")
        return self.files[message, key]

    def _next(self) -> int:
        self._number += 1
        return self._number
