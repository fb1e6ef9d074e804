"""DingTalk (钉钉): messages, files and cards to colleagues and groups, and what they answer or press, over its stream.

Nobody on the internet need reach the desk. The stream is the vendor's SDK in a process of its own (bots/dingtalk_stream.py);
DingTalk brings again, after a minute or so, what was not acknowledged.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import httpx
import orjson

from bots.apart import run_apart
from bots.dingtalk_api import API_BASE, MOST_FILE, OAPI_BASE, RATE, Api, undelivered
from bots.dingtalk_payload import read_delivery
from bots.payload import unmarked, whole, with_link
from bots.wire import Trouble
from core.words import (
    Accept,
    Answer,
    Button,
    Can,
    Clock,
    Files,
    Hook,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Shelf,
    Size,
)

MOST_TEXT = Size(7_000, "bytes")
"""Longest text. The JSON around it may have 15,000 bytes; a line end or a quotation mark takes two of them."""
MOST_BUTTONS = 5
"""Buttons for which the template of a card has places."""
PLACES = ("button", "label"), ("token", "token")
"""How the places of a button are called, and what of it stands there."""
MOST_TOKEN = 128
"""Bytes of a button's token; DingTalk names no limit but that of the card."""
GAP = 0.2
"""Seconds between two messages in a room."""

TALKS = Can(text=MOST_TEXT, file=MOST_FILE, gap=GAP, rate=RATE)
"""A robot as it is: buttons of DingTalk's ready-made messages open pages, and tell nobody of a press."""
SHOWS = replace(TALKS, card=True, buttons=MOST_BUTTONS, token=MOST_TOKEN, edit=True)
"""One with a template for cards."""


@dataclass(frozen=True)
class DingTalkConfig:
    """The app and its robot. `card_template` is the id of a published template (docs/channels/dingtalk.md); `media_hosts` are
    further hosts of files, where a company keeps them itself."""

    client_id: str
    client_secret: str = field(repr=False)
    robot_code: str
    card_template: str = ""
    media_hosts: tuple[str, ...] = ()
    bases: tuple[str, str] = (API_BASE, OAPI_BASE)


class DingTalk:
    """The channel. A room is a colleague's chat with the robot, Room("dingtalk", robot code, staff id), or a group,
    Room("dingtalk", robot code, open conversation id, group=True)."""

    name = "dingtalk"
    single = False
    patience = 90.0
    read = staticmethod(read_delivery)

    def __init__(
        self,
        config: DingTalkConfig,
        shelf: Shelf,
        files: Files,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = SHOWS if config.card_template else TALKS
        self.sign: Micros | None = None
        self._config, self._files, self._clock = config, files, clock
        self._api = Api(config.bases, config.client_id, config.client_secret, shelf, transport)

    async def run(self, accept: Accept) -> None:
        """Listens to the stream until cancelled. Raises Died when the connection ends."""
        await run_apart("bots.dingtalk_stream", asdict(self._config), accept, self._lives)

    def _lives(self) -> None:
        self.sign = self._clock()

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything by HTTP."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message, its file after its words. The ref is the key that DingTalk gave it, or a card's number."""
        if room.account != self._config.robot_code or MOST_TEXT.of(say.text) > MOST_TEXT.most:
            return Receipt("refused", why="a room of another robot or of a service window, or more than 7,000 bytes")
        words = None
        try:
            file = await self._api.file_message(say.file, self._files) if say.file else None
            words = await self._speak(room, say, key)
            sent = await self._send(room, *file) if file else None
        except Trouble as trouble:
            return trouble.receipt if words is None else Receipt("unknown", words, why=f"without its file: {trouble}")
        return Receipt("sent", words or sent) if file or words is not None else Receipt("refused", why="nothing to say")

    async def _speak(self, room: Room, say: Say, key: str) -> str | None:
        """The ref of the words, as a card where they are more than words. Raises Trouble."""
        if self._config.card_template and (say.title or say.facts or say.buttons or say.link or _is_card(say.replaces)):
            return await self._show(room, say, key)
        return await self._send(room, "sampleText", {"content": unmarked(say.text)}) if say.text else None

    async def _send(self, room: Room, kind: str, content: dict[str, str]) -> str:
        """The key of a message that DingTalk took. Raises Trouble, also where it took it for nobody."""
        way, to = ("groupMessages/send", "openConversationId") if room.group else ("oToMessages/batchSend", "userIds")
        asked = {"msgKey": kind, "msgParam": orjson.dumps(whole(content)).decode(), "robotCode": room.account}
        answer = await self._api.call(f"v1.0/robot/{way}", {**asked, to: room.id if room.group else [room.id]})
        return str(answer.get("processQueryKey", ""))

    async def _show(self, room: Room, say: Say, key: str) -> str:
        """The number of the card that shows a message: a new one, or the one to be replaced. Raises Trouble."""
        card = {"cardData": {"cardParamMap": whole(places_of(say))}, "userIdType": 1}
        if _is_card(say.replaces):
            card |= {"outTrackId": say.replaces, "cardUpdateOptions": {"updateCardDataByKey": True}}
            await self._api.call("v1.0/card/instances", card, "PUT")
            return str(say.replaces)
        track = f"{hashlib.sha256(key.encode()).hexdigest()[:24]}:{room.account}:{room.id if room.group else ''}"
        new = {"cardTemplateId": self._config.card_template, "outTrackId": track, "callbackType": "STREAM"}
        answer = await self._api.call("v1.0/card/instances/createAndDeliver", {**card, **new, **_place(room, say)})
        if undelivered(answer):
            raise Trouble(Receipt("refused", why="DingTalk made the card and did not deliver it"))
        return track

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody sent, of at most 20 MB. Raises CannotFetch if it cannot be had, Trouble if it may be had later."""
        return await self._api.download(media.ref, self._config.robot_code, self._config.media_hosts)

    async def close(self) -> None:
        await self._api.close()


def places_of(say: Say) -> dict[str, str]:
    """What stands where in the template: title, content (Markdown), button1 to button5 and their tokens, empty where there is
    none. Buttons that open a page are links below the content."""
    links = [button for button in with_link(say) if button.url]
    lines = [
        *say.text.splitlines(),
        *(f"{label}{': ' if label.isascii() else '：'}{value}" for label, value in say.facts),
    ]
    content = "  \n".join([*map(unmarked, lines), *(f"[{link.label}]({link.url})" for link in links)])
    presses = [button for button in say.buttons if button.token] + [Button("", "")] * MOST_BUTTONS
    places = {
        f"{name}{number}": getattr(press, part)
        for number, press in enumerate(presses[:MOST_BUTTONS], 1)
        for name, part in PLACES
    }
    return {"title": say.title or "", "content": content, **places}


def _place(room: Room, say: Say) -> dict[str, Any]:
    """Where a card is delivered; in a group, whom it calls."""
    sort, space = ("Group", "IM_GROUP") if room.group else ("Robot", "IM_ROBOT")
    more = {"atUserIds": {person: person for person in say.mentions}} if room.group else {"spaceType": space}
    deliver = {f"im{sort}OpenDeliverModel": {"robotCode": room.account, **more}}
    return {
        "openSpaceId": f"dtv1.card//{space}.{room.id}",
        f"im{sort}OpenSpaceModel": {"supportForward": False},
        **deliver,
    }


def _is_card(ref: str | None) -> bool:
    """Whether a message of ours is a card: the number of one has parts, the keys that DingTalk gives have none."""
    return ":" in (ref or "")
