"""DingTalk under the contract: over its stream, with the vendor's SDK in its process; and with a template for cards, joined."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import replace
from typing import Any

import orjson
import uvicorn

from bots.dingtalk import DingTalk, DingTalkConfig
from bots.emulated.dingtalk import DingTalkServer
from core.words import Hook, Media, Room, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Running, Sample, Shown, Watched
from tests.contract.wecom_cases import stored

FAULTS: dict[str, Any] = {
    "quota": "quota",
    "gone": "gone",
    "bad": "bad",
    "lost": "lost",
    "down": "down",
    "busy": "5xx",
    "stale_token": "stale",
}
ROBOT = "dingrobot1"


class DingTalkRig:
    """The channel, and one colleague who writes to the robot; what he does is handed over as the stream would."""

    template = DingTalkServer.template

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = DingTalkServer(self.now)
        server.member("sun01", "孙立军")
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []
        self.base = self.place()
        config = DingTalkConfig(
            server.app_key, server.app_secret, server.robot_code, self.template, (), (self.base, self.base)
        )
        self.channel = DingTalk(config, MemoryShelf(self.now), stored, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("dingtalk", server.robot_code, "sun01")
        self.secrets = (server.app_secret, "token0000")

    def place(self) -> str:
        """Where the platform is."""
        return "https://api.dingtalk.example"

    async def connected(self) -> None:
        self.server.join(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.connected()
        await self.server.says("sun01", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.connected()
        await self.server.sends("sun01", content, mime, "photo")

    def hook(self, text: str) -> Hook:
        raise NotImplementedError("nobody calls us")

    def garbage(self) -> Hook:
        raise NotImplementedError("nobody calls us")

    def handshake(self) -> tuple[Hook, bytes]:
        raise NotImplementedError("nobody calls us")

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        return [Shown(seen.to, seen.text, seen.buttons, seen.file) for seen in self.server.sent]

    def statuses(self) -> list[int]:
        return [answer for answer in self.server.answers if answer != 500]

    async def close(self) -> None:
        await self.channel.close()


class StreamRig(DingTalkRig):
    """The same over a socket on this machine: the emulated gateway, the SDK in a process of its own. Both begin with the first
    thing that needs them."""

    template = ""

    def __init__(self) -> None:
        super().__init__()
        self.server.repeats_after = 2.0
        self._running: Running | None = None
        self._serving: asyncio.Task[None] | None = None

    def place(self) -> str:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def connected(self) -> None:
        if self._serving is None:
            self._gateway = uvicorn.Server(uvicorn.Config(self.server, log_level="error", ws="websockets-sansio"))
            self._serving = asyncio.ensure_future(self._gateway.serve([self._socket]))
            self._running = Running(self.channel, self.inbox.accept)

    def acknowledged(self) -> int:
        return len(self.server.acknowledged)

    async def babbles(self) -> None:
        await self.says("先连上")
        self.inbox.messages.clear()
        await self.server.bring(self.server.frame("CALLBACK", "/v1.0/im/bot/messages/get", {"something": "new"}))
        await self.server.babbles("no frame at all {")

    async def drop(self) -> None:
        await self.server.drop()

    async def close(self) -> None:
        if self._running is not None and self._serving is not None:
            await self._running.stop()
            self._gateway.should_exit = True
            await self._serving
        self._socket.close()
        with contextlib.suppress(OSError):
            await super().close()


def delivery(kind: str, number: str = "m1", **more: Any) -> bytes:
    """A message to the robot, without its frame."""
    said = {
        "msgId": number,
        "msgtype": kind,
        "conversationType": "1",
        "conversationId": "cid9",
        "createAt": 1772596800000,
    }
    said |= {"senderId": "$:sun", "senderStaffId": "sun01", "senderNick": "孙立军", "chatbotUserId": "$:bot"}
    return orjson.dumps({**said, "robotCode": ROBOT, **more})


def framed(topic: str, body: dict[str, Any], number: str, sort: str = "CALLBACK", **more: str) -> bytes:
    """A frame of the stream."""
    headers = {"messageId": number, "time": "1772596800000", "topic": topic, **more}
    return orjson.dumps({"type": sort, "headers": headers, "data": orjson.dumps(body).decode()})


def press(token: dict[str, str], number: str, track: str) -> bytes:
    """A button pressed."""
    content = orjson.dumps({"cardPrivateData": {"actionIds": ["b1"], "params": token}}).decode()
    body = {"corpId": "ding9", "userId": "sun01", "outTrackId": track, "content": content, "spaceId": "cid9"}
    return framed("/v1.0/card/instances/callback", body, number)


def _becomes(kind: str, number: str, text: str = "", **more: Any) -> dict[str, Any]:
    told = {"kind": kind, "key": f"dingtalk:{ROBOT}:{number}", "text": text, "who": Who("sun01", "孙立军"), "at": NOON}
    return told | {"room": Room("dingtalk", ROBOT, "sun01"), "called": True, "forwarded": False} | more


GROUP = Room("dingtalk", ROBOT, "cid9", group=True)
QUOTE = {"isReplyMsg": True, "repliedMsg": {"msgId": "m0", "msgType": "text", "content": {"text": "GD-1001 已派工"}}}
RECORD = [
    {"senderNick": "王女士", "msgType": "text", "content": "又停了"},
    {"senderId": "$:x", "msgType": "picture", "downloadCode": "code9"},
]
RICH = [
    {"text": "@回应 "},
    {"text": "三号机"},
    {"type": "picture", "downloadCode": "c1"},
    {"text": "\n"},
    {"text": "漏油"},
]
WINDOW = {"fromUser": "V1", "msgId": "w1", "msgType": "text", "content": "不制冷", "senderNick": "王女士"}
EVENT = {"eventType": "isw_user_msg_received", "eventBornTime": "1772596800000", "eventUnifiedAppId": "app1"}

SAMPLES = [
    Sample(delivery("text", text={"content": "我来处理"}), _becomes("text", "m1", "我来处理", id="m1")),
    Sample(
        delivery("text", "m2", text={"content": " 接单"}, conversationType="2", isInAtList=True),
        _becomes("text", "m2", "接单", room=GROUP),
    ),
    Sample(
        delivery("text", "m3", text={"content": "好的", **QUOTE}, originalMsgId="m0"),
        _becomes("text", "m3", "好的", about="m0", quoted="GD-1001 已派工"),
    ),
    Sample(
        delivery("text", "m4", text={"content": "到了", **QUOTE}, originalProcessQueryKey="key7="),
        _becomes("text", "m4", "到了", about="key7="),
    ),
    Sample(
        delivery("richText", "m5", content={"richText": RICH}, conversationType="2"),
        _becomes("image", "m5", "三号机\n漏油", room=GROUP, media=(Media("c1", "image/jpeg"),)),
    ),
    Sample(
        delivery("picture", "m6", content={"pictureDownloadCode": "c2"}),
        _becomes("image", "m6", media=(Media("c2", "image/jpeg"),)),
    ),
    Sample(
        delivery("audio", "m7", content={"downloadCode": "c3", "recognition": "又漏油了", "duration": 4000}),
        _becomes("voice", "m7", media=(Media("c3", "audio/amr", words="又漏油了"),)),
    ),
    Sample(
        delivery("video", "m8", content={"downloadCode": "c4", "duration": "5", "videoType": "mp4"}),
        _becomes("file", "m8", media=(Media("c4", "video/mp4", seconds=5.0),)),
    ),
    Sample(
        delivery("file", "m9", content={"downloadCode": "c5", "fileName": "没有扩展名"}),
        _becomes("file", "m9", media=(Media("c5", name="没有扩展名"),)),
    ),
    Sample(
        delivery("chatRecord", "m10", content={"chatRecord": orjson.dumps(RECORD).decode()}),
        _becomes("image", "m10", "王女士：又停了\n[picture]", forwarded=True, media=(Media("code9", "image/jpeg"),)),
    ),
    Sample(
        delivery("unknownMsgType", "m11", content={"unknownMsgType": "机器人暂不支持接收。"}),
        _becomes("text", "m11", "[unknownMsgType]"),
    ),
    Sample(
        delivery("text", "m12", text={"content": "我是外部的"}, senderStaffId=None, conversationType="2"),
        _becomes("text", "m12", "我是外部的", room=GROUP, who=Who("$:sun", "孙立军")),
    ),
    Sample(
        press({"token": "accept:1"}, "f1", f"abc:{ROBOT}:"),
        _becomes("press", "f1", press="accept:1", about=f"abc:{ROBOT}:", who=Who("sun01")),
    ),
    Sample(
        press({"token": "ack:2"}, "f2", f"abc:{ROBOT}:cid9"),
        _becomes("press", "f2", press="ack:2", room=GROUP, who=Who("sun01")),
    ),
    Sample(
        framed("*", WINDOW, "f3", "EVENT", **EVENT),
        _becomes(
            "text", "", "不制冷", key="dingtalk:app1:w1", room=Room("dingtalk", "app1", "V1"), who=Who("V1", "王女士")
        ),
    ),
    Sample(framed("*", {"userId": ["x"]}, "f4", "EVENT", **EVENT | {"eventType": "user_add_org"}), None),
]

CASE = Case(
    name="dingtalk",
    channel=lambda: DingTalk,
    samples=SAMPLES,
    own=[
        delivery("text", text={"content": "我是机器人"}, senderId="$:bot"),
        press({"key": "of another app"}, "f9", "x"),
    ],
    folder="dingtalk",
    rig=StreamRig,
    sdk=frozenset({"dingtalk_stream", "websockets"}),
    faults=frozenset(FAULTS),
    unsendable=("large", "not in the store"),
    called=False,
    connected=True,
    recorded=("in-*", "ws-in-*"),
)
CARDS = replace(CASE, rig=DingTalkRig, connected=False, recorded=())
"""The same with cards."""

CASES = (CASE, CARDS)
