"""WeCom customer service (微信客服): the way to customers in WeChat.

A callback is only a hint: the messages lie with WeCom and are pulled with kf/sync_msg, whose cursor is stored together
with what it led to. Answers go out through kf/send_msg, within 48 hours and five messages after the customer's last.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from bots.payload import reader, seconds, text
from bots.wecom_api import API_BASE, MEDIA, MOST_MEDIA, MOST_TEXT, RATE, Api, loaded, plain
from bots.wecom_gate import Gate, unsealed, xml_fields
from bots.wire import Trouble
from core.words import (
    HOUR,
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
MOST_ITEMS, MOST_ITEM = 10, 128
"""Most items of a menu; longest id and longest label of one, bytes."""
PUSH = Window(seconds=48 * HOUR // SECOND, messages=5)
"""How long and how often we may speak after a customer's message."""
PAGE = {"limit": 1000, "voice_format": 0}
"""How to pull: at most so many items, and voices as AMR (not SILK)."""
STALE_TOKEN = "95007"
MOST_KEY = 32
"""Longest message id of our own, bytes."""
WELCOME_SECONDS = 20.0
"""How long the code of an entering customer lets a welcome through, which no other message may be before he writes."""
NAME_SECONDS = 2.0
"""Longest wait for customers' nicknames: their messages are worth more."""
MOST_NAMES, MOST_KNOWN = 100, 10_000
"""Customers in one question for nicknames, and so many whose answers are remembered; then all are forgotten."""
WELCOME = "wecom_kf_welcome"
"""Where codes for a welcome lie on the shelf."""

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
        self._config, self._shelf, self._files, self._clock = config, shelf, files, clock
        self._gate = Gate(config.keys, config.corp_id)
        self._api = Api(config.api_base, config.corp_id, config.secret, shelf, transport)
        self._accounts: set[str] = set(config.open_kfids)
        self._tokens: dict[str, str] = {}
        self._names: dict[str, str] = {}
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
        msgid, why = text(item["event"]["fail_msgid"]), f"fail_type {int(item['event']['fail_type'])}"
        return (
            msgid[:-1] + "0" if len(msgid) == MOST_KEY else msgid,
            Receipt("refused", why="window" if why in _WINDOW_SHUT else why),
        )

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks a hint and wakes `run`. It is answered at once, since the messages lie safe with WeCom."""
        return await self._gate.receive(hook, self._clock(), self._heed)

    async def _heed(self, message: bytes) -> None:
        with suppress(ValueError):
            hint = xml_fields(message)
            if (account := hint.get("OpenKfId")) and (account in self._accounts or not self._config.open_kfids):
                self._tokens[account] = hint.get("Token", "")
        self._woken.set()

    async def run(self, accept: Accept) -> None:
        """Pulls what is hinted at, and everything each `poll_seconds`, until cancelled.

        A refusal of WeCom is logged and the next occasion awaited; what `accept` raises ends the run.
        """
        now, everything = asyncio.get_running_loop().time, 0.0
        while True:
            hinted = {*self._tokens}
            if not hinted or now() >= everything:
                hinted, everything = set(), now() + self._config.poll_seconds
            try:
                await self.pull(accept, hinted)
            except Trouble as trouble:
                _log.warning("wecom_kf cannot pull: %s", trouble)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), everything - now())
            self._woken.clear()

    async def pull(self, accept: Accept, accounts: Collection[str] = ()) -> None:
        """Drains what lies there now for these accounts, or for all. Raises Trouble, and what `accept` raises."""
        if not self._accounts:
            found = (await self._api.call("kf/account/list", {"offset": 0, "limit": 100})).get("account_list", ())
            self._accounts.update(str(account["open_kfid"]) for account in found)
        for account in sorted(accounts or self._accounts):
            async with self._shelf.alone(f"wecom_kf_pull:{account}"):
                await self._drain(account, accept)

    async def _drain(self, account: str, accept: Accept) -> None:
        cursor, more = await self._shelf.get(f"cursor:{self.name}:{account}") or "", True
        while more:
            page = await self._page(account, cursor)
            items, following = page.get("msg_list") or [], page.get("next_cursor") or cursor
            if items or following != cursor:
                await self._keep_codes(account, items)
                await accept(
                    list(map(orjson.dumps, await self._named(items))), Cursor(f"{self.name}:{account}", following)
                )
            cursor, more = following, following != cursor and page.get("has_more") == 1

    async def _keep_codes(self, account: str, items: list[Any]) -> None:
        """Codes for a welcome wait where every process finds them that may post the answer."""
        for item in items:
            if (customer := _speaker(item)) and (code := item.get("event", {}).get("welcome_code")):
                await self._shelf.put(f"{WELCOME}:{account}:{customer}", str(code), WELCOME_SECONDS)

    async def _named(self, items: list[Any]) -> list[Any]:
        """The items of a page, with the `nickname` of each customer where WeCom tells it in time. It is asked once for each."""
        new = sorted({_speaker(item) for item in items} - {*self._names, ""})[:MOST_NAMES]
        if new:
            self._names = {**(self._names if len(self._names) < MOST_KNOWN else {}), **dict.fromkeys(new, "")}
            with suppress(Trouble, TimeoutError, LookupError, TypeError, AttributeError):
                asked = self._api.call("kf/customer/batchget", {"external_userid_list": new})
                known = (await asyncio.wait_for(asked, NAME_SECONDS))["customer_list"]
                self._names |= {str(one["external_userid"]): str(one["nickname"]) for one in known}
        return [{**item, "nickname": name} if (name := self._names.get(_speaker(item))) else item for item in items]

    async def _page(self, account: str, cursor: str) -> dict[str, Any]:
        ask, token = {"open_kfid": account, "cursor": cursor, **PAGE}, self._tokens.pop(account, "")
        try:
            return await self._api.call("kf/sync_msg", {**ask, "token": token} if token else ask)
        except Trouble as trouble:
            if not token or trouble.code != STALE_TOKEN:
                raise
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
        words = plain(say.text)
        before = words if not say.buttons or MOST_HEAD.of(words) > MOST_HEAD.most else ""
        messages: list[dict[str, Any]] = [{"msgtype": "text", "text": {"content": before}}] if before else []
        if say.buttons:
            head = {"head_content": words} if words and not before else {}
            messages.append({"msgtype": "msgmenu", "msgmenu": {**head, "list": [_choice(b) for b in say.buttons]}})
        if say.file:
            messages.append(await self._api.file_message(say.file, self._files))
        return messages

    async def _send(self, room: Room, msgid: str, message: dict[str, Any]) -> None:
        try:
            await self._api.call(
                "kf/send_msg", {"touser": room.id, "open_kfid": room.account, "msgid": msgid, **message}
            )
        except Trouble as trouble:
            # Our msgid is always well formed: WeCom can only object that it was used, so that the message was shown.
            shown = "msgid" in trouble.words.lower()
            if not shown and (trouble.receipt.why != "window" or not await self._welcomes(room, msgid, message)):
                raise

    async def _welcomes(self, room: Room, msgid: str, message: dict[str, Any]) -> bool:
        """Whether a message for which there was no window went as the welcome of a customer who has just come in."""
        code = await self._shelf.get(f"{WELCOME}:{room.account}:{room.id}")
        try:
            return bool(
                code and await self._api.call("kf/send_msg_on_event", {"code": code, "msgid": msgid, **message})
            )
        except Trouble:
            return False

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


def _speaker(item: Any) -> str:
    """Whose item it is; "" for nobody's."""
    try:
        return text(item.get("event", item)["external_userid"])
    except (AttributeError, LookupError, TypeError):
        return ""


