"""WeChat official account (微信公众号): the way to customers who follow it, or who scanned its QR code (S58, S67, S100, S104).

Messages come as XML by callback. Answers go out as customer service messages: five within 48 hours of what somebody wrote,
but only three within a minute of a scan, a tap on the menu or a first visit. After that a template message may still tell
of news, where one is set up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bots.doors import Shut, guarded, must_be_fresh, same, single
from bots.payload import reader, seconds, table, unmarked
from bots.tokens import SharedToken
from bots.wecom_gate import FRESH, MOST_BODY, Gate, signature, unsealed, xml_fields
from bots.wire import Action, Reply, Trouble, Wire, complaint, fetching
from core.words import (
    HOUR,
    SECOND,
    Accept,
    Answer,
    Button,
    Can,
    CannotFetch,
    Clock,
    Hook,
    Inbound,
    Kind,
    Media,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Who,
    Window,
)

API_BASE = "https://api.weixin.qq.com"
MOST_SENT = Size(2048, "bytes")
"""Longest text of a message on the wire."""
MOST_TEXT = Size(1800, "bytes")
"""Longest text; the rest is for characters that grow when they lose their meaning as markup."""
MOST_HEAD = Size(1024, "bytes")
"""Longest text above a menu; what is longer goes before it as a message of its own."""
MOST_ITEMS = 10
"""Most items of a menu."""
MOST_ITEM = 128
"""Longest id and longest label of an item, bytes."""
MOST_WORDS = 20
"""Longest value of a template message, characters."""
PUSH = Window(seconds=48 * HOUR // SECOND, messages=5)
"""How long and how often we may speak after a customer's message. After a mere scan, tap or visit it is less (a minute, three
messages); the platform then refuses with the same codes."""
RATE = 50.0
"""Messages a second."""
MOST_MEDIA = 20 * 1024 * 1024
"""Largest file that is fetched, bytes."""
MOST_TICKET = 64 * 1024
"""Longest answer that names a video's address instead of being it, bytes."""
TOKEN_SECONDS = 7200
"""How long an access token lives, where WeChat does not say."""
QR = "qrscene_"
"""Stands before what a QR code carries, when somebody follows the account by scanning it."""

CAN = Can(text=MOST_TEXT, buttons=MOST_ITEMS, label=Size(MOST_ITEM, "bytes"), token=MOST_ITEM, rate=RATE, push=PUSH)

ACTIONS: Mapping[str, Action] = {
    "40001": "stale",
    "40014": "stale",
    "42001": "stale",
    "-1": "busy",
    "45009": "quota",
    "45011": "quota",
    "45015": "window",
    "45047": "window",
    "43004": "gone",
    "40003": "gone",
}
"""What an error code asks for; 45015 is the time that is over, 45047 the number of messages, 43004 somebody who follows no
more. Any other needs a person's eye: wrong app (40013) or secret (40125), no right (48001), address not listed (40164)."""

MEDIA: Mapping[str, tuple[Kind, str]] = {
    "image": ("image", "image/jpeg"),
    "voice": ("voice", "audio/amr"),
    "video": ("file", "video/mp4"),
    "shortvideo": ("file", "video/mp4"),
}
"""Message types that carry a file: their kind and media type."""
LINES: Mapping[str, tuple[str, ...]] = {"link": ("Title", "Description", "Url"), "file": ("Title",)}
"""Cards that customers pass on, and what of them reads as text; of a file WeChat hands out no more than its name."""
EVENTS: Mapping[str, tuple[Kind, str]] = {
    "subscribe": ("enter", "EventKey"),
    "SCAN": ("enter", "EventKey"),
    "user_enter_tempsession": ("enter", "SessionFrom"),
    "unsubscribe": ("leave", ""),
    "scancode_push": ("text", "ScanCodeInfo/ScanResult"),
    "scancode_waitmsg": ("text", "ScanCodeInfo/ScanResult"),
    "CLICK": ("press", ""),
}
"""What events mean for us, and where their words stand. LOCATION comes whenever somebody opens his chat, and says nothing."""

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_OWN_HOST = re.compile(r"https?://([a-z0-9-]+\.)+(qq\.com|qpic\.cn)/")


@dataclass(frozen=True)
class MpConfig:
    """What the account needs. `keys` are the valid pairs of callback token and EncodingAESKey, two while rotating; with
    `plain`, callbacks that are not sealed pass too. `template` is the id of a template message and `fields` its values, in
    which {text} stands for the news."""

    app_id: str
    app_secret: str = field(repr=False)
    keys: tuple[tuple[str, str], ...] = field(repr=False)
    plain: bool = False
    template: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    api_base: str = API_BASE


