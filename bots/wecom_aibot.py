"""WeCom AI bot (企业微信智能机器人): colleagues talk with the desk, alone or in groups, over one connection that we open, so
that no public address is needed (S90).

Frames are JSON: {cmd, headers: {req_id}, body}. The platform knows no acknowledgement of what it brings, and brings nothing
twice: what could not be stored is kept here and handed over first when the connection is begun anew. A bot has one connection;
whoever subscribes later takes it from whoever had it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import orjson

from bots.doors import opened
from bots.payload import reader, seconds, table, text, unmarked, whole
from bots.wire import CONNECT_SECONDS, SILENCE_SECONDS, Action, Trouble, Wire, busy, complaint, content_of
from core.words import (
    MINUTE,
    Accept,
    Answer,
    Can,
    CannotFetch,
    Clock,
    FileRef,
    Files,
    Hook,
    Inbound,
    Kind,
    Media,
    Micros,
    Receipt,
    Room,
    Say,
    Size,
    Who,
)

WS_URL = "wss://openws.work.weixin.qq.com"
MOST_TEXT = Size(4096, "bytes")
"""Longest text. A message may hold 20,480 bytes, of which characters that lose their meaning as markup take more."""
MOST_ON_CARD = 112
"""Longest text on a card with buttons, characters; what is longer goes before it as a message of its own."""
CHUNK = 512 * 1024
"""Bytes of a file in one frame."""
LEAST_FILE, MOST_FILE = 5, 10 * 1024 * 1024
"""Smallest and largest file that is sent, bytes; pictures may be no larger."""
MOST_MEDIA = 20 * 1024 * 1024
"""Largest file that is fetched, bytes."""
SEALED_TO = 32
"""Bytes to which files are padded."""
MOST_FRAME = 4 * 1024 * 1024
"""Longest frame that is taken, bytes."""
BEAT, MISSED = 30.0, 2
"""Seconds between two signs of life of ours, and how many of them may go without an answer before the connection is dead."""
AFTER_LOSS: Micros = 10 * MINUTE
"""For so long the bot is left to whoever took its connection: two who both came back at once would never rest."""
NO_LINE = busy("no connection", 5.0)

CAN = Can(MOST_TEXT, buttons=6, label=Size(10), token=1024, file=MOST_FILE, gap=2.0, rate=20.0)
"""In a chat 30 messages a minute are allowed; a card has six buttons."""

ACTIONS: Mapping[str, Action] = {
    "-1": "busy",
    "45009": "quota",
    "45033": "quota",
    "40003": "gone",
    "81013": "gone",
    "93006": "gone",
}
"""What an error code asks for: somebody or a group that is not there (40003, 81013, 93006), or too much (45009). Any other
needs a person's eye: wrong message (40008, 40058), wrong bot or secret."""
MEDIA: Mapping[str, tuple[Kind, str | None]] = {
    "image": ("image", "image/jpeg"),
    "file": ("file", None),
    "video": ("file", "video/mp4"),
}
"""Message types that carry a file: their kind and media type."""

_CALLED = re.compile(r"^\s*@\S+\s*")
"""The name by which the bot was called in a group."""
_OWN_HOST = re.compile(r"https://(ww-aibot-[a-z0-9-]+\.cos\.[a-z0-9-]+\.myqcloud\.com|([a-z0-9-]+\.)+weixin\.qq\.com)/")


class Lost(Exception):
    """The connection is of no use any more."""


Connect = Callable[[str], Awaitable[Any]]
"""Opens a connection to an address: something with `send`, `recv` and `close`, as that of `websockets`."""


async def dial(url: str) -> Any:
    """The platform itself. Raises OSError, TimeoutError and what `websockets` raises."""
    from websockets.asyncio.client import connect

    return await connect(
        url, max_size=MOST_FRAME, ping_interval=None, open_timeout=SILENCE_SECONDS, close_timeout=CONNECT_SECONDS
    )


@dataclass(frozen=True)
class AibotConfig:
    """What the bot needs."""

    bot_id: str
    secret: str = field(repr=False)
    ws_url: str = WS_URL
    beat_seconds: float = BEAT