def _choice(button: Button) -> dict[str, Any]:
    click = {"type": "click", "click": {"id": button.token, "content": button.label}}
    return {"type": "view", "view": {"url": button.url, "content": button.label}} if button.url else click


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
    account, customer = (text((event or item)[name]) for name in ("open_kfid", "external_userid"))
    key = f"wecom_kf:{account}:{said.pop('number', None) or text(item['msgid'])}"
    room, who = Room("wecom_kf", account, customer), Who(customer, text(item.get("nickname", "")) or None)
    return [Inbound(key=key, at=seconds(item["send_time"]), who=who, room=room, id=item.get("msgid"), raw=raw, **said)]


def _said(item: Mapping[str, Any], message: str) -> dict[str, Any] | None:
    """What a message says; a place reads "latitude,longitude name address"."""
    part = item.get(message, {})
    if message in MEDIA:
        return {"kind": MEDIA[message][0], "media": (Media(text(part["media_id"]), MEDIA[message][1]),)}
    if message in _LINES:
        lines = (text(part[line]) for line in _LINES[message] if line in part)
        return {"kind": "text", "text": "\n".join(lines), "forwarded": True}
    match message:
        case "text":
            said = {"kind": "text", "text": text(part["content"])}
            return said | {"kind": "press", "press": text(part["menu_id"])} if part.get("menu_id") else said
        case "location":
            place = f"{part['latitude']},{part['longitude']}", part.get("name"), part.get("address")
            return {"kind": "place", "text": " ".join(filter(None, place))}
        case "business_card":
            return {"kind": "contact", "text": text(part["userid"])}
        case "merged_msg":
            return {"kind": "text", "text": _record(part), "forwarded": True}
    return None


def _happened(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an event means for us: a customer came in, or took a message back.

    Whoever opens the chat again bears neither a code for a welcome nor where he came from: nothing has happened.
    """
    match event["event_type"]:
        case "enter_session" if event.get("welcome_code") or event.get("scene_param"):
            return {"kind": "enter", "text": text(event.get("scene_param") or event.get("scene", ""))}
        case "user_recall_msg":
            return {"kind": "recall", "about": (message := text(event["recall_msgid"])), "number": f"recall:{message}"}
    return None


def _record(merged: Mapping[str, Any]) -> str:
    """A chat record that a customer passes on, one line a message."""
    said = ((one["sender_name"], loaded(one["msg_content"].encode()), f"[{one['msgtype']}]") for one in merged["item"])
    lines = (f"{who}：{content.get('text', {}).get('content', other)}" for who, content, other in said)
    return "\n".join([text(merged["title"]), *lines])
