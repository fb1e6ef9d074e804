"""WeCom app (企业微信自建应用): the way to staff. Callbacks come in encrypted, answers go out through message/send."""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from bots.payload import OPEN, reader, seconds
from bots.wecom_api import API_BASE, MEDIA, MOST_MEDIA, MOST_TEXT, RATE, Api, loaded, plain
from bots.wecom_gate import Gate, unsealed, xml_fields
from bots.wire import Trouble
from core.words import (
    MINUTE,
    SECOND,
    Accept,
    Answer,
    Button,
    Can,
    Clock,
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
    Who,
)

A_MINUTE = 30
"""Messages to one member in a minute: WeCom drops what goes beyond without a word."""
GAP = 2.0
"""Seconds between two posts to one member. One of several parts may have to wait for its minute."""
DUPLICATE_SECONDS = 10
"""For how long WeCom keeps a message from showing twice. It compares contents, not keys, so that a longer time would
swallow an honest repetition; this covers one that follows a lost answer."""

MOST_BUTTONS = 6
MOST_LABEL = Size(10)
"""Longest text of a button that is shown whole."""
MOST_TOKEN = 1024
"""Longest key of a button, bytes."""
MOST_TITLE = 36
"""Longest first line of a card that is shown whole, characters."""
MOST_LINES = 160
"""Longest text below it that is shown whole, characters."""
CHOOSE = "请选择 · Please choose"
"""Title of a card whose text is none; in both languages, since a card is of the channel's making."""
DONE = "已处理 · Done"
"""What stands, not to be pressed, in the place of buttons that are gone."""

CAN = Can(
    text=MOST_TEXT,
    buttons=MOST_BUTTONS,
    label=MOST_LABEL,
    token=MOST_TOKEN,
    file=MOST_MEDIA,
    edit=True,
    gap=GAP,
    rate=RATE,
)

PLAIN = replace(CAN, buttons=0, edit=False)
"""The same without cards, for members who read in WeChat's plug-in (微工作台), which does not show them."""

_EVENTS: Mapping[str, Kind] = {
    "subscribe": "enter",
    "enter_agent": "enter",
    "unsubscribe": "leave",
    "click": "press",
    "template_card_event": "press",
    "taskcard_click": "press",
    "scancode_push": "press",
    "scancode_waitmsg": "press",
}


