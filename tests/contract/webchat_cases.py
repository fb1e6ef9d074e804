"""Web chat under the contract. Its platform is a browser: a page that holds a token and reads what the desk has stored."""

from __future__ import annotations

import hashlib
import html
import itertools
from typing import Any

import orjson

from bots.webchat import WebChat
from core.words import SECOND, Hook, Media, Receipt, Room, Say, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Sample, Shown
from tests.contract.wecom_cases import FILES

KEY = b"key of the contract suite"
VISITOR = "wang"
LASTS = 600 * SECOND


class Stored(WebChat):
    """The channel, with what it was given to post kept as the outbox keeps it: once per key."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.outbox: dict[str, tuple[Room, Say]] = {}

    async def post(self, room: Room, say: Say, key: str) -> Receipt:
        receipt = await super().post(room, say, key)
        if receipt.state == "sent":
            self.outbox[key] = room, say
        return receipt


class PageRig:
    """A visitor's page in front of the channel."""

    def __init__(self) -> None:
        self.now = Now()
        self.inbox = Inbox(MemoryShelf(self.now))
        self.files = dict(FILES)
        self.woken: list[str] = []
        self.channel = Stored(KEY, self._put, self._file, self.now, self.woken.append, lasts=LASTS)
        self.inbox.channel = self.channel
        self.room = self.channel.room(VISITOR)
        self.secrets = (KEY.decode(), self.channel.token(VISITOR))
        self.hosts: list[str] = []
        self._answers: list[int] = []
        self._unsent: list[Hook] = []
        self._numbers = itertools.count(1)

    def hook(self, text: str) -> Hook:
        return self._json({"id": f"m{next(self._numbers)}", "kind": "text", "text": text})

    def garbage(self) -> Hook:
        return self._json({"id": "m0", "kind": "holo", "text": ["?"]})

    def handshake(self) -> tuple[Hook, bytes]:
        return Hook("GET", {}, [], b""), b""

    async def says(self, text: str) -> None:
        await self._deliver(self.hook(text))

    async def sends(self, content: bytes, mime: str) -> None:
        headers = {"content-type": mime, "authorization": f"Bearer {self.channel.token(VISITOR)}"}
        query = [("id", f"m{next(self._numbers)}"), ("kind", "image"), ("name", "photo.jpg")]
        await self._deliver(Hook("POST", headers, query, content))

    def fault(self, name: str) -> None:
        raise AssertionError(f"nothing stands between page and desk that could be {name}")

    def shown(self) -> list[Shown]:
        """What the page's markup would be: it shows words as text and never as markup."""
        return [self._shown(room, say) for room, say in self.channel.outbox.values()]

    def statuses(self) -> list[int]:
        return self._answers

    async def close(self) -> None:
        await self.channel.close()

    def _json(self, said: dict[str, Any]) -> Hook:
        body = orjson.dumps({"token": self.channel.token(VISITOR), **said})
        return Hook("POST", {"content-type": "application/json"}, [], body)

    async def _deliver(self, hook: Hook) -> None:
        """Sends what was not taken before, under its old number, then this."""
        self._unsent.append(hook)
        while self._unsent:
            answer = await self.channel.receive(self._unsent[0], self.inbox.accept)
            self._unsent.pop(0)
            self._answers.append(answer.status)

    def _shown(self, room: Room, say: Say) -> Shown:
        facts = [f"{name} {value}" for name, value in say.facts]
        text = "\n".join(html.escape(part) for part in (say.title, *facts, say.text, say.link) if part)
        buttons = tuple((button.label, button.token or button.url or "") for button in say.buttons)
        return Shown(room.id, text, buttons, self.files[say.file.hash] if say.file else None)

    def _put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self.files[name] = content
        return name

    async def _file(self, name: str) -> bytes:
        return self.files[name]


def delivery(number: str, kind: str, *, file: dict[str, Any] | None = None, **said: Any) -> bytes:
    """A delivery as the channel hands it to the core."""
    more = {"file": file} if file else {}
    return orjson.dumps({"visitor": VISITOR, "at": NOON, "said": {"id": number, "kind": kind, **said}, **more})


def _becomes(number: str, kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    room = Room("webchat", "desk", VISITOR)
    key = f"webchat:desk:{VISITOR}:{number}"
    return {"kind": kind, "key": key, "text": text, "who": Who(VISITOR), "room": room, "at": NOON, "id": number, **more}


PHOTO = {"hash": "a" * 64, "mime": "image/jpeg", "name": "现场.jpg", "size": 7}

SAMPLES = [
    Sample(delivery("m1", "text", text="空调漏水"), _becomes("m1", "text", "空调漏水")),
    Sample(
        delivery("m2", "press", press="accept:GD-1001", text="接单"),
        _becomes("m2", "press", "接单", press="accept:GD-1001"),
    ),
    Sample(
        delivery("m3", "image", file=PHOTO),
        _becomes("m3", "image", media=(Media("a" * 64, "image/jpeg", "现场.jpg", 7),)),
    ),
    Sample(
        delivery("m4", "file", file={**PHOTO, "mime": "application/pdf", "name": "手册.pdf"}),
        _becomes("m4", "file", media=(Media("a" * 64, "application/pdf", "手册.pdf", 7),)),
    ),
    Sample(
        delivery("m5", "voice", file={**PHOTO, "mime": "audio/ogg", "name": "v.ogg"}),
        _becomes("m5", "voice", media=(Media("a" * 64, "audio/ogg", "v.ogg", 7),)),
    ),
    Sample(
        delivery("m6", "file", file={**PHOTO, "mime": "video/mp4", "name": "现场.mp4"}),
        _becomes("m6", "file", media=(Media("a" * 64, "video/mp4", "现场.mp4", 7),)),
    ),
    Sample(delivery("m7", "text", text="是这张", about="o17.1"), _becomes("m7", "text", "是这张", about="o17.1")),
    Sample(delivery("m8", "edit", text="空调不制冷", about="m1"), _becomes("m8", "edit", "空调不制冷", about="m1")),
    Sample(delivery("m9", "recall", about="m1"), _becomes("m9", "recall", about="m1")),
]

CASE = Case(
    name="webchat",
    channel=lambda: WebChat,
    samples=SAMPLES,
    own=(),
    folder="webchat",
    rig=PageRig,
    unsendable=("large", "not in the store"),
)

CASES = (CASE,)
