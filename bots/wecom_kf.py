"""WeCom customer service (微信客服): the way to customers in WeChat.

A callback is only a hint: the messages lie with WeCom and are pulled with kf/sync_msg, whose cursor is stored together
with what it led to. Answers go out through kf/send_msg, within 48 hours and five messages after the customer's last.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from bots.wecom_api import API_BASE, MOST_MEDIA, Api, Trouble, loaded, moment, plain, reason
from bots.wecom_gate import Gate, Shut, unsealed, xml_fields
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
    Kind,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Unreadable,
    Who,
    Window,
)

MOST_TEXT = Size(2048, "bytes")
"""Longest text of a message."""
MOST_HEAD = Size(1024, "bytes")
"""Longest text above a menu; what is longer goes before it as a message of its own."""
MOST_ITEMS = 10
"""Most items of a menu."""
MOST_ITEM = 128
"""Longest id and longest label of an item, bytes."""
PUSH = Window(seconds=48 * HOUR // SECOND, messages=5)
"""How long and how often we may speak after a customer's message."""
RATE = 150.0
"""Messages a second: 10,000 calls a minute are allowed to an API and corporation."""
PAGE = 1000
"""Most items of one pull."""
TOKEN_FRESH = 10 * MINUTE
"""How long the token of a hint may be used."""
MOST_KEY = 32
"""Longest message id of our own, bytes."""
STALE_TOKEN = 95007
AMR = 0
"""The voice format to ask for."""

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
_MEDIA: Mapping[str, tuple[Kind, str | None]] = {
    "image": ("image", "image/jpeg"),
    "voice": ("voice", "audio/amr"),
    "video": ("file", "video/mp4"),
    "file": ("file", None),
}
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
_OURS = re.compile(rf"[0-9a-f]{{{MOST_KEY - 1}}}[0-9]")

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
    def read(raw: bytes) -> list[Inbound]:
        """The messages in one sync_msg item, or a whole page; a callback says nothing. Raises Unreadable."""
        try:
            return _read(raw)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"not a message of customer service: {reason(error)}") from error

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks a hint and wakes `run`. It is answered at once, since the messages lie safe with WeCom."""
        try:
            message = self._gate.open(hook, self._clock())
        except Shut as shut:
            return Answer(shut.status)
        if hook.method == "GET":
            return Answer(200, message)
        self._heed(message)
        return Answer()

    def _heed(self, message: bytes) -> None:
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
            moved = following != cursor
            if items or moved:
                await accept([orjson.dumps(item) for item in items], Cursor(name, following))
            cursor, more = following, moved and page.get("has_more") == 1

    async def _page(self, account: str, cursor: str) -> dict[str, Any]:
        ask = {"open_kfid": account, "cursor": cursor, "limit": PAGE, "voice_format": AMR}
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
            return trouble.receipt()
        except KeyError:
            return Receipt("refused", why="the file is not in the store")
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
            kind, media_id = await self._api.upload(say.file, await self._files(say.file.hash))
            messages.append({"msgtype": kind, kind: {"media_id": media_id}})
        return messages

    async def _send(self, room: Room, msgid: str, message: dict[str, Any]) -> None:
        addressed = {"touser": room.id, "open_kfid": room.account, "msgid": msgid, **message}
        try:
            await self._api.call("kf/send_msg", addressed)
        except Trouble as trouble:
            if "msgid" not in trouble.complaint.lower():
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


def failed_send(raw: bytes) -> tuple[str, int] | None:
    """Which post (by its Receipt's `ref`) WeCom could not deliver after all, and its reason (fail_type 0 to 13).

    None for any other item. Raises Unreadable.
    """
    try:
        item = loaded(raw)
        if item.get("msgtype") != "event" or item["event"]["event_type"] != "msg_send_fail":
            return None
        msgid, why = _text(item["event"]["fail_msgid"]), int(item["event"]["fail_type"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unreadable(f"not an item of customer service: {reason(error)}") from error
    return (msgid[:-1] + "0" if _OURS.fullmatch(msgid) else msgid), why


def _choice(button: Button) -> dict[str, Any]:
    if button.url:
        return {"type": "view", "view": {"url": button.url, "content": button.label}}
    return {"type": "click", "click": {"id": button.token, "content": button.label}}


def _read(raw: bytes) -> list[Inbound]:
    if raw.lstrip().startswith(b"<"):
        xml_fields(raw)
        return []
    found = loaded(raw)
    if "Event" in found:
        return []
    return _page(found["msg_list"]) if "msg_list" in found else _item(found, raw)


def _page(items: list[dict[str, Any]]) -> list[Inbound]:
    """All messages of a page. An item that tells no time of its own came after the one before it."""
    messages, since = [], {}
    for item in items:
        since = {"send_time": item["send_time"]} if "send_time" in item else since
        messages += _item(since | item, orjson.dumps(item))
    return messages


def _item(item: dict[str, Any], raw: bytes) -> list[Inbound]:
    if item["msgtype"] == "event":
        return _event(item, item["event"], raw)
    if not _ENVELOPE & item.keys() or item["origin"] != _CUSTOMER:
        return []
    kind, text, media = _content(item["msgtype"], item)
    if kind is None:
        return []
    account, customer, msgid = (_text(item[name]) for name in ("open_kfid", "external_userid", "msgid"))
    return [
        Inbound(
            key=f"wecom_kf:{account}:{msgid}",
            at=moment(item["send_time"]),
            who=Who(customer),
            room=Room("wecom_kf", account, customer),
            kind=kind,
            text=text,
            media=media,
            press=_text(item["text"]["menu_id"]) if kind == "press" else None,
            id=msgid,
            raw=raw,
        )
    ]


def _content(message: str, item: Mapping[str, Any]) -> tuple[Kind | None, str, tuple[Media, ...]]:
    """Kind, text and media of a message. A place reads "latitude,longitude name address"."""
    if message == "text":
        return ("press" if item["text"].get("menu_id") else "text"), _text(item["text"]["content"]), ()
    if message in _MEDIA:
        kind, mime = _MEDIA[message]
        return kind, "", (Media(_text(item[message]["media_id"]), mime),)
    if message in _LINES:
        return "text", "\n".join(_text(item[message][line]) for line in _LINES[message] if line in item[message]), ()
    match message:
        case "location":
            place = item["location"]
            names = (place.get("name"), place.get("address"))
            return "place", " ".join([f"{place['latitude']},{place['longitude']}", *filter(None, names)]), ()
        case "business_card":
            return "contact", _text(item["business_card"]["userid"]), ()
        case "merged_msg":
            return "text", _record(item["merged_msg"]), ()
    return None, "", ()


def _record(merged: Mapping[str, Any]) -> str:
    """A chat record that a customer passes on, one line a message."""
    lines = [_text(merged["title"])]
    for part in merged["item"]:
        text = loaded(part["msg_content"].encode()).get("text", {}).get("content", f"[{part['msgtype']}]")
        lines.append(f"{part['sender_name']}：{text}")
    return "\n".join(lines)


def _event(item: Mapping[str, Any], event: Mapping[str, Any], raw: bytes) -> list[Inbound]:
    match event["event_type"]:
        case "enter_session":
            kind, number, text, about = "enter", item["msgid"], event.get("scene_param") or event.get("scene", ""), None
        case "user_recall_msg":
            kind, number, text, about = "recall", f"recall:{event['recall_msgid']}", "", _text(event["recall_msgid"])
        case _:
            return []
    account, customer = _text(event["open_kfid"]), _text(event["external_userid"])
    return [
        Inbound(
            key=f"wecom_kf:{account}:{number}",
            at=moment(item["send_time"]),
            who=Who(customer),
            room=Room("wecom_kf", account, customer),
            kind=kind,
            text=_text(text),
            about=about,
            id=item.get("msgid"),
            raw=raw,
        )
    ]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
