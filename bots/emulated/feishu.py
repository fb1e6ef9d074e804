"""Feishu's open platform at its wire format, with the people who read and write: tokens, messages, cards, files, callbacks, long
connections, limits.

server = FeishuServer(clock)
server.person("ou_sun", "孙立军", "13805740002")
channel = Feishu(FeishuConfig(server.app_id, server.app_secret, (server.encrypt_key,)), shelf, files, clock, httpx.ASGITransport(server))
server.join(channel, accept)
await server.says("ou_sun", "我来处理")
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.feishu_limits import Refusal
from bots.emulated.feishu_line import ENDPOINT, Line
from bots.emulated.feishu_shown import Shown, chat_with
from bots.emulated.platform import Seen
from core.words import MILLISECOND, SECOND, Accept, Answer, Clock, Hook, Micros

TOKEN_SECONDS = 7200
TRIES = 4
"""How often a delivery is tried in all, at once: a test does not wait."""
SORTS = {"image": "image", "audio": "audio", "video": "media"}
"""Message types by the first half of a media type."""

JSON = "application/json; charset=utf-8"
LIMITED = [(b"x-ogw-ratelimit-reset", b"7")]

_log = logging.getLogger(__name__)

Fault = int | str
Callback = Callable[[Hook], Awaitable[Answer]]


class FeishuServer(Shown):
    """One company with an app that has a bot. `answers` are the statuses that its deliveries were answered with; it calls `hook`,
    and
    brings events by the app's long connections where there is none."""

    app_id = "cli_a1b2c3d4e5f60001"
    app_secret = "feishu-secret-0001"
    encrypt_key = "feishu-encrypt-key-0001"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.hook: Callback | None = None
        self.line: Line | None = None
        self.calls: Counter[str] = Counter()
        self.answers: list[int] = []
        self.files: dict[tuple[str, str], tuple[bytes, str]] = {}
        self._tokens: dict[str, Micros] = {}
        self._faults: deque[Fault] = deque()
        self._records: dict[str, list[dict[str, Any]]] = {}

    # ------------------------------------------------------------ what a test can arrange

    def join(self, channel: Any, accept: Accept) -> None:
        """Call this channel from now on."""
        self.hook = lambda hook: channel.receive(hook, accept)

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

    def seen_by(self, name: str) -> list[Seen]:
        """What a person, or a group, has been shown."""
        return [sent for sent in self.sent if sent.to == name]

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None,
        calling: bool = True,
    ) -> str:  # fmt: skip
        """Somebody writes to the bot, or in a group that it is in (`calling`: he mentions it); the id of his message."""
        mentions = [{"key": "@_user_1", "id": {"open_id": "ou_bot"}, "mentioned_type": "bot", "name": "回应"}]
        called = group is not None and calling
        content = {"text": f"@_user_1 {text}" if called else text}
        more: dict[str, Any] = {"parent_id": about, "root_id": about} if about else {}
        return await self._message(who, group, "text", content, "", more | ({"mentions": mentions} if called else {}))

    async def sends(
        self, who: str, content: bytes, mime: str, name: str = "", *, words: str | None = None, group: str | None = None
    ) -> str:
        """Somebody sends a picture, a recording, a video or a file. Feishu tells no words of it."""
        sort = SORTS.get(mime.partition("/")[0], "file")
        key, number = f"{'img_v3' if sort == 'image' else 'file_v3'}_{self.number()}", f"om_{self.number()}"
        self.files[number, key] = content, mime
        told: dict[str, dict[str, Any]] = {"image": {"image_key": key}, "audio": {"file_key": key, "duration": 2000}}
        return await self._message(who, group, sort, told.get(sort, {"file_key": key, "file_name": name}), number)

    async def forwards(self, who: str, *lines: str, group: str | None = None) -> str:
        """Somebody passes a chat record on: the event tells nothing of what it holds."""
        number = f"om_{self.number()}"
        holder = {
            "message_id": number,
            "msg_type": "merge_forward",
            "body": {"content": "Merged and Forwarded Message"},
        }
        said = [
            {"message_id": f"om_{self.number()}", "upper_message_id": number, "msg_type": "text",
             "body": {"content": orjson.dumps({"text": line}).decode()}}
            for line in lines
        ]  # fmt: skip
        self._records[number] = [holder, *said]
        return await self._message(who, group, "merge_forward", None, number)

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Somebody presses a button of a card."""
        sent = next(sent for sent in self.sent if sent.ref == ref)
        event = {
            "operator": {"open_id": who, "tenant_key": "tenant0001"},
            "token": f"c-{self.number()}",
            "action": {"value": dict(sent.buttons)[label], "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": ref, "open_chat_id": self.chats[ref]},
        }
        await self.deliver(self.event("card.action.trigger", event, micros=True))

    async def recalls(self, who: str, ref: str) -> None:
        """Somebody takes a message back. Feishu does not tell who."""
        told = {"message_id": ref, "chat_id": self.chats.pop(ref), "recall_type": "message_owner"}
        await self.deliver(self.event("im.message.recalled_v1", told))

    async def enters(self, who: str) -> None:
        """Somebody opens his chat with the bot."""
        event = {"chat_id": chat_with(who), "operator_id": {"open_id": who}}
        await self.deliver(self.event("im.chat.access_event.bot_p2p_chat_entered_v1", event))

    async def invites(self, who: str, group: str, *, out: bool = False) -> None:
        """Somebody puts the bot into a group, or out of it."""
        self.groups.pop(group, None) if out else self.group(group, who)
        sort = f"im.chat.member.bot.{'deleted' if out else 'added'}_v1"
        await self.deliver(self.event(sort, {"chat_id": group, "operator_id": {"open_id": who}}))

    async def verify(self, hook: Callback) -> bool:
        """What "save" does on the developer's page."""
        asked = {"challenge": f"ajls{self.number()}", "token": "v-token", "type": "url_verification"}
        answer = await hook(self.sealed(orjson.dumps(asked), signed=False))
        return answer.status == 200 and orjson.loads(answer.body) == {"challenge": asked["challenge"]}

    # ------------------------------------------------------------ deliveries

    def event(self, sort: str, event: Mapping[str, Any], *, micros: bool = False) -> bytes:
        """An event in its envelope."""
        header = {
            "event_id": f"{self.number():032x}",
            "event_type": sort,
            "create_time": str(self.clock() if micros else self.clock() // MILLISECOND),
            "token": "v-token",
            "app_id": self.app_id,
            "tenant_key": "tenant0001",
        }
        return orjson.dumps({"schema": "2.0", "header": header, "event": event})

    def sealed(self, event: bytes, *, signed: bool = True) -> Hook:
        """The callback that carries an event."""
        iv = hashlib.sha256(f"iv{self.number()}".encode()).digest()[:16]
        padding = PKCS7(128).padder()
        key = hashlib.sha256(self.encrypt_key.encode()).digest()
        sealing = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        cipher = sealing.update(padding.update(event) + padding.finalize()) + sealing.finalize()
        body = orjson.dumps({"encrypt": base64.b64encode(iv + cipher).decode()})
        headers = {"content-type": "application/json"}
        if signed:
            stamp, nonce = str(self.clock() // SECOND), f"nonce{self.number()}"
            text = stamp.encode() + nonce.encode() + self.encrypt_key.encode() + body
            headers["x-lark-request-timestamp"], headers["x-lark-request-nonce"] = stamp, nonce
            headers["x-lark-signature"] = hashlib.sha256(text).hexdigest()
        return Hook("POST", headers, [], body)

    async def _message(
        self,
        who: str,
        group: str | None,
        kind: str,
        content: Any,
        number: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> str:
        number, chat = number or f"om_{self.number()}", group or chat_with(who)
        message = {
            "message_id": number,
            "create_time": str(self.clock() // MILLISECOND),
            "chat_id": chat,
            "chat_type": "group" if group else "p2p",
            "message_type": kind,
            "content": orjson.dumps(content).decode() if content else "Merged and Forwarded Message",
        }
        sender = {"sender_id": {"open_id": who}, "sender_type": "user", "tenant_key": "tenant0001"}
        self.chats[number] = chat
        await self.deliver(
            self.event("im.message.receive_v1", {"sender": sender, "message": {**message, **(more or {})}})
        )
        return number

    async def deliver(self, event: bytes) -> None:
        """Deliver an event until it is answered with 200, or the app was asked often enough."""
        for _ in range(TRIES if self.hook or self.line else 0):
            status = await self._tried(event)
            self.answers.append(status)
            if status == 200:
                return

    async def _tried(self, event: bytes) -> int:
        if self.hook is None:
            assert self.line is not None
            return await self.line.bring(event)
        try:
            return (await self.hook(self.sealed(event))).status
        except Exception:
            _log.warning("a callback failed", exc_info=True)
            return 500

    # ------------------------------------------------------------ HTTP

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            await self.lines.hold(receive, send)
            return
        body, headers = await body_of(receive), {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] == ENDPOINT:
            where = orjson.dumps(self.lines.where(orjson.loads(body), headers["host"]))
            status, answer, mime, more = 200, where, JSON, []
        else:
            path = f"{scope['method']} {scope['path'].removeprefix('/open-apis/')}"
            query = dict(parse_qsl(scope["query_string"].decode()))
            status, answer, mime, more = self._answered(path, query, headers, body)
        head = [(b"content-type", mime.encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    @property
    def lines(self) -> Line:
        """The app's long connections: from the first call for one on, events come by them."""
        self.line = self.line or Line(self.app_id, self.app_secret)
        return self.line

    def _answered(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes, str, list[tuple[bytes, bytes]]]:
        self.calls[path.partition(" ")[2]] += 1
        token = path.startswith("POST auth/")
        fault = self._faults.popleft() if self._faults and not token else None
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
            data = (
                self._token(body)
                if token
                else {"code": 0, "msg": "success", "data": self._data(path, query, headers, body)}
            )
        except Refusal as refusal:
            told = orjson.dumps({"code": refusal.code, "msg": str(refusal)})
            return refusal.status, told, JSON, LIMITED if refusal.status == 429 else []
        if fault == "lost":
            raise httpx.ReadTimeout("no answer")
        return 200, orjson.dumps(data), JSON, []

    def _must_be_ours(self, headers: Mapping[str, str]) -> None:
        if self._tokens.get(headers.get("authorization", "").removeprefix("Bearer "), 0) <= self.clock():
            raise Refusal(99991663, "Invalid access token for authorization. Please make a test with it.")

    def _token(self, body: bytes) -> dict[str, Any]:
        if orjson.loads(body) != {"app_id": self.app_id, "app_secret": self.app_secret}:
            raise Refusal(10014, "app secret invalid", 200)
        token = f"t-{self.number():038d}"
        self._tokens[token] = self.clock() + TOKEN_SECONDS * SECOND
        return {"code": 0, "msg": "ok", "tenant_access_token": token, "expire": TOKEN_SECONDS}

    def _data(self, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        match path.split("/"):
            case ["POST im", "v1", "messages"]:
                return {"message_id": self.send(query.get("receive_id_type", ""), orjson.loads(body))}
            case ["POST im", "v1", "messages", number, "reply"]:
                return {"message_id": self.reply(number, orjson.loads(body))}
            case ["PATCH im", "v1", "messages", number]:
                return self.show_anew(number, orjson.loads(body))
            case ["GET im", "v1", "messages", number] if number in self._records:
                return {"items": self._records[number]}
            case ["POST im", "v1", "files" | "images" as sort]:
                return self.upload(sort, headers.get("content-type", ""), body)
            case ["POST contact", "v3", "users", "batch_get_id"]:
                known = {mobile: who for who, (_, mobile) in self.people.items() if mobile}
                asked = orjson.loads(body)["mobiles"]
                return {
                    "user_list": [{"mobile": one, **({"user_id": known[one]} if one in known else {})} for one in asked]
                }
        raise Refusal(99991401, "no such interface", 404)

    def _file(self, path: str) -> tuple[bytes, str]:
        _, _, _, message, _, key = path.split("/")
        if (message, key) not in self.files:
            raise Refusal(234003, "File not in message.")
        return self.files[message, key]
