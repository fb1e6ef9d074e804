"""Example under the contract."""

from __future__ import annotations

from typing import Any

from bots.emulated.example import ExampleServer
from bots.example import Example, ExampleConfig
from core.words import Hook, Media, Room, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Sample, Shown, Watched
from tests.contract.wecom_cases import stored

FAULTS = {
    "quota": "too_many",
    "busy": "try_later",
    "gone": "no_such_chat",
    "bad": "bad_request",
    "down": "down",
    "lost": "lost",
}


class ExampleRig:
    """The channel, and one person who writes to the bot."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = ExampleServer(self.now)
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []
        config = ExampleConfig(server.bot, server.token, (server.secret,))
        self.channel = self.inbox.channel = Example(config, stored, self.now, Watched(server, self.hosts))
        self.room = Room("example", server.bot, "wang")
        self.secrets = (server.token, server.secret)
        server.join(self.channel, self.inbox.accept)

    async def says(self, text: str) -> None:
        await self.server.says("wang", text)

    async def sends(self, content: bytes, mime: str) -> None:
        await self.server.sends("wang", content, mime, "photo.jpg")

    def hook(self, text: str) -> Hook:
        return self.server.signed(self.server.delivery("h1", "wang", type="message", text=text))

    def garbage(self) -> Hook:
        return self.server.signed(b'{"type": "message", "from": ')

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


def delivery(number: str, group: str | None = None, **said: Any) -> bytes:
    return ExampleServer(Now()).delivery(number, "wang", group, **said)


def _becomes(number: str, kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    room, key = Room("example", "desk", "wang"), f"example:desk:{number}"
    return {"kind": kind, "key": key, "text": text, "who": Who("wang"), "room": room, "at": NOON, "id": number} | more


PHOTO = {"id": "f1", "mime": "image/jpeg", "name": "现场.jpg", "size": 7}
SAMPLES = [
    Sample(delivery("m1", type="message", text="空压机不启动"), _becomes("m1", "text", "空压机不启动")),
    Sample(
        delivery("m2", type="message", file=PHOTO, text="漏油"),
        _becomes("m2", "image", "漏油", media=(Media("f1", "image/jpeg", "现场.jpg", 7),)),
    ),
    Sample(
        delivery("m3", "g1", type="message", text="午饭吃什么"),
        _becomes("m3", "text", "午饭吃什么", room=Room("example", "desk", "g1", group=True), called=False),
    ),
    Sample(
        delivery("m4", type="press", token="accept:1", label="接单", answers="s1"),
        _becomes("m4", "press", "接单", press="accept:1", about="s1"),
    ),
    Sample(delivery("m5", type="typing"), None),
]
OWN = (delivery("m9", type="message", text="已受理").replace(b'"bot":false', b'"bot":true'),)

CASES = (
    Case(
        name="example",
        channel=lambda: Example,
        samples=SAMPLES,
        own=OWN,
        folder="example",
        rig=ExampleRig,
        faults=frozenset(FAULTS),
        unsendable=("large", "not in the store"),
    ),
)
