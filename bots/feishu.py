"""Feishu (飞书): messages and cards to people and groups, and what they answer or press, over its webhook (S87)."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from bots.feishu_api import API_BASE, Api, content_of
from bots.feishu_gate import Gate, Shut, challenge_of, unsealed
from bots.payload import unmarked, whole
from bots.wire import Trouble
from core.words import (
    MILLISECOND,
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
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Unreadable,
    Who,
)

MOST_TEXT = Size(20_000, "bytes")
"""Longest text. A card holds 30 KB with everything around it."""
MOST_CONTENT = 30 * 1024
"""Longest content of a card, bytes."""
GAP = 0.2
"""Seconds between two messages to one person or group: five a second are allowed."""
RATE = 15.0
"""Messages a second: 1,000 a minute are allowed."""
MOST_BUTTONS = 10
MOST_LABEL = Size(40)
MOST_TOKEN = 400
"""Bytes of a button's token; Feishu names no limit but that of the card."""
GROUP = "oc_"
"""Begins the id of a group."""
MOBILE = "mobile:"
"""Begins the name of a room that is known by a mobile number only."""
OPEN = "查看 · Open"
"""What the button of a link says, in both languages, since a group may speak either."""

CAN = Can(
    text=MOST_TEXT,
    card=True,
    buttons=MOST_BUTTONS,
    label=MOST_LABEL,
    token=MOST_TOKEN,
    gap=GAP,
    rate=RATE,
    safe=True,
)

MEDIA: Mapping[str, tuple[Kind, str, str | None]] = {
    "image": ("image", "image_key", "image/jpeg"),
    "audio": ("voice", "file_key", "audio/ogg"),
    "media": ("file", "file_key", "video/mp4"),
    "file": ("file", "file_key", None),
}
"""Message types that carry a file: their kind, where its key stands, and its type as far as Feishu lets it be known."""

_KEY = re.compile(r"[A-Za-z0-9_-]{1,200}")
_log = logging.getLogger("huiying.feishu")


@dataclass(frozen=True)
class FeishuConfig:
    """What the app needs. `encrypt_keys` are the valid Encrypt Keys, two while rotating; without any the app only tells."""

    app_id: str
    app_secret: str = field(repr=False)
    encrypt_keys: tuple[str, ...] = field(default=(), repr=False)
    api_base: str = API_BASE


class Feishu:
    """The channel. A room is a person, Room("feishu", app id, "ou_…"), the same by his number, Room("feishu", app id,
    "mobile:+86…"), or a group, Room("feishu", app id, "oc_…", group=True)."""

    name = "feishu"
    unseal = staticmethod(unsealed)

    def __init__(
        self, config: FeishuConfig, shelf: Shelf, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.can = CAN
        self._clock = clock
        self._gate = Gate(config.encrypt_keys) if config.encrypt_keys else None
        self._api = Api(config.api_base, config.app_id, config.app_secret, shelf, transport)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """The message, press or entering in an opened event (schema 2.0); any other says nothing. Raises Unreadable."""
        try:
            said = _happened(orjson.loads(raw))
            return [Inbound(**said, raw=raw)] if said else []
        except KeyError as error:
            raise Unreadable(f"not an event of Feishu: {error} is missing") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"not an event of Feishu ({type(error).__name__})") from error

    async def run(self, accept: Accept) -> None:
        """Returns at once: Feishu calls us."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks and opens a callback, and answers it once it is durable."""
        if self._gate is None:
            return Answer(404)
        try:
            event = self._gate.open(hook, self._clock())
        except Shut as shut:
            _log.info("a callback was turned away: %s", shut)
            return Answer(shut.status)
        challenge = challenge_of(event)
        if challenge is not None:
            return Answer(200, orjson.dumps({"challenge": challenge}), "application/json")
        await accept([event])
        return Answer(200, b"{}", "application/json")

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message. A repetition under the same key within the hour is not shown again."""
        kind, content = message_of(room, say)
        if MOST_TEXT.of(say.text) > MOST_TEXT.most or len(content.encode()) > MOST_CONTENT or say.file:
            return Receipt("refused", why="longer than 20,000 bytes, 30 KB with its facts, or a file")
        if not (say.text or say.title or say.facts or say.buttons):
            return Receipt("refused", why="nothing to send")
        try:
            sort, to = await self._address(room)
            asked = {"receive_id": to, "msg_type": kind, "content": content, "uuid": uuid_of(key)}
            data = await self._api.call(f"im/v1/messages?receive_id_type={sort}", asked)
        except Trouble as trouble:
            return trouble.receipt
        return Receipt("sent", ref=str(data.get("message_id") or uuid_of(key)))

    async def _address(self, room: Room) -> tuple[str, str]:
        if room.id.startswith(MOBILE):
            return "open_id", await self._api.person_with(room.id.removeprefix(MOBILE))
        return ("chat_id" if _is_group(room) else "open_id"), room.id

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody sent. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        parts = media.ref.split("/")
        if len(parts) != 3 or not all(_KEY.fullmatch(part) for part in parts):
            raise CannotFetch("not a file of Feishu")
        return await self._api.download(*parts)

    async def close(self) -> None:
        await self._api.close()


def uuid_of(key: str) -> str:
    """The number under which Feishu shows a message once an hour: 32 characters, the same for the same key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def message_of(room: Room, say: Say) -> tuple[str, str]:
    """Type and content: plain text, or a card where there is a title, a fact, a button or a link."""
    if not (say.title or say.facts or say.buttons or say.link):
        return "text", content_of(whole({"text": unmarked(say.text)}))
    elements: list[dict[str, Any]] = []
    if say.text:
        elements.append({"tag": "div", "text": _plain(say.text)})
    if say.facts:
        facts = [{"is_short": len(value) < 20, "text": _plain(f"{label}\n{value}")} for label, value in say.facts]
        elements.append({"tag": "div", "fields": facts})
    buttons = [*say.buttons, *([Button(OPEN, url=say.link)] if say.link else [])]
    if buttons:
        elements.append({"tag": "action", "actions": [_button(button, room) for button in buttons]})
    card: dict[str, Any] = {"config": {"wide_screen_mode": True}, "elements": elements}
    if say.title:
        card["header"] = {"title": _plain(say.title)}
    return "interactive", content_of(whole(card))