class WeComAibot:
    """The channel. A room is a person's chat, Room("wecom_aibot", bot id, userid), or a group, Room(…, chatid, group=True)."""

    name = "wecom_aibot"
    single = True

    def __init__(
        self,
        config: AibotConfig,
        files: Files,
        clock: Clock,
        connect: Connect = dial,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.can = CAN
        self.sign: Micros | None = None
        self.patience = config.beat_seconds * MISSED + SILENCE_SECONDS
        self._config, self._files, self._clock, self._connect = config, files, clock, connect
        self._wire = Wire(transport)
        self._line: Any = None
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._unstored: list[bytes] = []
        self._left_alone_until: Micros = 0

    @property
    def ready(self) -> bool:
        """Whether this process has the connection, through which everything is posted."""
        return self._line is not None

    @staticmethod
    @reader("WeCom's bots")
    def read(raw: bytes) -> list[Inbound]:
        """The message in a frame, or in its body alone. Raises Unreadable."""
        frame = table(raw)
        if "errcode" in frame or not frame.get("cmd", "_callback").endswith("_callback"):
            return []
        body = frame["body"] if "cmd" in frame else frame
        said = _happened(body["event"]) if body["msgtype"] == "event" else _said(body)
        if said is None:
            return []
        bot, person, group = text(body["aibotid"]), text(body["from"]["userid"]), body.get("chattype") == "group"
        room = Room("wecom_aibot", bot, text(body["chatid"]) if group else person, group=group)
        at = frame["at"] if "at" in frame else seconds(body["create_time"]) if "create_time" in body else 0
        number, quoted = text(body["msgid"]), _words(body.get("quote") or {})
        said |= {"key": f"wecom_aibot:{bot}:{number}", "id": number, "quoted": quoted}
        return [Inbound(at=at, who=Who(person), room=room, raw=raw, **said)]

    async def run(self, accept: Accept) -> None:
        """Holds the connection; raises when it is cut or taken away, or when what it brought could not be stored."""
        if self._clock() < self._left_alone_until:
            raise Lost("the bot is left to the program that took its connection")
        line = await self._connect(self._config.ws_url)
        tasks = [asyncio.ensure_future(work) for work in (self._hear(line, accept), self._live(line))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await done.pop()
        finally:
            self._line = None
            for waiting in (*tasks, *self._waiting.values()):
                waiting.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await line.close()

    async def _hear(self, line: Any, accept: Accept) -> None:
        """Gives answers to who waits for them, and hands over all else, with the time, which messages do not tell.

        Raises Lost, what `accept` raises (then nothing is forgotten), and what the connection raises when it is cut.
        """
        while True:
            if self._unstored:
                await accept(list(self._unstored))
                self._unstored.clear()
            frame = _loaded(await line.recv())
            self.sign = self._clock()
            match frame:
                case {"errcode": _, "headers": {"req_id": str(number)}}:
                    waiting = self._waiting.pop(number, None)
                    if waiting is not None:
                        waiting.set_result(frame)
                case {"body": {"event": {"eventtype": "disconnected_event"}}}:
                    self._left_alone_until = self.sign + AFTER_LOSS
                    raise Lost("another program has taken the bot's connection")
                case _:
                    self._unstored.append(orjson.dumps({**frame, "at": self.sign}))

    async def _live(self, line: Any) -> None:
        """Subscribes, and gives signs of life from then on. Raises Trouble; that nobody answers them is seen by `sign`."""
        await self._ask(line, "aibot_subscribe", {"bot_id": self._config.bot_id, "secret": self._config.secret})
        self._line = line
        while True:
            await asyncio.sleep(self._config.beat_seconds)
            await line.send(orjson.dumps({"cmd": "ping", "headers": {"req_id": uuid4().hex}}).decode())

    async def _ask(self, line: Any, cmd: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body of the platform's answer to a frame. Raises Trouble."""
        number = uuid4().hex
        frame = {"cmd": cmd, "headers": {"req_id": number}, "body": whole(body)}
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await line.send(orjson.dumps(frame).decode())
            await asyncio.wait({waiting}, timeout=SILENCE_SECONDS)
        except Exception as error:
            raise Trouble(NO_LINE) from error
        finally:
            self._waiting.pop(number, None)
        if not waiting.done() or waiting.cancelled():
            raise Trouble(Receipt("unknown", why="no answer"))
        answer = waiting.result()
        if (code := str(answer["errcode"])) != "0":
            raise complaint("WeCom", code, ACTIONS)
        return answer.get("body") or {}

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody calls: we hold a connection."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message: its text, its buttons on a card, its file."""
        line, shown = self._line, False
        if line is None:
            return NO_LINE
        if MOST_TEXT.of(say.text) > MOST_TEXT.most:
            return Receipt("refused", why=f"longer than {MOST_TEXT.most} bytes")
        try:
            file = [await self._uploaded(line, say.file)] if say.file else []
            for message in (*messages_of(room, say, key), *file):
                await self._ask(
                    line, "aibot_send_msg", {"chatid": room.id, "chat_type": 2 if room.group else 1, **message}
                )
                shown = True
        except Trouble as trouble:
            return Receipt("unknown", why=f"a part was shown: {trouble}") if shown else trouble.receipt
        return Receipt("sent", ref=task_of(key)) if shown else Receipt("refused", why="nothing to send")

    async def _uploaded(self, line: Any, file: FileRef) -> dict[str, Any]:
        """The message that shows a stored file, which from now on lies with WeCom for three days. Raises Trouble."""
        content = await content_of(file, self._files, MOST_FILE, LEAST_FILE)
        kind = "image" if file.mime in ("image/jpeg", "image/png") else "file"
        pieces = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
        mark = hashlib.md5(content, usedforsecurity=False).hexdigest()
        asked = {
            "type": kind,
            "filename": file.name,
            "total_size": len(content),
            "total_chunks": len(pieces),
            "md5": mark,
        }
        upload = {"upload_id": (await self._ask(line, "aibot_upload_media_init", asked)).get("upload_id")}
        for index, piece in enumerate(pieces):
            part = {**upload, "chunk_index": index, "base64_data": base64.b64encode(piece).decode()}
            await self._ask(line, "aibot_upload_media_chunk", part)
        done = await self._ask(line, "aibot_upload_media_finish", upload)
        return {"msgtype": kind, kind: {"media_id": done.get("media_id")}}

    async def fetch(self, media: Media) -> bytes:
        """A file that somebody sent, of at most 20 MB; it lies sealed, for five minutes, with a key of its own.

        Raises CannotFetch if it cannot be had, Trouble if it may be had later.
        """
        url, _, key = media.ref.partition("#")
        if not _OWN_HOST.match(url):
            raise CannotFetch("not a file of WeCom")
        sealed = await self._wire.file(url, MOST_MEDIA, {})
        try:
            aes = base64.b64decode(key + "=" * (-len(key) % 4))
            return opened(sealed.body, aes, aes[:16], SEALED_TO)
        except ValueError as error:
            raise CannotFetch("the file cannot be opened with its key") from error

    async def close(self) -> None:
        await self._wire.close()


def messages_of(room: Room, say: Say, key: str) -> list[dict[str, Any]]:
    """Text, or a card where there are buttons; links stand below the text."""
    choices = [button for button in say.buttons if not button.url]
    called = " ".join(f"<@{person}>" for person in say.mentions) if room.group else ""
    links = [f"[{unmarked(button.label)}]({button.url})" for button in say.buttons if button.url]
    words = "\n".join(filter(None, (called, unmarked(say.text), *links)))
    on_card = bool(choices) and len(words) <= MOST_ON_CARD and words == say.text
    messages = [{"msgtype": "markdown", "markdown": {"content": words}}] if words and not on_card else []
    if choices:
        buttons = [{"text": button.label, "style": 1, "key": button.token} for button in choices]
        card = {"card_type": "button_interaction", "task_id": task_of(key), "button_list": buttons}
        card |= {"main_title": {"title": CHOOSE}} | ({"sub_title_text": words} if words and on_card else {})
        messages.append({"msgtype": "template_card", "template_card": card})
    return messages


CHOOSE = "请选择 · Please choose"
"""Title of a card with buttons, in both languages, since a group may speak either."""


def task_of(key: str) -> str:
    """The number by which a press names its card: 32 characters, the same for the same key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _loaded(raw: str | bytes) -> dict[str, Any]:
    """A frame; what is none says so."""
    try:
        return table(raw.encode() if isinstance(raw, str) else raw)
    except (ValueError, TypeError):
        return {"unreadable": str(raw)}


def _said(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a message says; of a voice message WeCom gives the words and no recording. What it asks of streams says nothing."""
    kind, words = body["msgtype"], _words(body) or ""
    words = _CALLED.sub("", words, count=1) if body.get("chattype") == "group" else words
    match kind:
        case "text" | "voice":
            return {"kind": kind, "text": words}
        case "mixed":
            media = tuple(_media(part) for part in body["mixed"]["msg_item"] if part["msgtype"] in MEDIA)
            return {"kind": "image" if media else "text", "text": words, "media": media}
        case sort if sort in MEDIA:
            return {"kind": MEDIA[sort][0], "media": (_media(body),)}
    return None


def _media(part: Mapping[str, Any]) -> Media:
    """A file: where it lies, and the key with which it can be opened."""
    found = part[part["msgtype"]]
    return Media(f"{text(found['url'])}#{text(found.get('aeskey', ''))}", MEDIA[part["msgtype"]][1])


def _words(part: Mapping[str, Any]) -> str | None:
    """The words of a message, or of one that is quoted; None if it has none."""
    match part.get("msgtype"):
        case "text" | "voice" as kind:
            return text(part[kind]["content"])
        case "mixed":
            return "\n".join(filter(None, map(_words, part["mixed"]["msg_item"])))
    return None


def _happened(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an event means for us: somebody opened his chat for the first time that day, or pressed a button."""
    match event["eventtype"]:
        case "enter_chat":
            return {"kind": "enter"}
        case "template_card_event":
            press = event["template_card_event"]
            return {"kind": "press", "press": text(press["event_key"]), "about": text(press["task_id"])}
    return None
