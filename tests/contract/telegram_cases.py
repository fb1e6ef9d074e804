"""Telegram under the contract, by polling and by webhook."""

from __future__ import annotations

from typing import Any

import httpx
import orjson

from bots.emulated.telegram import TelegramServer
from bots.telegram import Telegram, TelegramConfig
from core.words import Hook, Media, Room, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Running, Sample, Shown
from tests.contract.wecom_cases import stored

HOOK = "https://desk.example.com/hook/telegram"
SECRET = "telegram-hook-secret-0001"
FAULTS: dict[str, Any] = {"quota": 429, "gone": 403, "bad": 400, "lost": "lost", "down": "down", "busy": 502}


class TelegramRig:
    """The channel that Telegram calls, and one person who writes to the bot."""

    hook_url: str | None = HOOK

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = TelegramServer(self.now)
        server.person(50021, "王女士")
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []
        secret = SECRET if self.hook_url else ""
        config = TelegramConfig(server.token, server.name, hook=self.hook_url, secret=secret)
        self.channel = Telegram(config, stored, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("telegram", server.token.partition(":")[0], "50021")
        self.secrets = (server.token, server.token.partition(":")[2], SECRET)
        if self.hook_url:
            server.webhook = {"url": self.hook_url, "secret_token": SECRET}
        server.join(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.server.says("50021", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.sends("50021", content, mime, "photo.jpg")

    def hook(self, text: str) -> Hook:
        return self.server.hook({"message": self.server.message("50021", None, {"text": text})})

    def garbage(self) -> Hook:
        return self.server.signed(b'{"update_id": :}')

    def handshake(self) -> tuple[Hook, bytes]:
        return Hook("GET", {}, [], b""), b""

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        return [Shown(seen.to, seen.text, seen.buttons, seen.file) for seen in self.server.sent]

    def statuses(self) -> list[int]:
        return self.server.answers

    async def close(self) -> None:
        await self.channel.close()


class PollingRig(TelegramRig):
    """The channel that polls."""

    hook_url = None
    _running: Running | None = None

    async def says(self, text: str) -> None:
        self._run()
        await super().says(text)

    async def sends(self, content: bytes, mime: str) -> None:
        self._run()
        await super().sends(content, mime)

    def acknowledged(self) -> int:
        return self.server.confirmed

    async def babbles(self) -> None:
        self._run()
        await self.server.deliver({"message": {"from": {"id": "somebody"}, "chat": None}})
        await self.server.deliver({"something_new": 7})

    async def drop(self) -> None:
        self.server.cut()

    async def close(self) -> None:
        if self._running:
            await self._running.stop()
        await super().close()

    def _run(self) -> None:
        self._running = self._running or Running(self.channel, self.inbox.accept)


class Watched(httpx.ASGITransport):
    """The way to the emulated server, noting who was called."""

    def __init__(self, server: TelegramServer, hosts: list[str]) -> None:
        super().__init__(app=server)
        self._hosts = hosts

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._hosts.append(request.url.host)
        return await super().handle_async_request(request)


WANG = {"id": 50021, "is_bot": False, "first_name": "丽", "last_name": "王"}
PRIVATE = {"id": 50021, "type": "private", "first_name": "丽"}
GROUP = {"id": -100123, "type": "supergroup", "title": "售后一组", "is_forum": True}
BOT = {"id": 123, "is_bot": True, "first_name": "回应", "username": "desk_bot"}
US = {"id": "123", "name": "desk_bot", "at": NOON + 5}
ROOM = Room("telegram", "123", "50021")
TEAM = Room("telegram", "123", "-100123", group=True)


def update(number: int, **what: Any) -> bytes:
    """An update as the channel hands it to the core."""
    return orjson.dumps({"bot": US, "update": {"update_id": number, **what}})


def message(number: int, chat: Any = PRIVATE, kind: str = "message", **content: Any) -> bytes:
    """Something that Wang said."""
    said = {"message_id": number, "from": WANG, "chat": chat, "date": 1772596800, **content}
    return update(number, **{kind: said})


def press(number: int, **more: Any) -> bytes:
    keys = {"inline_keyboard": [[{"text": "接单", "callback_data": "accept:1"}]]}
    under = {"message_id": 7, "from": BOT, "chat": GROUP, "date": 1772590000, "text": "工单", "reply_markup": keys}
    return update(number, callback_query={"id": "438", "from": WANG, "data": "accept:1", "message": under, **more})


def _becomes(kind: str, number: int, text: str = "", **more: Any) -> dict[str, Any]:
    room = more.get("room", ROOM)
    told = {"kind": kind, "key": f"telegram:123:{room.id}:{number}", "text": text, "at": NOON, "room": room}
    return told | {"who": Who("50021", "丽 王"), "called": True} | more


PHOTO = [
    {"file_id": "small", "width": 90, "height": 67},
    {"file_id": "large", "width": 1280, "height": 960, "file_size": 9},
]
OURS = {"message_id": 7, "from": BOT, "chat": GROUP, "date": 1, "text": "谁去现场？"}
NAME = [{"type": "mention", "offset": 0, "length": 9}]
TOPIC = {"message_thread_id": 9, "is_topic_message": True}

SAMPLES = [
    Sample(message(1, text="空调漏水"), _becomes("text", 1, "空调漏水", id="50021:1", forwarded=False, about=None)),
    Sample(message(2, chat=GROUP, text="午饭吃什么"), _becomes("text", 2, "午饭吃什么", room=TEAM, called=False)),
    Sample(
        message(3, chat=GROUP, text="@Desk_bot 三号机停了", entities=NAME),
        _becomes("text", 3, "三号机停了", room=TEAM),
    ),
    Sample(
        message(4, chat=GROUP, text="我去", reply_to_message=OURS),
        _becomes("text", 4, "我去", room=TEAM, about="-100123:7", quoted="谁去现场？"),
    ),
    Sample(
        message(
            5, chat=GROUP, text="好", reply_to_message={**OURS, "forum_topic_created": {"name": "三号机"}}, **TOPIC
        ),
        _becomes("text", 5, "好", room=Room("telegram", "123", "-100123", "9", True), about=None),
    ),
    Sample(
        message(6, photo=PHOTO, caption="这里", media_group_id="13"),
        _becomes("image", 6, "这里", media=(Media("large", "image/jpeg", size=9),)),
    ),
    Sample(
        message(7, voice={"file_id": "v1", "duration": 5, "mime_type": "audio/ogg", "file_size": 9}),
        _becomes("voice", 7, media=(Media("v1", "audio/ogg", size=9, seconds=5),)),
    ),
    Sample(
        message(8, document={"file_id": "d1", "file_name": "屏.png", "mime_type": "image/png"}),
        _becomes("image", 8, media=(Media("d1", "image/png", "屏.png"),)),
    ),
    Sample(
        message(9, video_note={"file_id": "n1", "duration": 3}),
        _becomes("file", 9, media=(Media("n1", "video/mp4", seconds=3),)),
    ),
    Sample(
        message(
            10,
            location={"latitude": 31.23, "longitude": 121.47},
            venue={"title": "一号楼", "address": "中山路 8 号", "location": {}},
        ),
        _becomes("place", 10, "31.23,121.47 一号楼 中山路 8 号"),
    ),
    Sample(
        message(11, contact={"phone_number": "8613800000000", "first_name": "丽", "user_id": 50021}),
        _becomes("contact", 11, "8613800000000", who=Who("50021", "丽 王", "+8613800000000")),
    ),
    Sample(
        message(12, contact={"phone_number": "13900000000", "first_name": "张", "user_id": 50022}),
        _becomes("contact", 12, "13900000000"),
    ),
    Sample(message(13, text="/start d1_QRtoken"), _becomes("enter", 13, "d1_QRtoken")),
    Sample(
        message(14, chat=GROUP, text="/done@desk_bot GD-1001 换滤芯"),
        _becomes("command", 14, "done GD-1001 换滤芯", room=TEAM),
    ),
    Sample(
        message(15, chat=GROUP, text="/done@other_bot GD-1001"),
        _becomes("text", 15, "/done@other_bot GD-1001", room=TEAM, called=False),
    ),
    Sample(
        message(16, text="/start", forward_origin={"type": "user", "date": 1}),
        _becomes("text", 16, "/start", forwarded=True),
    ),
    Sample(
        message(1, kind="edited_message", text="空调漏水，三楼", edit_date=1772596860),
        _becomes(
            "edit",
            1,
            "空调漏水，三楼",
            key="telegram:123:50021:1:edit:1",
            at=NOON + 60_000_000,
            about="50021:1",
            id=None,
        ),
    ),
    Sample(
        press(18),
        _becomes(
            "press",
            18,
            "接单",
            key="telegram:123:press:438",
            at=NOON + 5,
            room=TEAM,
            press="accept:1",
            about="-100123:7",
        ),
    ),
    Sample(
        update(
            19,
            my_chat_member={
                "chat": PRIVATE,
                "from": WANG,
                "date": 1772596800,
                "old_chat_member": {"status": "member"},
                "new_chat_member": {"status": "kicked"},
            },
        ),
        _becomes("leave", 19, key="telegram:123:member:19"),
    ),
    Sample(
        update(
            20,
            my_chat_member={
                "chat": GROUP,
                "from": WANG,
                "date": 1772596800,
                "old_chat_member": {"status": "left"},
                "new_chat_member": {"status": "member"},
            },
        ),
        _becomes("enter", 20, key="telegram:123:member:20", room=TEAM),
    ),
    Sample(message(21, sticker={"file_id": "s"}), None),
    Sample(message(22, chat=GROUP, migrate_to_chat_id=-100124), None),
    Sample(update(23, inline_query={"id": "1", "from": WANG, "query": "", "offset": ""}), None),
]

OWN = [
    update(30, message={"message_id": 1, "from": BOT, "chat": PRIVATE, "date": 1772596800, "text": "我是机器人"}),
    update(31, callback_query={"id": "439", "from": WANG, "data": "x", "inline_message_id": "of nobody"}),
]

POLLING = Case(
    name="telegram",
    channel=lambda: Telegram,
    samples=SAMPLES,
    own=OWN,
    folder="telegram",
    rig=PollingRig,
    sdk=frozenset({"telegram"}),
    faults=frozenset(FAULTS),
    unsendable=("not in the store",),
    called=False,
    connected=True,
    recorded=("upd_*", "msg_*", "ptb_[!r]*"),
)
WEBHOOK = Case(
    name="telegram",
    channel=lambda: Telegram,
    samples=SAMPLES[:4],
    own=OWN,
    folder="telegram",
    rig=TelegramRig,
    sdk=frozenset({"telegram"}),
    faults=frozenset(FAULTS),
    unsendable=("not in the store",),
    recorded=(),
    signed=False,
)

CASES = (POLLING, WEBHOOK)
