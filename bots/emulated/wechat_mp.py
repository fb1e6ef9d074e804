"""The WeChat server of one official account at its wire format, with the people who follow it: tokens, customer service
messages and their windows, template messages, files, callbacks in all three modes.

server = WeChatServer(clock)
channel = WeChatMp(MpConfig(server.app_id, server.secret, ((server.token, server.aes_key),)), shelf, clock, ASGITransport(server))
server.join(channel, accept)
await server.says("o_wang", "空压机不启动")
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson

from bots.emulated.asgi import body_of, lifespan
from bots.emulated.platform import Seen
from bots.emulated.wecom_seal import seal, sign
from core.words import DAY, HOUR, MINUTE, SECOND, Accept, Answer, Clock, Hook, Micros

TOKEN_SECONDS = 7200
CALLBACK_TRIES = 3
WROTE = (48 * HOUR, 5)
"""How long, and how many messages, after somebody wrote."""
CAME = (MINUTE, 3)
"""The same after a scan, a tap on the menu, or a first visit."""
OPENS = {"subscribe": CAME, "SCAN": CAME, "CLICK": CAME, "scancode_push": CAME, "scancode_waitmsg": CAME}
KEPT = 3 * DAY
"""How long files lie with the platform."""
TEXT, HEAD, ITEMS, ITEM, WORDS = 2048, 1024, 10, 128, 20
FIRST_MSGID = 6836365475870408704
STALE, FREQUENT, NOT_FOLLOWING, TIME_OVER, COUNT_OVER, TOO_LONG, WRONG = 40001, 45009, 43004, 45015, 45047, 45002, 40008
FAULTS = {"quota": FREQUENT, "gone": NOT_FOLLOWING, "bad": WRONG, "stale_token": STALE, "window": TIME_OVER}

_log = logging.getLogger(__name__)

Callback = Callable[[Hook], Awaitable[Answer]]


class Refusal(Exception):
    """An answer with an error code."""

    def __init__(self, code: int, message: str = "emulated") -> None:
        super().__init__(message)
        self.code = code


class WeChatServer:
    """One account. `answers` are the statuses that callbacks were answered with; `mode` is safe, compatible or plain;
    `videos` is where it says that videos lie."""

    app_id = "wx0a1b2c3d4e5f6071"
    secret = "mp-secret-0001"
    account = "gh_7f083739789a"
    token = "mpToken01"
    aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

    def __init__(self, clock: Clock) -> None:
        self.clock, self.mode = clock, "safe"
        self.videos = "http://api.weixin.qq.com/cgi-bin/video"
        self.hook: Callback | None = None
        self.sent: list[Seen] = []
        self.templates: list[Mapping[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self.answers: list[int] = []
        self.left: set[str] = set()
        self.files: dict[str, tuple[bytes, str, Micros]] = {}
        self._number = 0
        self._tokens: dict[str, Micros] = {}
        self._windows: dict[str, tuple[Micros, int]] = {}
        self._faults: defaultdict[str, deque[str | int]] = defaultdict(deque)

    # ------------------------------------------------------------ what a test can arrange

    def join(self, channel: Any, accept: Accept) -> None:
        """Deliver to this channel from now on."""
        self.hook = lambda hook: channel.receive(hook, accept)

    def fault(self, *faults: str | int, path: str = "message/custom/send") -> None:
        """What goes wrong with the next calls of `path`: a name in FAULTS, an error code, "down", "busy", or "lost" (done, but
        not answered)."""
        self._faults[path].extend(faults)

    def follows(self, who: str) -> None:
        """A follower who wrote just now."""
        self._windows[who] = self.clock() + WROTE[0], WROTE[1]

    def seen_by(self, who: str) -> list[Seen]:
        return [seen for seen in self.sent if seen.to == who]

    # ------------------------------------------------------------ what people do

    async def says(
        self, who: str, text: str, *, group: str | None = None, thread: str | None = None, about: str | None = None
    ) -> str:
        return await self._message(who, "text", Content=text)

    async def sends(
        self, who: str, content: bytes, mime: str, name: str = "", *, words: str | None = None, group: str | None = None
    ) -> str:
        """A picture, a recording (with what WeChat understood of it) or a video; a file shows no more than its name."""
        media_id = f"media-{self._next():027d}"
        self.files[media_id] = content, mime, self.clock()
        match mime.partition("/")[0]:
            case "image":
                return await self._message(who, "image", PicUrl="http://mmbiz.qpic.cn/0", MediaId=media_id)
            case "audio":
                heard = {} if words is None else {"Recognition": words}
                return await self._message(who, "voice", MediaId=media_id, Format="amr", **heard)
            case "video":
                return await self._message(who, "video", MediaId=media_id, ThumbMediaId="thumb")
        return await self._message(who, "file", Title=name, FileKey="key", FileTotalLen=str(len(content)))

    async def presses(self, who: str, ref: str, label: str) -> None:
        """Taps an item of a menu message, which writes its label into the chat."""
        token = dict(next(seen for seen in self.sent if seen.ref == ref).buttons)[label]
        await self._message(who, "text", Content=label, bizmsgmenuid=token)

    async def recalls(self, who: str, ref: str) -> None:
        """The platform tells nobody."""

    async def scans(self, who: str, scene: str, *, new: bool = False) -> None:
        """Scans a QR code of the account: a follower, or somebody `new` who follows it thereby."""
        key = f"qrscene_{scene}" if new else scene
        await self.happens(who, "subscribe" if new else "SCAN", EventKey=key, Ticket="TICKET")

    async def happens(self, who: str, event: str, **fields: str) -> None:
        """Any other event."""
        if event in OPENS:
            self._open(who, *OPENS[event])
        if event == "unsubscribe":
            self.left.add(who)
        await self._deliver(self.message(who, "event", Event=event, **fields))

    async def verify(self) -> bool:
        """What "submit" does on the administrator's page."""
        assert self.hook is not None
        answer = await self.hook(self.handshake("echo4711"))
        return answer.status == 200 and answer.body == b"echo4711"

    # ------------------------------------------------------------ callbacks

    def message(self, who: str, kind: str, **fields: str) -> str:
        """A message in XML, as it stands inside its envelope."""
        head = {"ToUserName": self.account, "FromUserName": who, "MsgType": kind, **fields}
        inner = "".join(f"<{name}>{_cdata(value)}</{name}>" for name, value in head.items())
        return f"<xml>{inner}<CreateTime>{self.clock() // SECOND}</CreateTime></xml>"

    def callback(self, message: str) -> Hook:
        """The callback that carries a message, in the account's mode."""
        query, stamp, nonce = self._signed()
        if self.mode == "plain":
            return Hook("POST", {"content-type": "text/xml"}, query, message.encode())
        sealed = seal(message.encode(), self.aes_key, self.app_id, hashlib.sha256(nonce.encode()).digest()[:16])
        query += [("encrypt_type", "aes"), ("msg_signature", sign(self.token, stamp, nonce, sealed))]
        plain = message.removeprefix("<xml>").removesuffix("</xml>") if self.mode == "compatible" else ""
        plain = plain or f"<ToUserName>{_cdata(self.account)}</ToUserName>"
        body = f"<xml>{plain}<Encrypt>{_cdata(sealed)}</Encrypt></xml>"
        return Hook("POST", {"content-type": "text/xml"}, query, body.encode())

    def handshake(self, echo: str) -> Hook:
        """The first call, which is never sealed."""
        return Hook("GET", {}, [*self._signed()[0], ("echostr", echo)], b"")

    def _signed(self) -> tuple[list[tuple[str, str]], str, str]:
        stamp, nonce = str(self.clock() // SECOND), f"nonce{self._next()}"
        signature = hashlib.sha1("".join(sorted([self.token, stamp, nonce])).encode()).hexdigest()
        return [("signature", signature), ("timestamp", stamp), ("nonce", nonce)], stamp, nonce

    async def _message(self, who: str, kind: str, **fields: str) -> str:
        self._open(who, *WROTE)
        number = str(FIRST_MSGID + self._next())
        await self._deliver(self.message(who, kind, MsgId=number, **fields))
        return number

    async def _deliver(self, message: str) -> None:
        for _ in range(CALLBACK_TRIES if self.hook else 0):
            try:
                answer = await self.hook(self.callback(message))  # pyright: ignore[reportOptionalCall]
                status = answer.status if answer.body in (b"success", b"") else 500
            except Exception:
                _log.warning("a callback failed", exc_info=True)
                status = 500
            self.answers.append(status)
            if status == 200:
                return

    def _open(self, who: str, lasts: Micros, count: int) -> None:
        """What lets us speak longer already is not shortened by a scan."""
        until, left = self._windows.get(who, (0, 0))
        left = left if until > self.clock() else 0
        self.left.discard(who)
        self._windows[who] = max(until, self.clock() + lasts), max(left, count)

    # ------------------------------------------------------------ HTTP

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        body, path = await body_of(receive), scope["path"].removeprefix("/cgi-bin/")
        query = dict(parse_qsl(scope["query_string"].decode()))
        fault = self._faults[path].popleft() if self._faults[path] else None
        if fault == "down":
            raise httpx.ConnectError("emulated: no connection")
        self.calls[path] += 1
        status, head, answer = 200, [(b"content-type", b"application/json; encoding=utf-8")], b""
        try:
            if fault == "busy":
                raise Refusal(-1, "system error")
            if fault is not None and fault != "lost":
                raise Refusal(FAULTS[fault] if isinstance(fault, str) else fault)
            answer, more = self._answered(path, query, body)
            head += more
        except Refusal as refusal:
            answer = orjson.dumps({"errcode": refusal.code, "errmsg": f"{refusal} rid: 0-0-0"})
        if fault == "lost":
            raise httpx.ReadTimeout("emulated: no answer")
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    def _answered(self, path: str, query: Mapping[str, str], body: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        if path == "stable_token":
            return orjson.dumps(self._token(orjson.loads(body))), []
        if path.startswith("video/"):
            return self.files[path.removeprefix("video/")][0], []
        if self._tokens.get(query.get("access_token", ""), 0) <= self.clock():
            raise Refusal(STALE, "invalid credential, access_token is invalid or not latest")
        match path:
            case "message/custom/send":
                self._send(orjson.loads(body))
                return b'{"errcode":0,"errmsg":"ok"}', []
            case "message/template/send":
                return orjson.dumps({"errcode": 0, "errmsg": "ok", "msgid": self._template(orjson.loads(body))}), []
            case "media/get":
                return self._file(query.get("media_id", ""))
        raise Refusal(48001, "api unauthorized")

    def _token(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The stable token: the same for all who ask, until it ends."""
        if asked.get("appid") != self.app_id or asked.get("grant_type") != "client_credential":
            raise Refusal(40013, "invalid appid")
        if asked.get("secret") != self.secret:
            raise Refusal(40125, "invalid appsecret")
        for token, until in self._tokens.items():
            if until > self.clock():
                return {"access_token": token, "expires_in": (until - self.clock()) // SECOND}
        token = f"mp_access_token{self._next():06d}"
        self._tokens[token] = self.clock() + TOKEN_SECONDS * SECOND
        return {"access_token": token, "expires_in": TOKEN_SECONDS}

    def _send(self, asked: Mapping[str, Any]) -> None:
        to, (text, buttons) = str(asked.get("touser")), _shown(asked)
        until, left = self._windows.get(to, (0, 0))
        if to in self.left:
            raise Refusal(NOT_FOLLOWING, "require subscribe")
        if until <= self.clock():
            raise Refusal(TIME_OVER, "response out of time limit or subscription is canceled")
        if not left:
            raise Refusal(COUNT_OVER, "out of response count limit")
        self._windows[to] = until, left - 1
        self.sent.append(Seen(self.clock(), to, text, f"sent{self._next()}", buttons=buttons))

    def _template(self, asked: Mapping[str, Any]) -> int:
        if asked.get("touser") in self.left:
            raise Refusal(NOT_FOLLOWING, "require subscribe")
        values = [part.get("value") for part in asked.get("data", {}).values()]
        if not asked.get("template_id") or not values or any(not value or len(value) > WORDS for value in values):
            raise Refusal(47003, "argument invalid")
        self.templates.append(asked)
        return 200163000 + self._next()

    def _file(self, media_id: str) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        content, mime, at = self.files.get(media_id, (b"", "", 0))
        if not mime or self.clock() - at > KEPT:
            raise Refusal(40007, "invalid media_id")
        if mime.startswith("video/"):
            return orjson.dumps({"video_url": f"{self.videos}/{media_id}"}), []
        return content, [(b"content-disposition", b'attachment; filename="file"')]

    def _next(self) -> int:
        self._number += 1
        return self._number


def _shown(asked: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What people read, and what they can tap. Raises Refusal for what the platform would not show."""
    match asked:
        case {"msgtype": "text", "text": {"content": str(text)}}:
            return _within(text, TEXT), ()
        case {
            "msgtype": "msgmenu",
            "msgmenu": {"head_content": str(head), "list": [*items], "tail_content": str(tail)},
        }:
            if not 1 <= len(items) <= ITEMS:
                raise Refusal(WRONG, "invalid menu")
            taps = tuple((_within(item["content"], ITEM), _within(item["id"], ITEM)) for item in items)
            lines = [_within(part, HEAD) for part in (head, tail) if part]
            return "\n".join(lines), taps
    raise Refusal(WRONG, "invalid message type")


def _within(text: str, most: int) -> str:
    if not text:
        raise Refusal(44004, "empty content")
    if len(text.encode()) > most:
        raise Refusal(TOO_LONG, "content size out of limit")
    return text


def _cdata(text: str) -> str:
    whole = text.replace("\x00", "").replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{whole}]]>"
