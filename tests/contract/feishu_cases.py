"""Feishu under the contract."""

from __future__ import annotations

from typing import Any

import orjson

from bots.emulated.feishu import FeishuServer
from bots.feishu import Feishu, FeishuConfig
from core.words import Hook, Media, Room, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Sample, Shown, Watched

FAULTS: dict[str, Any] = {
    "quota": "429",
    "gone": 230013,
    "bad": 230099,
    "lost": "lost",
    "down": "down",
    "busy": "5xx",
    "stale_token": 99991663,
}
FILES = {"pdf": b"%PDF-1.4 report", "tiny": b"", "large": b"x" * (30 * 1024 * 1024 + 1)}


async def stored(name: str) -> bytes:
    """The file store of the tests."""
    return FILES[name]


class FeishuRig:
    """The channel, and one person who writes to the bot."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = FeishuServer(self.now)
        server.person("ou_sun", "孙立军", "13805740002")
        self.shelf = MemoryShelf(self.now)
        self.inbox = Inbox(self.shelf)
        self.hosts: list[str] = []
        config = FeishuConfig(server.app_id, server.app_secret, (server.encrypt_key,))
        self.channel = Feishu(config, self.shelf, stored, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("feishu", server.app_id, "ou_sun")
        self.secrets = (server.app_secret, server.encrypt_key, "t-0000")
        server.join(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.server.says("ou_sun", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.sends("ou_sun", content, mime)

    def hook(self, text: str) -> Hook:
        return self.server.sealed(message("text", {"text": text}))

    def garbage(self) -> Hook:
        return self.server.sealed(b'{"schema": :2.0')

    def handshake(self) -> tuple[Hook, bytes]:
        asked = orjson.dumps({"challenge": "ajls384k", "token": "v", "type": "url_verification"})
        return self.server.sealed(asked, signed=False), b'{"challenge":"ajls384k"}'

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        return [
            Shown(sent.to, sent.text, tuple((label, str(value)) for label, value in sent.buttons), sent.file)
            for sent in self.server.sent
        ]

    def statuses(self) -> list[int]:
        return self.server.answers

    async def close(self) -> None:
        await self.channel.close()


def event(sort: str, body: dict[str, Any], number: str = "e1", at: str = "1772596800000") -> bytes:
    """An opened event."""
    header = {"event_id": number, "event_type": sort, "create_time": at, "token": "v", "app_id": "cli_1"}
    return orjson.dumps({"schema": "2.0", "header": header, "event": body})


def message(kind: str, content: Any, number: str = "om_1", sender: str = "user", **more: Any) -> bytes:
    """Something said to the bot."""
    said = {"message_id": number, "create_time": "1772596800000", "chat_id": "oc_9", "chat_type": "p2p"}
    said |= {"message_type": kind, "content": orjson.dumps(content).decode(), **more}
    return event(
        "im.message.receive_v1",
        {"sender": {"sender_id": {"open_id": "ou_sun"}, "sender_type": sender}, "message": said},
    )


def said(number: str, kind: str, content: Any) -> dict[str, Any]:
    """A message of a chat record, as it is fetched."""
    return {"message_id": number, "msg_type": kind, "body": {"content": orjson.dumps(content).decode()}}


def passed_on(number: str, *record: dict[str, Any]) -> bytes:
    """A chat record passed on, with what was fetched of it."""
    found = orjson.loads(message("merge_forward", None, number))
    shown = "Merged and Forwarded Message"
    found["event"]["message"]["content"] = shown
    holder = {"message_id": number, "msg_type": "merge_forward", "body": {"content": shown}}
    return orjson.dumps(found | ({"record": [holder, *record]} if record else {}))


def press(value: Any, number: str) -> bytes:
    """A button pressed."""
    body = {
        "operator": {"open_id": "ou_sun"},
        "action": {"value": value, "tag": "button"},
        "context": {"open_message_id": "om_7", "open_chat_id": "oc_9"},
    }
    return event("card.action.trigger", body, number, "1772596800000000")


def _becomes(kind: str, key: str, text: str = "", **more: Any) -> dict[str, Any]:
    room = Room("feishu", "cli_1", "ou_sun")
    told = {"kind": kind, "key": f"feishu:cli_1:{key}", "text": text, "who": Who("ou_sun"), "room": room, "at": NOON}
    return told | more


GROUP = Room("feishu", "cli_1", "oc_9", group=True)
TOM = {"key": "@_user_2", "id": {"open_id": "ou_tom"}, "name": "Tom"}
MEMBER = {"key": "@_user_1", "id": {"open_id": "ou_wang"}, "mentioned_type": "user", "name": "王五"}
BOT = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "mentioned_type": "bot", "name": "回应"}
RICH = {
    "title": "漏油",
    "content": [
        [{"tag": "text", "text": "三号机"}, {"tag": "at", "user_id": "@_user_2"}],
        [{"tag": "img", "image_key": "img_7"}],
    ],
}

SAMPLES = [
    Sample(message("text", {"text": "我来处理"}, "om_1"), _becomes("text", "om_1", "我来处理", id="om_1", called=True)),
    Sample(
        message("text", {"text": "@_user_1 接单 问 @_user_2"}, "om_2", chat_type="group", mentions=[BOT, TOM]),
        _becomes("text", "om_2", "接单 问 @Tom", room=GROUP, called=True),
    ),
    Sample(
        message("text", {"text": "午饭吃什么"}, "om_3", chat_type="group"),
        _becomes("text", "om_3", "午饭吃什么", room=GROUP, called=False),
    ),
    Sample(
        message("image", {"image_key": "img_1"}, "om_4"),
        _becomes("image", "om_4", media=(Media("om_4/img_1/image", "image/jpeg"),)),
    ),
    Sample(
        message("audio", {"file_key": "f1", "duration": 2500}, "om_5"),
        _becomes("voice", "om_5", media=(Media("om_5/f1/file", "audio/ogg", seconds=2.5),)),
    ),
    Sample(
        message("file", {"file_key": "f2", "file_name": "手册.pdf"}, "om_6"),
        _becomes("file", "om_6", media=(Media("om_6/f2/file", None, "手册.pdf"),)),
    ),
    Sample(
        message("post", RICH, "om_7", mentions=[TOM]),
        _becomes("image", "om_7", "漏油\n三号机@Tom", media=(Media("om_7/img_7/image", "image/jpeg"),)),
    ),
    Sample(
        message("location", {"name": "一号楼", "latitude": "23.1", "longitude": "113.3"}, "om_8"),
        _becomes("place", "om_8", "23.1,113.3 一号楼"),
    ),
    Sample(press({"token": "accept:1", "group": False}, "e9"), _becomes("press", "e9", press="accept:1", about="om_7")),
    Sample(press({"token": "ack:2", "group": True}, "e10"), _becomes("press", "e10", press="ack:2", room=GROUP)),
    Sample(
        event(
            "application.bot.menu_v6", {"operator": {"operator_id": {"open_id": "ou_sun"}}, "event_key": "my"}, "e11"
        ),
        _becomes("press", "e11", press="my"),
    ),
    Sample(
        event("im.chat.access_event.bot_p2p_chat_entered_v1", {"operator_id": {"open_id": "ou_sun"}}, "e12"),
        _becomes("enter", "e12"),
    ),
    Sample(
        message("media", {"file_key": "f4", "image_key": "i4", "file_name": "漏油.mp4", "duration": 5000}, "om_15"),
        _becomes("file", "om_15", media=(Media("om_15/f4/file", "video/mp4", "漏油.mp4", seconds=5.0),)),
    ),
    Sample(
        message("text", {"text": "@_user_1 你看一下"}, "om_16", chat_type="group", mentions=[MEMBER]),
        _becomes("text", "om_16", "@王五 你看一下", room=GROUP, called=False),
    ),
    Sample(
        message("text", {"text": "三号机 @_user_1 又停了"}, "om_17", chat_type="group", mentions=[BOT]),
        _becomes("text", "om_17", "三号机  又停了", room=GROUP, called=True),
    ),
    Sample(
        message("text", {"text": "就是这台"}, "om_18", parent_id="om_1", root_id="om_1"),
        _becomes("text", "om_18", "就是这台", about="om_1", forwarded=False),
    ),
    Sample(
        passed_on(
            "om_19",
            said("om_a", "text", {"text": "压力上不去"}),
            said("om_b", "file", {"file_key": "f", "file_name": "报警.log"}),
        ),
        _becomes("text", "om_19", "压力上不去\n报警.log", forwarded=True, id="om_19"),
    ),
    Sample(passed_on("om_22"), _becomes("text", "om_22", "Merged and Forwarded Message", forwarded=True)),
    Sample(
        event(
            "im.message.recalled_v1", {"message_id": "om_1", "chat_id": "oc_9", "recall_type": "message_owner"}, "e23"
        ),
        _becomes("recall", "recall:om_1", about="om_1", who=Who("oc_9"), room=GROUP),
    ),
    Sample(
        event("im.chat.member.bot.added_v1", {"chat_id": "oc_9", "operator_id": {"open_id": "ou_sun"}}, "e24"),
        _becomes("enter", "e24", room=GROUP),
    ),
    Sample(
        event("im.chat.member.bot.deleted_v1", {"chat_id": "oc_9", "operator_id": {"open_id": "ou_sun"}}, "e25"),
        _becomes("leave", "e25", room=GROUP),
    ),
    Sample(
        event("im.chat.disbanded_v1", {"chat_id": "oc_9", "operator_id": {"open_id": "ou_sun"}}, "e26"),
        _becomes("leave", "e26", room=GROUP),
    ),
    Sample(message("share_chat", {"chat_id": "oc_1"}, "om_27"), None),
    Sample(message("system", {"template": "x"}, "om_28"), None),
    Sample(message("sticker", {"file_key": "f3"}, "om_13"), None),
    Sample(event("im.message.message_read_v1", {"message_id_list": ["om_1"]}, "e14"), None),
]

CASE = Case(
    name="feishu",
    channel=lambda: Feishu,
    samples=SAMPLES,
    own=[message("text", {"text": "我是机器人"}, "om_20", sender="app"), press({"key": "of another app"}, "e21")],
    folder="feishu",
    sdk=frozenset({"lark_oapi"}),
    rig=FeishuRig,
    faults=frozenset(FAULTS),
)

CASES = (CASE,)