@dataclass(frozen=True)
class WeComConfig:
    """What the app needs. `keys` are the valid pairs of callback token and EncodingAESKey, two while rotating; without `cards`
    buttons are a menu by number."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    keys: tuple[tuple[str, str], ...] = field(repr=False)
    api_base: str = API_BASE
    cards: bool = True


class WeCom:
    """The channel of the WeCom app. A room is one member's chat with the app: Room("wecom", agent id, userid)."""

    name = "wecom"
    unseal = staticmethod(unsealed)

    def __init__(
        self,
        config: WeComConfig,
        shelf: Shelf,
        files: Files,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = CAN if config.cards else PLAIN
        self._config = config
        self._files = files
        self._clock = clock
        self._told: defaultdict[str, deque[Micros]] = defaultdict(lambda: deque(maxlen=A_MINUTE))
        self._gate = Gate(config.keys, config.corp_id)
        self._api = Api(config.api_base, config.corp_id, config.secret, shelf, transport)

    @staticmethod
    @reader("WeCom")
    def read(raw: bytes) -> list[Inbound]:
        """The message in a decrypted callback (XML, or JSON with the same names). Raises Unreadable."""
        fields = _fields(raw)
        if "InfoType" in fields:
            return []
        said = _event(fields) if fields["MsgType"] == "event" else _message(fields)
        if said is None:
            return []
        agent, user = fields["AgentID"], fields["FromUserName"]
        key = ":".join(("wecom", agent, user, *said.pop("number")))
        room, at = Room("wecom", agent, user), seconds(fields["CreateTime"])
        return [Inbound(key=key, at=at, who=Who(user), room=room, raw=raw, **said)]

    async def run(self, accept: Accept) -> None:
        """Returns at once: the app speaks by callback only."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks and opens a callback, and answers it once it is durable."""
        return await self._gate.receive(hook, self._clock(), lambda message: accept([message]))

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message: its text, its file, its buttons on a card; or shows a card of ours anew in its place.

        The `ref` of a card is the code with which it can be replaced, once and within 72 hours. A press brings a new one.
        """
        text, card = parts_of(say, key)
        ref = None
        try:
            messages = [{"msgtype": "text", "text": {"content": text}}] if text else []
            if say.file:
                messages.append(await self._api.file_message(say.file, self._files))
            if card and not say.replaces:
                messages.append({"msgtype": "template_card", "template_card": card})
            if wait := self._minute_is_full(room.id, len(messages)):
                return Receipt("later", after=wait, why="30 messages a minute to one member")
            for message in messages:
                ref = await self._send(room.id, message)
            if card and say.replaces:
                ref = await self._replace(room.id, say.replaces, card)
        except Trouble as trouble:
            return trouble.receipt
        return Receipt("sent", ref=ref) if ref else Receipt("refused", why="nothing to send")

    def _minute_is_full(self, userid: str, parts: int) -> float:
        """Seconds until there is room for so many messages to a member; 0 if there is."""
        told = self._told[userid]
        to_pass = len(told) + parts - A_MINUTE
        return max(0.0, (told[to_pass - 1] + MINUTE - self._clock()) / SECOND) if to_pass > 0 else 0.0

    async def _send(self, userid: str, message: dict[str, Any]) -> str:
        once = {"enable_duplicate_check": 1, "duplicate_check_interval": DUPLICATE_SECONDS}
        self._told[userid].append(self._clock())
        answer = await self._call("message/send", {"touser": userid, **once, **message})
        return str(answer.get("response_code") or answer.get("msgid", "unnamed"))

    async def _replace(self, userid: str, code: str, card: dict[str, Any]) -> str:
        asked = {"userids": [userid], "response_code": code, "template_card": card}
        await self._call("message/update_template_card", asked)
        return code

    async def _call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self._api.call(path, {"agentid": self._config.agent_id, **body})
        if answer.get("invaliduser") or answer.get("unlicenseduser"):
            raise Trouble(Receipt("gone", why="the member cannot be reached by this app"))
        return answer

    async def fetch(self, media: Media) -> bytes:
        """A file that a member sent, of at most 20 MB; WeCom keeps it for three days. Raises CannotFetch."""
        return await self._api.download(media.ref)

    async def close(self) -> None:
        await self._api.close()


def parts_of(say: Say, key: str) -> tuple[str, dict[str, Any] | None]:
    """The text that goes as a message of its own, and the card with the buttons, if there is one.

    A card has room for a short first line and a few more. What is longer goes before it as text; on a card that is shown anew it
    is cut, since its text stands there already. WeCom shows a card with the same task_id, which is made of `key`, once only.
    """
    text, buttons = plain(say.text), say.buttons
    if not buttons and not say.replaces:
        return text, None
    if say.link and buttons and len(buttons) < MOST_BUTTONS:
        text, buttons = text.removesuffix(f"\n{say.link}"), (*buttons, Button(OPEN, url=say.link))
    title, _, lines = text.partition("\n")
    if len(title) > MOST_TITLE:
        title, lines = "", text
    if say.replaces:
        before, lines = "", lines[:MOST_LINES]
    else:
        before, lines = (text, "") if len(lines) > MOST_LINES else ("", lines)
    title = title or (CHOOSE if buttons else DONE)
    card: dict[str, Any] = {"card_type": "button_interaction", "main_title": {"title": title}}
    card |= {"sub_title_text": lines} if lines else {}
    card["button_list"] = [_choice(button) for button in {b.token or b.url: b for b in buttons}.values()]
    if say.replaces and not buttons:
        card |= {"replace_text": DONE, "button_list": [{"text": DONE, "key": "done"}]}
    if say.replaces:
        return before, card
    return before, card | {"task_id": hashlib.sha256(key.encode()).hexdigest()}


def _choice(button: Button) -> dict[str, Any]:
    """A button as WeCom wants it. Keys must differ from one another."""
    return {"text": button.label, **({"type": 1, "url": button.url} if button.url else {"key": button.token})}


def _fields(raw: bytes) -> Mapping[str, str]:
    if not raw.lstrip().startswith(b"{"):
        return xml_fields(raw)
    return {name: str(value) for name, value in loaded(raw).items()}


def _message(fields: Mapping[str, str]) -> dict[str, Any] | None:
    """What a message says; a place reads "latitude,longitude name"."""
    numbered = {"number": (fields["MsgId"],), "id": fields["MsgId"]}
    match fields["MsgType"]:
        case "text":
            return {"kind": "text", "text": fields["Content"], **numbered}
        case "location":
            place = f"{fields['Location_X']},{fields['Location_Y']} {fields.get('Label', '')}"
            return {"kind": "place", "text": place.strip(), **numbered}
        case "link":
            lines = (fields["Title"], fields.get("Description"), fields["Url"])
            return {"kind": "text", "text": "\n".join(filter(None, lines)), "forwarded": True, **numbered}
        case message if message in MEDIA:
            kind, mime = MEDIA[message]
            return {"kind": kind, "media": (Media(fields["MediaId"], mime, fields.get("FileName")),), **numbered}
    return None


def _event(fields: Mapping[str, str]) -> dict[str, Any] | None:
    """What an event means: events have no number, so that all that tells them apart becomes part of the key."""
    kind, task = _EVENTS.get(fields["Event"]), fields.get("TaskId", "")
    if kind is None:
        return None
    said: dict[str, Any] = {"kind": kind, "text": fields.get("ScanCodeInfo/ScanResult", "")}
    said["about"] = fields.get("ResponseCode") or task or None
    said["number"] = (fields["CreateTime"], fields["Event"], fields.get("EventKey", ""), task)
    return said | {"press": fields["EventKey"]} if kind == "press" else said