def _is_group(room: Room) -> bool:
    """A group is known by its id too, since whoever writes settings may forget to say so."""
    return room.group or room.id.startswith(GROUP)


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _button(button: Button, room: Room) -> dict[str, Any]:
    """What a press brings back says besides its token whether it was pressed in a group: Feishu does not."""
    shown = {"tag": "button", "text": _plain(button.label), "type": "default"}
    if button.url:
        return {**shown, "url": button.url}
    return {**shown, "value": {"token": button.token, "group": _is_group(room)}}


def _happened(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an event means for us. One that is still sealed, and the platform's first call, say nothing."""
    if "schema" not in found:
        _ = found["encrypt"] if "encrypt" in found else found["type"]
        return None
    header, event = found["header"], found["event"]
    match header["event_type"]:
        case "im.message.receive_v1":
            return _message(header, event)
        case "card.action.trigger":
            return _press(header, event)
        case "application.bot.menu_v6":
            person = _text(event["operator"]["operator_id"]["open_id"])
            return _event(header, person, kind="press", press=_text(event["event_key"]))
        case "im.chat.access_event.bot_p2p_chat_entered_v1":
            return _event(header, _text(event["operator_id"]["open_id"]), kind="enter")
    return None


def _message(header: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What somebody said to the bot, or in a group that it is in."""
    message, sender = event["message"], event["sender"]
    if sender["sender_type"] != "user":
        return None
    number = _text(message["message_id"])
    said = _said(message, number)
    if said is None:
        return None
    person, group = _text(sender["sender_id"]["open_id"]), message["chat_type"] != "p2p"
    app = _text(header["app_id"])
    return {
        "key": f"feishu:{app}:{number}",
        "at": _moment(message["create_time"]),
        "who": Who(person),
        "room": Room("feishu", app, _text(message["chat_id"]), group=True) if group else Room("feishu", app, person),
        "about": message.get("parent_id") or None,
        "called": not group or bool(message.get("mentions")),
        "id": number,
        **said,
    }


def _said(message: Mapping[str, Any], number: str) -> dict[str, Any] | None:
    kind, content = message["message_type"], orjson.loads(message["content"])
    mentions = message.get("mentions") or ()
    if kind in MEDIA:
        sort, place, mime = MEDIA[kind]
        ref = f"{number}/{_text(content[place])}/{'image' if kind == 'image' else 'file'}"
        seconds = content["duration"] / 1000 if "duration" in content else None
        return {"kind": sort, "media": (Media(ref, mime, content.get("file_name"), seconds=seconds),)}
    match kind:
        case "text":
            return {"kind": "text", "text": _named(_text(content["text"]), mentions)}
        case "post":
            lines = [_text(content.get("title", "")), *("".join(map(_run, line)) for line in content["content"])]
            return {"kind": "text", "text": _named("\n".join(filter(None, lines)), mentions)}
        case "location":
            place = f"{content['latitude']},{content['longitude']} {content.get('name', '')}"
            return {"kind": "place", "text": place.strip()}
    return None


def _run(part: Mapping[str, Any]) -> str:
    """A piece of rich text as plain text."""
    return _text(part.get("user_id" if part["tag"] == "at" else "text", ""))


def _named(text: str, mentions: Any) -> str:
    """The text with names for its mentions, and without the mention by which the bot was called."""
    for mention in mentions:
        key, name = _text(mention["key"]), _text(mention["name"])
        ours = mention.get("mentioned_type") == "bot" or text.lstrip().startswith(key)
        text = re.sub(re.escape(key) + r"(?!\d)", lambda _, shown="" if ours else f"@{name}": shown, text)
    return text.strip()


def _press(header: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any] | None:
    """A button of one of our cards. It may stand in a group, which the button itself says."""
    value = event["action"].get("value")
    if not isinstance(value, dict) or "token" not in value:
        return None
    context, person = event["context"], _text(event["operator"]["open_id"])
    press = _event(header, person, kind="press", press=_text(value["token"]))
    if value["group"]:
        press["room"] = Room("feishu", press["room"].account, _text(context["open_chat_id"]), group=True)
    return press | {"about": _text(context["open_message_id"])}


def _event(header: Mapping[str, Any], person: str, **said: Any) -> dict[str, Any]:
    app = _text(header["app_id"])
    return {
        "key": f"feishu:{app}:{_text(header['event_id'])}",
        "at": _moment(header["create_time"]),
        "who": Who(person),
        "room": Room("feishu", app, person),
        **said,
    }


def _moment(value: Any) -> Micros:
    """An instant: Feishu writes milliseconds, in some events microseconds."""
    if not isinstance(value, str) or not value.isdigit() or not 13 <= len(value) <= 16:
        raise ValueError("not a time")
    return int(value) * (MILLISECOND if len(value) == 13 else 1)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value
