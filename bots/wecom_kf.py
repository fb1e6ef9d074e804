"""WeCom customer service (微信客服): the way to customers in WeChat.

A callback is only a hint: the messages lie with WeCom and are pulled with kf/sync_msg, whose cursor is stored together
with what it led to. Answers go out through kf/send_msg, within 48 hours and five messages after the customer's last.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from bots.payload import reader, seconds
from bots.payload import text as _text
from bots.wecom_api import API_BASE, MEDIA, MOST_MEDIA, MOST_TEXT, RATE, Api, loaded, plain
from bots.wecom_gate import Gate, unsealed, xml_fields
from bots.wire import Trouble
from core.words import (
    HOUR,
    MINUTE,
    SECOND,
    Accept,
    Answer,
    Button,
    Can,
    Clock,
    Cursor,
    Files,
    Hook,
    Inbound,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Who,
    Window,
)

MOST_HEAD = Size(1024, "bytes")
"""Longest text above a menu; what is longer goes before it as a message of its own."""
MOST_ITEMS = 10
"""Most items of a menu."""
MOST_ITEM = 128
"""Longest id and longest label of an item, bytes."""
PUSH = Window(seconds=48 * HOUR // SECOND, messages=5)
"""How long and how often we may speak after a customer's message."""
PAGE = {"limit": 1000, "voice_format": 0}
"""How to pull: at most so many items, and voices as AMR (not SILK)."""
TOKEN_FRESH = 10 * MINUTE
"""How long the token of a hint may be used."""
STALE_TOKEN = "95007"
MOST_KEY = 32
"""Longest message id of our own, bytes."""

CAN = Can(
    text=MOST_TEXT,
    buttons=MOST_ITEMS,
    label=Size(MOST_ITEM, "bytes"),
    token=MOST_ITEM,
    file=MOST_MEDIA,
    rate=RATE,
    safe=True,
    push=PUSH,
)