class WeChatMp:
    """The channel. A room is one customer's chat: Room("wechat_mp", the account's original id "gh_…", openid)."""

    name = "wechat_mp"
    unseal = staticmethod(unsealed)

    def __init__(
        self, config: MpConfig, shelf: Shelf, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._config, self._clock = config, clock
        self._gate = Gate(config.keys, config.app_id)
        self._base = config.api_base.rstrip("/") + "/cgi-bin/"
        self._wire = Wire(transport)
        owner = f"{config.api_base} {config.app_id} {config.app_secret}"
        self._token = SharedToken(shelf, self.name, owner, self._fresh_token)

    @staticmethod
    @reader("WeChat")
    def read(raw: bytes) -> list[Inbound]:
        """The message in an opened callback (XML, or JSON with the same names). Raises Unreadable."""
        fields = _fields(raw)
        said = _happened(fields) if fields["MsgType"] == "event" else _said(fields)
        if said is None:
            return []
        account, customer = fields["ToUserName"], fields["FromUserName"]
        key = f"wechat_mp:{account}:{said.pop('number')}"
        room, at = Room("wechat_mp", account, customer), seconds(fields["CreateTime"])
        return [Inbound(key=key, at=at, who=Who(customer), room=room, raw=raw, **said)]

    @staticmethod
    @reader("WeChat")
    def late(raw: bytes) -> tuple[str, Receipt] | None:
        """What became of a template message, by its Receipt's `ref`. None for any other delivery. Raises Unreadable."""
        fields = _fields(raw)
        if fields["MsgType"] != "event" or fields["Event"] != "TEMPLATESENDJOBFINISH":
            return None
        status = fields["Status"]
        if status == "success":
            return fields["MsgID"], Receipt("sent")
        return fields["MsgID"], Receipt("gone" if "user" in status else "refused", why=status[:40])

    async def run(self, accept: Accept) -> None:
        """Returns at once: WeChat calls us."""

    @guarded
    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks and opens a callback, and answers it once it is durable; a GET hears the text that it brought."""
        message = self._opened(hook)
        if hook.method == "GET":
            return Answer(200, message)
        await accept([message])
        return Answer(200, b"success")

    def _opened(self, hook: Hook) -> bytes:
        """The message of a callback. One that carries both forms is believed in its sealed form only. Raises Shut."""
        if hook.method == "GET":
            self._must_be_signed(hook)
            return single(hook, "echostr").encode()
        if self._config.plain and not any(name == "msg_signature" for name, _ in hook.query):
            self._must_be_signed(hook)
            if not 0 < len(hook.body) <= MOST_BODY:
                raise Shut(400, "empty, or too large")
            return hook.body
        return self._gate.open(hook, self._clock())

    def _must_be_signed(self, hook: Hook) -> None:
        """Raises Shut unless the query is signed with one of our tokens, now. The signature says nothing of the body."""
        claimed, timestamp, nonce = (single(hook, name) for name in ("signature", "timestamp", "nonce"))
        must_be_fresh(timestamp, self._clock(), FRESH)
        if not any(same(signature(token, timestamp, nonce), claimed) for token, _ in self._config.keys):
            raise Shut(403, "signature")

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message: its text with its menu; where the window is shut, the gist of it by template."""
        messages = messages_of(say)
        if say.file or MOST_TEXT.of(say.text) > MOST_TEXT.most or not messages:
            return Receipt("refused", why="a file, longer than 1,800 bytes, or nothing to send")
        shown = False
        try:
            for message in messages:
                await self._call("message/custom/send", {"touser": room.id, **message})
                shown = True
        except Trouble as trouble:
            if trouble.receipt.why == "window" and self._config.template and not (shown or say.buttons or say.asks):
                return await self._by_template(room, say)
            return Receipt("unknown", why=f"its text was shown: {trouble}") if shown else trouble.receipt
        return Receipt("sent")

    async def _by_template(self, room: Room, say: Say) -> Receipt:
        """What came of it is told later (see `late`). Where there is no such template after all, the window is shut."""
        text, fields = " ".join(say.text.split()), self._config.fields
        data = {name: {"value": _short(value.replace("{text}", text))} for name, value in fields.items()}
        asked = {"touser": room.id, "template_id": self._config.template, "url": say.link or "", "data": data}
        try:
            answer = await self._call("message/template/send", asked)
        except Trouble as trouble:
            refused = trouble.receipt.state == "refused"
            return Receipt("refused", why="window") if refused else trouble.receipt
        return Receipt("sent", ref=str(answer.get("msgid", "")))

    async def fetch(self, media: Media) -> bytes:
        """A file that a customer sent, of at most 20 MB; WeChat keeps it for three days.

        Raises CannotFetch if it cannot be had, Trouble if it may be had later.
        """
        if not _MEDIA_ID.fullmatch(media.ref):
            raise CannotFetch("not a file of WeChat")
        with fetching():
            return await self._token.carry(lambda token: self._download(token, media.ref))

    async def _download(self, token: str, media_id: str) -> bytes:
        """The file; of a video WeChat answers with the address at which it lies, on a host of its own."""
        reply = await self._wire.get(f"{self._base}media/get?access_token={token}&media_id={media_id}", MOST_MEDIA, {})
        if "content-disposition" in reply.headers and reply.status == 200:
            return reply.body
        if len(reply.body) > MOST_TICKET or not _OWN_HOST.match(url := str(checked(reply).get("video_url"))):
            raise CannotFetch("neither a file nor a video on a host of WeChat")
        video = await self._wire.get(url, MOST_MEDIA, {})
        if video.status != 200:
            raise CannotFetch(f"a video that is not there (HTTP {video.status})")
        return video.body

    async def close(self) -> None:
        await self._wire.close()

    async def _call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a POST of JSON with a valid token. Raises Trouble."""

        async def ask(token: str) -> dict[str, Any]:
            return checked(await self._wire.post(f"{self._base}{path}?access_token={token}", body))

        return await self._token.carry(ask)

    async def _fresh_token(self) -> tuple[str, float]:
        """The stable token, which no process takes from another by asking."""
        asked = {"grant_type": "client_credential", "appid": self._config.app_id, "secret": self._config.app_secret}
        answer = checked(await self._wire.post(self._base + "stable_token", asked))
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise Trouble(Receipt("refused", why="no access token"))
        return token, float(answer.get("expires_in", TOKEN_SECONDS))


def messages_of(say: Say) -> list[dict[str, Any]]:
    """What is sent for one fitted message: text, or a menu under its text; a menu has no links, which stand below it."""
    text, links = unmarked(say.text), [button for button in say.buttons if button.url]
    choices, messages = [button for button in say.buttons if not button.url], []
    tail = unmarked("\n".join(f"{button.label} {button.url}" for button in links))
    if choices and MOST_HEAD.of(text) <= MOST_HEAD.most:
        return [_menu(text, choices, tail)]
    if text or tail:
        messages.append({"msgtype": "text", "text": {"content": "\n".join(filter(None, (text, tail)))}})
    return [*messages, *([_menu("", choices, "")] if choices else [])]


def _menu(head: str, choices: list[Button], tail: str) -> dict[str, Any]:
    items = [{"id": button.token, "content": button.label} for button in choices]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": items, "tail_content": tail}}


def _short(value: str) -> str:
    return value if len(value) <= MOST_WORDS else value[: MOST_WORDS - 1] + "…"


def checked(reply: Reply) -> dict[str, Any]:
    """The answer. Raises Trouble for an error code."""
    answer = reply.json()
    code = str(answer.get("errcode", 0))
    if code != "0" or reply.status >= 400:
        raise complaint("WeChat", "" if code == "0" else code, ACTIONS, reply.status)
    return answer


def _fields(raw: bytes) -> Mapping[str, str]:
    if not raw.lstrip().startswith(b"{"):
        return xml_fields(raw)
    return {name: str(value) for name, value in table(raw).items()}


def _said(fields: Mapping[str, str]) -> dict[str, Any] | None:
    """What a message says; a place reads "latitude,longitude name"."""
    numbered = {"number": fields["MsgId"], "id": fields["MsgId"]}
    match fields["MsgType"]:
        case "text" if fields.get("bizmsgmenuid"):
            return {"kind": "press", "text": fields["Content"], "press": fields["bizmsgmenuid"], **numbered}
        case "text":
            return {"kind": "text", "text": fields["Content"], **numbered}
        case "location":
            place = f"{fields['Location_X']},{fields['Location_Y']} {fields.get('Label', '')}"
            return {"kind": "place", "text": place.strip(), **numbered}
        case message if message in LINES:
            return {"kind": "text", "text": "\n".join(filter(None, map(fields.get, LINES[message]))), **numbered}
        case message if message in MEDIA:
            kind, mime = MEDIA[message]
            clearer = fields.get("MediaId16K") or fields["MediaId"]
            media = Media(clearer, mime, words=fields.get("Recognition") or None)
            return {"kind": kind, "media": (media,), **numbered}
    return None


def _happened(fields: Mapping[str, str]) -> dict[str, Any] | None:
    """What an event means. Events have no number, so that all that tells them apart becomes part of the key."""
    event, pressed = fields["Event"], fields.get("EventKey", "")
    kind, words = EVENTS.get(event, (None, ""))
    if kind is None:
        return None
    said: dict[str, Any] = {"kind": kind, "text": fields.get(words, "")}
    said["number"] = ":".join((fields["FromUserName"], fields["CreateTime"], event, pressed))
    if event == "subscribe":
        said["text"] = pressed.removeprefix(QR) if pressed.startswith(QR) else ""
    return said | {"press": fields["EventKey"]} if kind == "press" else said
