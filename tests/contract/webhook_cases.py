"""The generic webhook under the contract. Its platform is a partner's system."""

from __future__ import annotations

import hashlib
import html
import itertools
import json
from typing import Any

import orjson

from bots.emulated.webhook import PartnerServer
from bots.webhook import Partner, Webhook, key_of
from core.words import Hook, Media, Room, Who
from tests.contract.feishu_cases import Watched
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Sample, Shown
from tests.contract.wecom_cases import FILES

CALLER = "13805740002"


class PartnerRig:
    """The channel, and one person at a partner that shows each webhook-id once."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = PartnerServer(self.now)
        self.inbox = Inbox(MemoryShelf(self.now))
        self.files = dict(FILES)
        self.hosts: list[str] = []
        hosts = frozenset({server.files_host})
        partner = Partner((key_of(server.secret),), server.url, True, True, hosts)
        self.channel = Webhook({server.name: partner}, self._put, self._file, self.now, Watched(server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("webhook", server.name, "wang")
        self.secrets = (server.secret, server.secret.removeprefix("whsec_"))
        self._numbers = itertools.count(900)
        server.join(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.server.says("wang", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.sends("wang", content, mime)

    def hook(self, text: str) -> Hook:
        said = {"type": "message", "from": {"id": "wang"}, "kind": "text", "text": text}
        return self.server.hook(f"m{next(self._numbers)}", json.dumps(said).encode())

    def garbage(self) -> Hook:
        return self.server.hook("m0", b'{"type": "message", "from": ')

    def handshake(self) -> tuple[Hook, bytes]:
        return Hook("GET", {}, [("partner", self.server.name)], b""), b""

    def fault(self, name: str) -> None:
        self.server.fault(name)

    def shown(self) -> list[Shown]:
        """What the partner's page would be: it shows words as text and never as markup."""
        return [
            Shown(
                seen.to, html.escape(seen.text), tuple((label, str(value)) for label, value in seen.buttons), seen.file
            )
            for seen in self.server.sent
        ]

    def statuses(self) -> list[int]:
        return self.server.answers

    async def close(self) -> None:
        await self.channel.close()

    def _put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self.files[name] = content
        return name

    async def _file(self, name: str) -> bytes:
        return self.files[name]


def delivery(number: str, said: dict[str, Any], *, proves: bool = True) -> bytes:
    """A delivery as the channel hands it to the core."""
    at = NOON // 1_000_000
    return orjson.dumps({"partner": "crm", "id": number, "sent_at": at, "proves_phones": proves, "said": said})


def message(number: str, kind: str, *, proves: bool = True, **said: Any) -> bytes:
    who = {"id": "wang", "name": "王女士", "phone": CALLER}
    return delivery(number, {"type": "message", "from": who, "kind": kind, **said}, proves=proves)


def _becomes(number: str, kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    room, who = Room("webhook", "crm", "wang"), Who("wang", "王女士", CALLER)
    told = {"kind": kind, "key": f"webhook:crm:{number}", "text": text, "who": who, "room": room, "at": NOON}
    return told | {"id": number} | more


PHOTO = {"hash": "a" * 64, "mime": "image/jpeg", "name": "现场.jpg", "size": 7}
CALL = {"type": "call_log", "caller": CALLER, "direction": "in", "at": NOON // 1_000_000 - 95, "seconds": 95}

SAMPLES = [
    Sample(message("m1", "text", text="空压机不启动"), _becomes("m1", "text", "空压机不启动")),
    Sample(
        message("m2", "text", text="空压机不启动", proves=False),
        _becomes("m2", "text", "空压机不启动", who=Who("wang", "王女士")),
    ),
    Sample(message("m3", "press", press="yes:1", about="hy_1"), _becomes("m3", "press", press="yes:1", about="hy_1")),
    Sample(
        message("m4", "image", media=[PHOTO], forwarded=True),
        _becomes("m4", "image", media=(Media("a" * 64, "image/jpeg", "现场.jpg", 7),), forwarded=True),
    ),
    Sample(
        message("m5", "file", media=[{"url": "https://crm.example.com/f/1", "name": "手册.pdf"}]),
        _becomes("m5", "file", media=(Media("crm:https://crm.example.com/f/1", None, "手册.pdf"),)),
    ),
    Sample(
        message("m6", "text", text="午饭吃什么", room={"id": "g1", "group": True}),
        _becomes("m6", "text", "午饭吃什么", room=Room("webhook", "crm", "g1", group=True), called=False),
    ),
    Sample(
        message("m7", "text", text="接单", room={"id": "g1", "group": True, "thread": "t1"}, called=True),
        _becomes("m7", "text", "接单", room=Room("webhook", "crm", "g1", "t1", True), called=True),
    ),
    Sample(message("m8", "recall", about="m1"), _becomes("m8", "recall", about="m1")),
    Sample(message("m9", "edit", about="m1", text="空压机不转"), _becomes("m9", "edit", "空压机不转", about="m1")),
    Sample(
        delivery("c1", {**CALL, "note": "客户问修好了没有"}),
        {
            "kind": "call_log",
            "text": "客户问修好了没有",
            "at": NOON - 95_000_000,
            "who": Who(CALLER, None, CALLER),
            "room": Room("webhook", "crm", CALLER),
            "called": True,
        },
    ),
    Sample(
        delivery("c2", {**CALL, "direction": "out", "transcript": "您好，师傅明天到"}),
        {"kind": "call_log", "text": "您好，师傅明天到", "called": False},
    ),
    Sample(delivery("t1", {"type": "typing"}), None),
]

CASE = Case(
    name="webhook",
    channel=lambda: Webhook,
    samples=SAMPLES,
    own=[delivery("b1", {"type": "message", "from": {"id": "bot", "bot": True}, "kind": "text", "text": "自动回复"})],
    folder="webhook",
    rig=PartnerRig,
    faults=frozenset({"quota", "gone", "bad", "busy", "down", "lost"}),
    unsendable=("large", "not in the store"),
)

CASES = (CASE,)
