"""The WeChat official account under the contract."""

from __future__ import annotations

from typing import Any

from bots.emulated.wechat_mp import WeChatServer
from bots.wechat_mp import MpConfig, WeChatMp
from core.words import SECOND, Hook, Media, Room, Who
from tests.contract.rig import Case, Inbox, MemoryShelf, Now, Sample, Shown, Watched

AT = 1_772_596_800


class MpRig:
    """The channel, and one customer who follows the account."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = WeChatServer(self.now)
        self.shelf = MemoryShelf(self.now)
        self.inbox = Inbox(self.shelf)
        self.hosts: list[str] = []
        config = MpConfig(server.app_id, server.secret, ((server.token, server.aes_key),))
        self.channel = WeChatMp(config, self.shelf, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("wechat_mp", server.account, "o_wang")
        self.secrets = (server.secret, server.token, server.aes_key, "mp_access_token")
        server.join(self.channel, self.inbox.accept)
        server.follows("o_wang")

    async def says(self, text: str) -> None:
        await self.server.says("o_wang", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.sends("o_wang", content, mime)

    def hook(self, text: str) -> Hook:
        return self.server.callback(self.server.message("o_wang", "text", Content=text, MsgId="1"))

    def garbage(self) -> Hook:
        return self.server.callback("no XML at all <")

    def handshake(self) -> tuple[Hook, bytes]:
        return self.server.handshake("5927782489442352469"), b"5927782489442352469"

    def fault(self, name: str) -> None:
        self.server.fault(name)

    def shown(self) -> list[Shown]:
        return [Shown(seen.to, seen.text, seen.buttons) for seen in self.server.sent]

    def statuses(self) -> list[int]:
        return self.server.answers

    async def close(self) -> None:
        await self.channel.close()


def message(kind: str, number: str = "", **fields: str) -> bytes:
    """An opened callback."""
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    numbered = f"<MsgId>{number}</MsgId>" if number else ""
    return (
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o_wang]]></FromUserName>"
        f"<CreateTime>{AT}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}{numbered}</xml>"
    ).encode()


def event(name: str, **fields: str) -> bytes:
    """An event, which has no number."""
    return message("event", Event=name, **fields)


def _becomes(kind: str, key: str, text: str = "", **more: Any) -> dict[str, Any]:
    room = Room("wechat_mp", "gh_1", "o_wang")
    told = {"kind": kind, "key": f"wechat_mp:gh_1:{key}", "text": text, "who": Who("o_wang"), "room": room}
    return {**told, "at": AT * SECOND, **more}


SCAN = b"<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>GA37-0012</ScanResult></ScanCodeInfo></xml>"

SAMPLES = [
    Sample(message("text", "1", Content="空压机不启动"), _becomes("text", "1", "空压机不启动", id="1")),
    Sample(
        message("text", "2", Content="是的", bizmsgmenuid="yes:7"),
        _becomes("press", "2", "是的", press="yes:7", id="2"),
    ),
    Sample(message("image", "3", MediaId="M1"), _becomes("image", "3", media=(Media("M1", "image/jpeg"),))),
    Sample(
        message("voice", "4", MediaId="M2", Format="amr", Recognition="漏油了。"),
        _becomes("voice", "4", media=(Media("M2", "audio/amr", words="漏油了。"),)),
    ),
    Sample(
        message("voice", "5", MediaId="M3", MediaId16K="M4", Format="amr", Recognition=""),
        _becomes("voice", "5", media=(Media("M4", "audio/amr"),)),
    ),
    Sample(message("shortvideo", "6", MediaId="M5"), _becomes("file", "6", media=(Media("M5", "video/mp4"),))),
    Sample(
        message("location", "7", Location_X="23.13", Location_Y="113.35", Scale="20", Label="一号楼"),
        _becomes("place", "7", "23.13,113.35 一号楼"),
    ),
    Sample(
        message("link", "8", Title="手册", Description="第三章", Url="https://a.example"),
        _becomes("text", "8", "手册\n第三章\nhttps://a.example"),
    ),
    Sample(message("file", "9", Title="报价.xlsx", FileKey="k"), _becomes("text", "9", "报价.xlsx")),
    Sample(event("subscribe", EventKey="qrscene_T1"), _becomes("enter", f"o_wang:{AT}:subscribe:qrscene_T1", "T1")),
    Sample(
        event("subscribe", EventKey="last_trade_no_4"), _becomes("enter", f"o_wang:{AT}:subscribe:last_trade_no_4", "")
    ),
    Sample(event("SCAN", EventKey="T2", Ticket="t"), _becomes("enter", f"o_wang:{AT}:SCAN:T2", "T2")),
    Sample(
        event("user_enter_tempsession", SessionFrom="s"), _becomes("enter", f"o_wang:{AT}:user_enter_tempsession:", "s")
    ),
    Sample(event("unsubscribe"), _becomes("leave", f"o_wang:{AT}:unsubscribe:")),
    Sample(event("CLICK", EventKey="my_open"), _becomes("press", f"o_wang:{AT}:CLICK:my_open", press="my_open")),
    Sample(
        event("scancode_waitmsg", EventKey="6").removesuffix(b"</xml>") + SCAN,
        _becomes("text", f"o_wang:{AT}:scancode_waitmsg:6", "GA37-0012"),
    ),
    Sample(event("LOCATION", Latitude="23.1", Longitude="113.3", Precision="119"), None),
    Sample(event("VIEW", EventKey="https://a.example"), None),
    Sample(message("notsure", "20"), None),
]

CASE = Case(
    name="wechat_mp",
    channel=lambda: WeChatMp,
    samples=SAMPLES,
    own=[event("TEMPLATESENDJOBFINISH", MsgID="200163836", Status="success")],
    folder="wechat-mp",
    rig=MpRig,
    faults=frozenset({"quota", "gone", "bad", "lost", "down", "busy", "stale_token", "window"}),
    unsendable=("large",),
)

CASES = (CASE,)