_CUSTOMER = 3
"""Origin of what a customer wrote; 4 is the system, 5 a person at the service desk."""
_LINES: Mapping[str, tuple[str, ...]] = {
    "link": ("title", "desc", "url"),
    "miniprogram": ("title",),
    "channels": ("nickname", "title"),
    "channels_shop_product": ("title", "product_id"),
    "channels_shop_order": ("product_titles", "order_id", "state"),
}
"""Cards that customers pass on, and what of them reads as text."""
_ENVELOPE = {"msgid", "external_userid", "origin"}
"""An item with none of these was said by nobody."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KfConfig:
    """What customer service needs. Without `open_kfids` the desk listens to every account that the API shows it.

    `keys` are the valid pairs of callback token and EncodingAESKey, two while rotating; `poll_seconds` lie between two
    pulls without a hint.
    """

    corp_id: str
    secret: str = field(repr=False)
    keys: tuple[tuple[str, str], ...] = field(repr=False)
    open_kfids: tuple[str, ...] = ()
    api_base: str = API_BASE
    poll_seconds: float = 30.0


_WINDOW_SHUT = ("fail_type 4", "fail_type 5", "fail_type 6")
"""Reasons of msg_send_fail that end when the customer writes again: 48 h over, session closed, five messages used up."""


class WeComKf:
    """The channel of WeCom customer service. A room is a customer's chat: Room("wecom_kf", open_kfid, external_userid)."""

    name = "wecom_kf"
    unseal = staticmethod(unsealed)

    def __init__(
        self,
        config: KfConfig,
        shelf: Shelf,
        files: Files,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = CAN
        self._config = config
        self._shelf = shelf
        self._files = files
        self._clock = clock
        self._gate = Gate(config.keys, config.corp_id)
        self._api = Api(config.api_base, config.corp_id, config.secret, shelf, transport)
        self._accounts: set[str] = set(config.open_kfids)
        self._tokens: dict[str, tuple[str, Micros]] = {}
        self._hinted: set[str] = set()
        self._woken = asyncio.Event()

    @staticmethod
    @reader("WeCom")
    def read(raw: bytes) -> list[Inbound]:
        """The messages in one sync_msg item, or in a whole page; a callback says nothing. Raises Unreadable."""
        found: Any = xml_fields(raw) if raw.lstrip().startswith(b"<") else loaded(raw)
        if "MsgType" in found:
            return []
        return _page(found["msg_list"]) if "msg_list" in found else _item(found, raw)

    @staticmethod
    @reader("WeCom")
    def late(raw: bytes) -> tuple[str, Receipt] | None:
        """Which post (by its Receipt's `ref`) WeCom could not deliver after all. None for any other item. Raises Unreadable."""
        item = loaded(raw)
        if item.get("msgtype") != "event" or item["event"]["event_type"] != "msg_send_fail":
            return None
        msgid, why = _text(item["event"]["fail_msgid"]), f"fail_type {int(item['event']['fail_type'])}"
        return (
            msgid[:-1] + "0" if len(msgid) == MOST_KEY else msgid,
            Receipt("refused", why="window" if why in _WINDOW_SHUT else why),
        )

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks a hint and wakes `run`. It is answered at once, since the messages lie safe with WeCom."""
        return await self._gate.receive(hook, self._clock(), self._heed)

    async def _heed(self, message: bytes) -> None:
        try:
            hint = xml_fields(message)
        except ValueError:
            hint = {}
        account = hint.get("OpenKfId")
        if account and (account in self._accounts or not self._config.open_kfids):
            self._tokens[account] = (hint.get("Token", ""), self._clock())
            self._hinted.add(account)
        self._woken.set()

    async def run(self, accept: Accept) -> None:
        """Pulls what is hinted at, and everything each `poll_seconds`, until cancelled.

        A refusal of WeCom is logged and the next occasion awaited; what `accept` raises ends the run.
        """
        now = asyncio.get_running_loop().time
        while True:
            everything = now() + self._config.poll_seconds
            await self._try(accept, ())
            while (left := everything - now()) > 0 and await self._hint(left):
                hinted, self._hinted = self._hinted, set()
                await self._try(accept, hinted)

    async def _hint(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    async def _try(self, accept: Accept, accounts: Collection[str]) -> None:
        try:
            await self.pull(accept, accounts)
        except Trouble as trouble:
            _log.warning("wecom_kf cannot pull: %s", trouble)

    async def pull(self, accept: Accept, accounts: Collection[str] = ()) -> None:
        """Drains what lies there now for these accounts, or for all. Raises Trouble, and what `accept` raises."""
        for account in sorted(accounts or await self._listened()):
            async with self._shelf.alone(f"wecom_kf_pull:{account}"):
                await self._drain(account, accept)

    async def _listened(self) -> set[str]:
        if not self._accounts:
            answer = await self._api.call("kf/account/list", {"offset": 0, "limit": 100})
            self._accounts.update(str(account["open_kfid"]) for account in answer.get("account_list", ()))
        return self._accounts

    async def _drain(self, account: str, accept: Accept) -> None:
        name = f"{self.name}:{account}"
        cursor, more = await self._shelf.get(f"cursor:{name}") or "", True
        while more:
            page = await self._page(account, cursor)
            items, following = page.get("msg_list") or [], page.get("next_cursor") or cursor
            if items or following != cursor:
                await accept([orjson.dumps(item) for item in items], Cursor(name, following))
            cursor, more = following, following != cursor and page.get("has_more") == 1

    async def _page(self, account: str, cursor: str) -> dict[str, Any]:
        ask = {"open_kfid": account, "cursor": cursor, **PAGE}
        token, at = self._tokens.get(account, ("", 0))
        if token and self._clock() - at < TOKEN_FRESH:
            try:
                return await self._api.call("kf/sync_msg", {**ask, "token": token})
            except Trouble as trouble:
                if trouble.code != STALE_TOKEN:
                    raise
        self._tokens.pop(account, None)
        return await self._api.call("kf/sync_msg", ask)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message: its text, its menu, its file. A repetition under the same key is not shown again."""
        try:
            messages = await self._messages(say)
            for part, message in enumerate(messages):
                await self._send(room, message_id(key, part), message)
        except Trouble as trouble:
            return trouble.receipt
        return Receipt("sent", ref=message_id(key)) if messages else Receipt("refused", why="nothing to send")

    async def _messages(self, say: Say) -> list[dict[str, Any]]:
        text, messages = plain(say.text), []
        if text and (not say.buttons or MOST_HEAD.of(text) > MOST_HEAD.most):
            messages.append({"msgtype": "text", "text": {"content": text}})
            text = ""
        if say.buttons:
            head = {"head_content": text} if text else {}
            messages.append({"msgtype": "msgmenu", "msgmenu": {**head, "list": [_choice(b) for b in say.buttons]}})
        if say.file:
            messages.append(await self._api.file_message(say.file, self._files))
        return messages

    async def _send(self, room: Room, msgid: str, message: dict[str, Any]) -> None:
        addressed = {"touser": room.id, "open_kfid": room.account, "msgid": msgid, **message}
        try:
            await self._api.call("kf/send_msg", addressed)
        except Trouble as trouble:
            if "msgid" not in trouble.words.lower():
                raise
            # Ours is always well formed, so WeCom can only object that it has been used: the message was shown before.

    async def fetch(self, media: Media) -> bytes:
        """A file that a customer sent, of at most 20 MB; WeCom keeps it for three days.

        Raises CannotFetch if it cannot be had, Trouble if it may be had later.
        """
        return await self._api.download(media.ref)

    async def close(self) -> None:
        await self._api.close()


def message_id(key: str, part: int = 0) -> str:
    """The id under which WeCom knows a part of what was posted with `key`: 32 characters, always the same."""
    return f"{hashlib.sha256(key.encode()).hexdigest()[: MOST_KEY - 1]}{part}"


def _choice(button: Button) -> dict[str, Any]:
    if button.url:
        return {"type": "view", "view": {"url": button.url, "content": button.label}}
    return {"type": "click", "click": {"id": button.token, "content": button.label}}


def _page(items: list[dict[str, Any]]) -> list[Inbound]:
    """All messages of a page. An item that tells no time of its own came after the one before it."""
    messages, since = [], {}
    for item in items:
        since = {"send_time": item["send_time"]} if "send_time" in item else since
        messages += _item(since | item, orjson.dumps(item))
    return messages


def _item(item: dict[str, Any], raw: bytes) -> list[Inbound]:
    event = item["event"] if item["msgtype"] == "event" else None
    if event is None and (not _ENVELOPE & item.keys() or item["origin"] != _CUSTOMER):
        return []
    said = _said(item, item["msgtype"]) if event is None else _happened(event)
    if said is None:
        return []
    where = item if event is None else event
    account, customer = _text(where["open_kfid"]), _text(where["external_userid"])
    key = f"wecom_kf:{account}:{said.pop('number', None) or _text(item['msgid'])}"
    room, at = Room("wecom_kf", account, customer), seconds(item["send_time"])
    return [Inbound(key=key, at=at, who=Who(customer), room=room, id=item.get("msgid"), raw=raw, **said)]


def _said(item: Mapping[str, Any], message: str) -> dict[str, Any] | None:
    """What a message says; a place reads "latitude,longitude name address"."""
    part = item.get(message, {})
    if message in MEDIA:
        kind, mime = MEDIA[message]
        return {"kind": kind, "media": (Media(_text(part["media_id"]), mime),)}
    if message in _LINES:
        return {"kind": "text", "text": "\n".join(_text(part[line]) for line in _LINES[message] if line in part)}
    match message:
        case "text":
            said = {"kind": "text", "text": _text(part["content"])}
            return said | {"kind": "press", "press": _text(part["menu_id"])} if part.get("menu_id") else said
        case "location":
            names = filter(None, (part.get("name"), part.get("address")))
            return {"kind": "place", "text": " ".join([f"{part['latitude']},{part['longitude']}", *names])}
        case "business_card":
            return {"kind": "contact", "text": _text(part["userid"])}
        case "merged_msg":
            return {"kind": "text", "text": _record(part)}
    return None


def _happened(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an event means for us: a customer came in, or took a message back."""
    match event["event_type"]:
        case "enter_session":
            return {"kind": "enter", "text": _text(event.get("scene_param") or event.get("scene", ""))}
        case "user_recall_msg":
            recalled = _text(event["recall_msgid"])
            return {"kind": "recall", "about": recalled, "number": f"recall:{recalled}"}
    return None


def _record(merged: Mapping[str, Any]) -> str:
    """A chat record that a customer passes on, one line a message."""
    lines = [_text(merged["title"])]
    for part in merged["item"]:
        text = loaded(part["msg_content"].encode()).get("text", {}).get("content", f"[{part['msgtype']}]")
        lines.append(f"{part['sender_name']}：{text}")
    return "\n".join(lines)
