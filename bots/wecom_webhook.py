"""WeCom group robots (企业微信群机器人): alarms, boards and files into a group by its robot's webhook. Nobody can answer there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from bots.payload import whole
from bots.wecom_api import API_BASE, LEAST_MEDIA, MOST_MEDIA, checked, plain
from bots.wire import Trouble, Wire, content_of
from core.words import (
    Accept,
    Answer,
    Can,
    CannotFetch,
    FileRef,
    Files,
    Hook,
    Inbound,
    Media,
    Receipt,
    Room,
    Say,
    Size,
    Unreadable,
)

MOST_TEXT = Size(2048, "bytes")
"""Longest plain text."""
MOST_MARKDOWN = Size(4096, "bytes")
"""Longest text with markup, as which a longer one goes."""
MOST_IMAGE = 2_000_000
"""Largest picture that is shown as one, bytes; what is larger goes as a file."""
GAP = 3.0
"""Seconds between two posts to a group: 20 a minute are allowed to each robot."""
REMOVED = "93000"
"""Code of an address that is none, or none any more."""
PICTURES = ("image/jpeg", "image/png")

CAN = Can(text=MOST_MARKDOWN, file=MOST_MEDIA, gap=GAP)


class WeComWebhook:
    """The channel of all robots. A room is the group of one of them, by the name that the settings give it:
    Room("wecom_webhook", "robot", "managers", group=True)."""

    name = "wecom_webhook"

    def __init__(
        self,
        robots: Mapping[str, str],
        files: Files,
        api_base: str = API_BASE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`robots`: the key at the end of each one's address, by name. It is all that is needed to write to the group."""
        self.can = CAN
        self._keys, self._files = dict(robots), files
        self._base = api_base.rstrip("/") + "/cgi-bin/webhook/"
        self._wire = Wire(transport)

    @staticmethod
    def read(raw: bytes) -> list[Inbound]:
        """Raises Unreadable: a robot hears nothing."""
        raise Unreadable("a group robot hears nothing")

    async def run(self, accept: Accept) -> None:
        """Returns at once: there is nothing to listen to."""

    async def receive(self, hook: Hook, accept: Accept) -> Answer:
        """Nobody delivers anything."""
        return Answer(404)

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        """Sends one fitted message: its text, then its file. WeCom names it by nothing, and shows a repetition again."""
        robot, shown = self._keys.get(room.id), False
        if robot is None:
            return Receipt("refused", why="no robot of this name")
        try:
            messages = [words_of(say)] if say.text else []
            if say.file:
                messages.append(await self._file_message(robot, say.file))
            for message in messages:
                await self._send(robot, message)
                shown = True
        except Trouble as trouble:
            return Receipt("unknown", why=trouble.receipt.why) if shown else _told(trouble)
        return Receipt("sent") if shown else Receipt("refused", why="nothing to send")

    async def fetch(self, media: Media) -> bytes:
        """Nobody sends files here."""
        raise CannotFetch("a group robot brings no files")

    async def close(self) -> None:
        await self._wire.close()

    async def _send(self, robot: str, message: Mapping[str, Any]) -> None:
        checked(await self._wire.post(self._url("send", key=robot), message))

    async def _file_message(self, robot: str, file: FileRef) -> dict[str, Any]:
        """The message that shows a stored file. Raises Trouble."""
        content = await content_of(file, self._files, MOST_MEDIA, LEAST_MEDIA)
        if file.mime in PICTURES and len(content) <= MOST_IMAGE:
            proof = hashlib.md5(content, usedforsecurity=False).hexdigest()
            return {"msgtype": "image", "image": {"base64": base64.b64encode(content).decode(), "md5": proof}}
        url = self._url("upload_media", key=robot, type="file")
        answer = checked(await self._wire.upload(url, ("media", file.name, content, file.mime)))
        return {"msgtype": "file", "file": {"media_id": answer.get("media_id")}}

    def _url(self, path: str, **query: str) -> str:
        return f"{self._base}{path}?{urlencode(query)}"


def words_of(say: Say) -> dict[str, Any]:
    """The text as a message. People are called by userid, or by number ("+86…") where the text is short enough to be plain."""
    words, phones = plain(say.text), [one for one in say.mentions if one.startswith("+")]
    called = [one for one in say.mentions if one not in phones]
    if MOST_TEXT.of(words) <= MOST_TEXT.most:
        numbers = [phone.removeprefix("+86") for phone in phones]
        lists = {"mentioned_list": called, "mentioned_mobile_list": numbers}
        return {"msgtype": "text", "text": {"content": words, **{name: ids for name, ids in lists.items() if ids}}}
    unmarked = whole(say.text).replace("<", "(").replace("[", "(")
    calls = "".join(f"<@{one}>" for one in called)
    fits = MOST_MARKDOWN.of(calls + unmarked) <= MOST_MARKDOWN.most
    return {"msgtype": "markdown", "markdown": {"content": calls + unmarked if fits else unmarked}}


def _told(trouble: Trouble) -> Receipt:
    """What a refusal means for a message of which nothing was shown."""
    if trouble.code == REMOVED:
        return Receipt("gone", why=f"the robot was removed from its group, or its key is wrong (WeCom error {REMOVED})")
    return trouble.receipt
