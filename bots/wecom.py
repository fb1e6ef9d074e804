"""WeCom app (企业微信自建应用): the way to staff. Callbacks come in encrypted, answers go out through message/send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from bots.wecom_api import API_BASE, MOST_MEDIA, Api, Trouble, loaded, moment, plain, reason
from bots.wecom_gate import Gate, Shut, unsealed, xml_fields
from core.words import (
    Accept,
    Answer,
    Can,
    Clock,
    Files,
    Hook,
    Inbound,
    Kind,
    Media,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
    Unreadable,
    Who,
)

MOST_TEXT = Size(2048, "bytes")
"""Longest text of a message."""
GAP = 2.0
"""Seconds between two messages to one member: WeCom silently drops what goes beyond 30 a minute."""
RATE = 150.0
"""Messages a second: 10,000 calls a minute are allowed to an API and corporation."""
DUPLICATE_SECONDS = 10
"""For how long WeCom keeps a message from showing twice. It compares contents, not keys, so that a longer time would
swallow an honest repetition; this covers one that follows a lost answer."""

CAN = Can(text=MOST_TEXT, file=MOST_MEDIA, gap=GAP, rate=RATE)

_MEDIA: Mapping[str, tuple[Kind, str | None]] = {
    "image": ("image", "image/jpeg"),
    "voice": ("voice", "audio/amr"),
    "video": ("file", "video/mp4"),
    "file": ("file", None),
}
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
    """What the app needs. `keys` are the valid pairs of callback token and EncodingAESKey, two while rotating."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    keys: tuple[tuple[str, str], ...] = field(repr=False)
    api_base: str = API_BASE


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
        self.can = CAN
        self._config = config
        self._files = files
        self._clock = clock
        self._gate = Gate(config.keys, config.corp_id)
        self._api = Api(config.api_base, config.corp_id, config.secret, shelf, transport)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """The message in a decrypted callback (XML, or JSON with the same names). Raises Unreadable."""
        try:
            return _read(raw)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"not a WeCom message: {reason(error)}") from error

    async def run(self, accept: Accept) -> None:
        """Returns at once: the app speaks by callback only."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Checks and opens a callback, and answers it once it is durable."""
        try:
            message = self._gate.open(hook, self._clock())
        except Shut as shut:
            return Answer(shut.status)
        if hook.method == "GET":
            return Answer(200, message)
        await accept([message])
        return Answer()

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message: its text, then its file."""
        try:
            messages = [{"msgtype": "text", "text": {"content": plain(say.text)}}] if say.text else []
            if say.file:
                kind, media_id = await self._api.upload(say.file, await self._files(say.file.hash))
                messages.append({"msgtype": kind, kind: {"media_id": media_id}})
            ref = None
            for message in messages:
                ref = await self._send(room.id, message)
            return Receipt("sent", ref=ref)
        except Trouble as trouble:
            return trouble.receipt()
        except KeyError:
            return Receipt("refused", why="the file is not in the store")

    async def _send(self, userid: str, message: dict[str, Any]) -> str | None:
        answer = await self._api.call(
            "message/send",
            {
                "touser": userid,
                "agentid": self._config.agent_id,
                "enable_duplicate_check": 1,
                "duplicate_check_interval": DUPLICATE_SECONDS,
                **message,
            },
        )
        if answer.get("invaliduser") or answer.get("unlicenseduser"):
            raise Trouble("the member cannot be reached by this app", "gone")
        return answer.get("msgid")

    async def fetch(self, media: Media) -> bytes:
        """A file that a member sent, of at most 20 MB; WeCom keeps it for three days. Raises CannotFetch."""
        return await self._api.download(media.ref)

    async def close(self) -> None:
        await self._api.close()


def _read(raw: bytes) -> list[Inbound]:
    fields = _fields(raw)
    if "InfoType" in fields:
        return []
    if fields["MsgType"] == "event":
        return _event(fields, raw) if fields["Event"] in _EVENTS else []
    kind, text, media = _content(fields)
    if kind is None:
        return []
    agent, user, number = fields["AgentID"], fields["FromUserName"], fields["MsgId"]
    return [
        Inbound(
            key=f"wecom:{agent}:{user}:{number}",
            at=moment(fields["CreateTime"]),
            who=Who(user),
            room=Room("wecom", agent, user),
            kind=kind,
            text=text,
            media=media,
            id=number,
            raw=raw,
        )
    ]


def _fields(raw: bytes) -> Mapping[str, str]:
    if not raw.lstrip().startswith(b"{"):
        return xml_fields(raw)
    return {name: str(value) for name, value in loaded(raw).items()}


def _content(fields: Mapping[str, str]) -> tuple[Kind | None, str, tuple[Media, ...]]:
    """Kind, text and media of a message. A place reads "latitude,longitude name"."""
    match fields["MsgType"]:
        case "text":
            return "text", fields["Content"], ()
        case "location":
            place = f"{fields['Location_X']},{fields['Location_Y']} {fields.get('Label', '')}"
            return "place", place.strip(), ()
        case "link":
            return "text", "\n".join(filter(None, (fields["Title"], fields.get("Description"), fields["Url"]))), ()
        case message if message in _MEDIA:
            kind, mime = _MEDIA[message]
            return kind, "", (Media(fields["MediaId"], mime, fields.get("FileName")),)
    return None, "", ()


def _event(fields: Mapping[str, str], raw: bytes) -> list[Inbound]:
    agent, user, event = fields["AgentID"], fields["FromUserName"], fields["Event"]
    pressed, task = fields.get("EventKey", ""), fields.get("TaskId", "")
    kind = _EVENTS[event]
    return [
        Inbound(
            key=":".join(("wecom", agent, user, fields["CreateTime"], event, pressed, task)),
            at=moment(fields["CreateTime"]),
            who=Who(user),
            room=Room("wecom", agent, user),
            kind=kind,
            text=fields.get("ScanCodeInfo/ScanResult", ""),
            about=task or None,
            press=fields["EventKey"] if kind == "press" else None,
            raw=raw,
        )
    ]
