"""The two WeCom channels under the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bots.emulated.wecom import WeComServer
from bots.wecom import WeCom, WeComConfig
from bots.wecom_kf import KfConfig, WeComKf
from core.words import SECOND, Hook, Media, Room, Who
from tests.contract.rig import Case, Inbox, MemoryShelf, Now, Sample, Shown, Watched

FAULTS: Mapping[str, Any] = {
    "quota": 45009,
    "gone": {"message/send": 81013, "kf/send_msg": 40096},
    "bad": 40058,
    "lost": "lost",
    "down": "down",
    "busy": "5xx",
    "stale_token": 42001,
    "window": 95002,
}
FILES = {"pdf": b"%PDF-1.4 report", "tiny": b"abc", "large": b"x" * (20 * 1024 * 1024 + 1)}


async def stored(name: str) -> bytes:
    """The file store of the tests."""
    return FILES[name]


class WeComRig:
    """What both channels share."""

    post_path: str

    def __init__(self) -> None:
        self.now = Now()
        self.server = WeComServer(self.now)
        self.shelf = MemoryShelf(self.now)
        self.inbox = Inbox(self.shelf)
        self.hosts: list[str] = []

    def fault(self, name: str) -> None:
        what = FAULTS[name]
        self.server.fault(self.post_path, what[self.post_path] if isinstance(what, Mapping) else what)

    def shown(self) -> list[Shown]:
        return [
            Shown(sent.to, sent.text, sent.buttons, sent.file.content if sent.file else None)
            for sent in self.server.sent
        ]

    def statuses(self) -> list[int]:
        return self.server.answers


class AppRig(WeComRig):
    post_path = "message/send"

    def __init__(self) -> None:
        super().__init__()
        server = self.server
        keys = ((server.app.token, server.app.aes_key),)
        config = WeComConfig(server.corp_id, server.agent_id, server.app.secret, keys)
        self.channel = WeCom(config, self.shelf, stored, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("wecom", str(server.agent_id), "liu")
        self.secrets = (server.app.secret, server.app.token, server.app.aes_key, "accesstoken")
        server.app_hook = lambda hook: self.channel.receive(hook, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.server.member_says("liu", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.member_sends("liu", "image", content, mime)

    def hook(self, text: str) -> Hook:
        return self.server.callback(self.server.app, app_message("text", Content=text).decode())

    def garbage(self) -> Hook:
        return self.server.callback(self.server.app, '{"FromUserName": :mycreate"}')

    def handshake(self) -> tuple[Hook, bytes]:
        query, sealed = self.server.signed(self.server.app, b"1288432023552776189")
        return Hook("GET", {}, [*query, ("echostr", sealed)], b""), b"1288432023552776189"

    async def close(self) -> None:
        await self.channel.close()


class KfRig(WeComRig):
    post_path = "kf/send_msg"

    def __init__(self) -> None:
        super().__init__()
        server = self.server
        keys = ((server.kf.token, server.kf.aes_key),)
        config = KfConfig(server.corp_id, server.kf.secret, keys, (server.open_kfid,), poll_seconds=0.01)
        self.channel = WeComKf(config, self.shelf, stored, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("wecom_kf", server.open_kfid, "wm_wang")
        self.secrets = (server.kf.secret, server.kf.token, server.kf.aes_key, "accesstoken")
        server.kf_hook = lambda hook: self.channel.receive(hook, self.inbox.accept)
        server.remember("wm_wang", wrote=self.now())

    async def says(self, text: str) -> None:
        await self.server.customer_says("wm_wang", text)
        await self.channel.pull(self.inbox.accept)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.customer_sends("wm_wang", "image", content, mime)
        await self.channel.pull(self.inbox.accept)

    def hook(self, text: str) -> Hook:
        hint = "<Event>kf_msg_or_event</Event><Token>ENC1</Token>"
        hint = f"<xml><MsgType>event</MsgType>{hint}<OpenKfId>{self.server.open_kfid}</OpenKfId></xml>"
        return self.server.callback(self.server.kf, hint)

    def garbage(self) -> Hook:
        return self.server.callback(self.server.kf, "no XML at all <")

    def handshake(self) -> tuple[Hook, bytes]:
        query, sealed = self.server.signed(self.server.kf, b"1616140317555161061")
        return Hook("GET", {}, [*query, ("echostr", sealed)], b""), b"1616140317555161061"

    async def close(self) -> None:
        await self.channel.close()


def app_message(kind: str, *, time: int = 1_772_596_800, number: str = "7490873862172577866", **fields: str) -> bytes:
    """A decrypted callback of the app."""
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    event = "" if kind == "event" else f"<MsgId>{number}</MsgId>"
    return (
        "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[liu]]></FromUserName>"
        f"<CreateTime>{time}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}{event}<AgentID>1000002</AgentID></xml>"
    ).encode()


def kf_item(kind: str, number: int, origin: int = 3, **content: Any) -> bytes:
    """An item of a sync_msg page."""
    item = {
        "msgid": f"msg{number}",
        "open_kfid": "wkA",
        "external_userid": "wmB",
        "send_time": 1_772_596_800,
        "origin": origin,
        "msgtype": kind,
        kind: content,
    }
    return json.dumps(item, ensure_ascii=False).encode()


def _app(kind: str, key: str, text: str = "", **more: Any) -> dict[str, Any]:
    room, at = Room("wecom", "1000002", "liu"), 1_772_596_800 * SECOND
    return {
        "kind": kind,
        "key": f"wecom:1000002:liu:{key}",
        "text": text,
        "who": Who("liu"),
        "room": room,
        "at": at,
        **more,
    }


def _kf(kind: str, key: str, text: str = "", **more: Any) -> dict[str, Any]:
    room, at = Room("wecom_kf", "wkA", "wmB"), 1_772_596_800 * SECOND
    return {"kind": kind, "key": f"wecom_kf:wkA:{key}", "text": text, "who": Who("wmB"), "room": room, "at": at, **more}


APP_SAMPLES = [
    Sample(app_message("text", number="1", Content="接单 GD-1001"), _app("text", "1", "接单 GD-1001", id="1")),
    Sample(app_message("image", number="2", MediaId="M1"), _app("image", "2", media=(Media("M1", "image/jpeg"),))),
    Sample(
        app_message("voice", number="3", MediaId="M2", Format="amr"),
        _app("voice", "3", media=(Media("M2", "audio/amr"),)),
    ),
    Sample(app_message("video", number="4", MediaId="M3"), _app("file", "4", media=(Media("M3", "video/mp4"),))),
    Sample(
        app_message("location", number="5", Location_X="23.134", Location_Y="113.358", Label="东门"),
        _app("place", "5", "23.134,113.358 东门"),
    ),
    Sample(
        app_message("link", number="6", Title="手册", Description="第三章", Url="https://a.example"),
        _app("text", "6", "手册\n第三章\nhttps://a.example", forwarded=True),
    ),
    Sample(
        app_message("event", Event="click", EventKey="my_open"),
        _app("press", "1772596800:click:my_open:", press="my_open"),
    ),
    Sample(
        app_message("event", Event="template_card_event", EventKey="yes", TaskId="t1"),
        _app("press", "1772596800:template_card_event:yes:t1", press="yes", about="t1"),
    ),
    Sample(
        app_message(
            "event", time=1_772_596_801, Event="template_card_event", EventKey="no", TaskId="t1", ResponseCode="c1"
        ),
        _app("press", "1772596801:template_card_event:no:t1", press="no", about="c1", at=1_772_596_801 * SECOND),
    ),
    Sample(app_message("event", Event="enter_agent", EventKey=""), _app("enter", "1772596800:enter_agent::")),
    Sample(app_message("event", Event="subscribe"), _app("enter", "1772596800:subscribe::")),
    Sample(app_message("event", Event="unsubscribe"), _app("leave", "1772596800:unsubscribe::")),
    Sample(app_message("event", Event="LOCATION", Latitude="23.1", Longitude="113.3"), None),
    Sample(app_message("holo", number="7"), None),
]

KF_SAMPLES = [
    Sample(kf_item("text", 1, content="空压机不启动"), _kf("text", "msg1", "空压机不启动", id="msg1")),
    Sample(kf_item("text", 2, content="满意", menu_id="rate:5"), _kf("press", "msg2", "满意", press="rate:5")),
    Sample(kf_item("image", 3, media_id="M1"), _kf("image", "msg3", media=(Media("M1", "image/jpeg"),))),
    Sample(kf_item("voice", 4, media_id="M2"), _kf("voice", "msg4", media=(Media("M2", "audio/amr"),))),
    Sample(kf_item("file", 5, media_id="M3"), _kf("file", "msg5", media=(Media("M3"),))),
    Sample(
        kf_item("location", 6, latitude=23.1, longitude=113.3, name="一号楼", address="滨江东路"),
        _kf("place", "msg6", "23.1,113.3 一号楼 滨江东路"),
    ),
    Sample(kf_item("link", 7, title="T", desc="D", url="U"), _kf("text", "msg7", "T\nD\nU")),
    Sample(kf_item("business_card", 8, userid="liu"), _kf("contact", "msg8", "liu")),
    Sample(
        kf_item(
            "merged_msg",
            9,
            title="群聊的聊天记录",
            item=[
                {"msgtype": "text", "sender_name": "王", "msg_content": '{"text":{"content":"漏油了"}}'},
                {"msgtype": "image", "sender_name": "王", "msg_content": '{"image":{}}'},
            ],
        ),
        _kf("text", "msg9", "群聊的聊天记录\n王：漏油了\n王：[image]"),
    ),
    Sample(
        kf_item(
            "event",
            10,
            4,
            event_type="enter_session",
            open_kfid="wkA",
            external_userid="wmB",
            scene="s",
            scene_param="p1",
        ),
        _kf("enter", "msg10", "p1"),
    ),
    Sample(
        kf_item(
            "event", 11, 4, event_type="user_recall_msg", open_kfid="wkA", external_userid="wmB", recall_msgid="msg1"
        ),
        _kf("recall", "recall:msg1", about="msg1"),
    ),
    Sample(kf_item("event", 12, 4, event_type="session_status_change", open_kfid="wkA", external_userid="wmB"), None),
    Sample(kf_item("holo", 13), None),
]

APP = Case(
    name="wecom",
    channel=lambda: WeCom,
    samples=APP_SAMPLES,
    own=[app_message("event", Event="view", EventKey="https://a.example")],
    folder="wecom-app",
    rig=AppRig,
    faults=frozenset(FAULTS) - {"window"},
)
KF = Case(
    name="wecom_kf",
    channel=lambda: WeComKf,
    samples=KF_SAMPLES,
    own=[kf_item("text", 20, 5, content="我是客服"), kf_item("msgmenu", 21, head_content="满意吗", list=[])],
    folder="wecom-kf",
    rig=KfRig,
    hinted=True,
    faults=frozenset(FAULTS),
)

CASES = (
    APP,
    KF,
)
