"""The WeCom AI bot under the contract."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from bots.emulated.wecom_aibot import AibotServer
from bots.wecom_aibot import AibotConfig, WeComAibot
from core.words import SECOND, Hook, Media, Receipt, Room, Say, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Running, Sample, Shown, Watched
from tests.contract.wecom_cases import stored

WAITS = 5.0
"""Longest wait for something that happens elsewhere, seconds."""


class AibotRig:
    """The channel, and one colleague who talks with the bot. Its connection is begun with the first thing that needs it."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = AibotServer(self.now)
        server.knows("liu")
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []
        self.channel = Joined(self)
        self.inbox.channel = self.channel
        self.room = Room("wecom_aibot", server.bot_id, "liu")
        self.secrets = (server.secret,)
        self._running: Running | None = None

    async def connected(self) -> None:
        self._running = self._running or Running(self.channel, self.inbox.accept)
        await self.server.connected()
        await until(lambda: self.channel.ready)

    async def says(self, text: str) -> None:
        await self.connected()
        before = self.acknowledged()
        await self.server.says("liu", text)
        await until(lambda: self.acknowledged() > before)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.connected()
        await self.server.sends("liu", content, mime)
        await until(lambda: self.inbox.messages)

    def acknowledged(self) -> int:
        """The wire has no acknowledgement: what is stored stands for it."""
        return len(self.inbox.messages)

    async def babbles(self) -> None:
        await self.connected()
        await self.server.babble("no frame at all {")
        await self.server.babble('{"cmd": "aibot_msg_callback", "headers": {"req_id": "1"}, "body": 7}')
        await self.server.babble('{"cmd": "aibot_new_thing", "headers": {"req_id": "2"}}')

    async def drop(self) -> None:
        await self.server.cut()

    def hook(self, text: str) -> Hook:
        raise NotImplementedError("nobody calls us")

    def garbage(self) -> Hook:
        raise NotImplementedError("nobody calls us")

    def handshake(self) -> tuple[Hook, bytes]:
        raise NotImplementedError("nobody calls us")

    def fault(self, name: str) -> None:
        if name == "down":
            self.server.down = True
        else:
            self.server.fault(name)

    def shown(self) -> list[Shown]:
        return [Shown(seen.to, seen.text, seen.buttons, seen.file) for seen in self.server.sent]

    def statuses(self) -> list[int]:
        return []

    async def close(self) -> None:
        if self._running is not None:
            await self._running.stop()
        await self.server.leave()
        await self.channel.close()


class Joined(WeComAibot):
    """The channel, of which a post waits for the connection that a desk would have had for long."""

    def __init__(self, rig: AibotRig) -> None:
        server = rig.server
        config = AibotConfig(server.bot_id, server.secret)
        super().__init__(config, stored, rig.now, server.connect, Watched(server, rig.hosts))
        self._rig = rig

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        if not self._rig.server.down:
            await self._rig.connected()
        return await super().post(room, say, key)


async def until(true: Any) -> None:
    """Waits for something that happens elsewhere."""
    async with asyncio.timeout(WAITS):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def frame(kind: str, number: str, cmd: str = "aibot_msg_callback", group: str = "", **body: Any) -> bytes:
    """A frame as the channel hands it over."""
    where = {"chatid": group, "chattype": "group"} if group else {"chatid": "liu", "chattype": "single"}
    said = {"msgid": number, "aibotid": "bot1", "from": {"userid": "liu"}, "msgtype": kind, **where, **body}
    return orjson.dumps({"cmd": cmd, "headers": {"req_id": "r1"}, "body": said, "at": NOON})


def event(name: str, number: str, **body: Any) -> bytes:
    """An event."""
    told = {"eventtype": name, **({name: body} if body else {})}
    return frame("event", number, "aibot_event_callback", create_time=NOON // SECOND, event=told)


def _becomes(kind: str, key: str, text: str = "", **more: Any) -> dict[str, Any]:
    told = {"kind": kind, "key": f"wecom_aibot:bot1:{key}", "text": text, "who": Who("liu"), "at": NOON, "id": key}
    return {**told, "room": Room("wecom_aibot", "bot1", "liu"), "called": True, **more}


GROUP = Room("wecom_aibot", "bot1", "wr9", group=True)
PHOTO = {"url": "https://ww-aibot-img-1.cos.ap-guangzhou.myqcloud.com/a?sign=1", "aeskey": "k1"}
PHOTOS = (
    Media(f"{PHOTO['url']}#k1", "image/jpeg"),
    Media("https://ww-aibot-img-1.cos.ap-guangzhou.myqcloud.com/b#k2", "image/jpeg"),
)
MIXED = [
    {"msgtype": "text", "text": {"content": "@回应 三号机漏油"}},
    {"msgtype": "image", "image": PHOTO},
    {"msgtype": "text", "text": {"content": "另一面"}},
    {"msgtype": "image", "image": {"url": "https://ww-aibot-img-1.cos.ap-guangzhou.myqcloud.com/b", "aeskey": "k2"}},
]

SAMPLES = [
    Sample(frame("text", "m1", text={"content": "我来处理"}), _becomes("text", "m1", "我来处理")),
    Sample(
        frame("text", "m2", group="wr9", text={"content": "@回应 接单 GD-1001"}),
        _becomes("text", "m2", "接单 GD-1001", room=GROUP),
    ),
    Sample(
        frame(
            "text", "m3", text={"content": "这是谁的"}, quote={"msgtype": "text", "text": {"content": "GD-1001 待配件"}}
        ),
        _becomes("text", "m3", "这是谁的", quoted="GD-1001 待配件"),
    ),
    Sample(frame("voice", "m4", voice={"content": "到了"}), _becomes("voice", "m4", "到了", media=())),
    Sample(frame("image", "m5", image=PHOTO), _becomes("image", "m5", media=PHOTOS[:1])),
    Sample(frame("file", "m6", file=PHOTO), _becomes("file", "m6", media=(Media(PHOTOS[0].ref),))),
    Sample(frame("video", "m7", video=PHOTO), _becomes("file", "m7", media=(Media(PHOTOS[0].ref, "video/mp4"),))),
    Sample(
        frame("mixed", "m8", group="wr9", mixed={"msg_item": MIXED}),
        _becomes("image", "m8", "三号机漏油\n另一面", room=GROUP, media=PHOTOS),
    ),
    Sample(event("enter_chat", "m9"), _becomes("enter", "m9")),
    Sample(
        event("template_card_event", "m10", card_type="button_interaction", event_key="ack:1", task_id="t1"),
        _becomes("press", "m10", press="ack:1", about="t1"),
    ),
    Sample(event("feedback_event", "m11", type=2), None),
    Sample(frame("stream", "m12", stream={"id": "s1"}), None),
    Sample(event("disconnected_event", "m13"), None),
]

CASE = Case(
    name="wecom_aibot",
    channel=lambda: WeComAibot,
    samples=SAMPLES,
    own=[b'{"headers": {"req_id": "r1"}, "errcode": 0, "errmsg": "ok"}', frame("holo", "m20")],
    folder="wecom-aibot",
    rig=AibotRig,
    sdk=frozenset({"websockets"}),
    faults=frozenset({"quota", "gone", "bad", "lost", "down", "busy"}),
    called=False,
    connected=True,
    recorded=("in-*", "ws-in-*"),
)

CASES = (CASE,)
