"""E-mail under the contract."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import orjson

from bots.emulated.mail import MailServer
from bots.mail import Mail, MailConfig
from core.words import Hook, Media, Room, Who
from tests.contract.rig import NOON, Case, Inbox, MemoryShelf, Now, Running, Sample, Shown
from tests.contract.wecom_cases import FILES

WANG = "wang@example.com"
DESK = "desk@desk.example"


class MailRig:
    """The channel, and one person who writes from a domain that proves itself."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = server = MailServer(self.now)
        self.shelf = MemoryShelf(self.now)
        self.inbox = Inbox(self.shelf)
        self.files = dict(FILES)
        self.hosts: list[str] = []
        config = MailConfig(
            server.address, server.address, server.password, server.imap, server.smtp, authserv=server.name
        )
        self.channel = Quick(config, self.shelf, self._put, self._file, self.now)
        self.inbox.channel = self.channel
        self.room = Room("email", server.address, WANG)
        self.secrets = (server.password,)
        self._running: Running | None = None

    async def says(self, text: str) -> None:
        await self._begun()
        self.server.writes(f"王女士 <{WANG}>", text, Subject="Re: 工单")
        await self._until(lambda: self.acknowledged() == len(self.server.mails))

    async def sends(self, content: bytes, mime: str) -> None:
        await self._begun()
        self.server.sends(WANG, content, mime, "现场.jpg")
        await self._until(lambda: self.acknowledged() == len(self.server.mails))

    async def babbles(self) -> None:
        await self._begun()
        self.server.receives(b"\xff\xfe no mail at all")
        await self._until(lambda: self.acknowledged() == len(self.server.mails))

    async def drop(self) -> None:
        self.server.drop()

    def acknowledged(self) -> int:
        """How many mails lie behind the cursor."""
        value = self.shelf._values.get(f"cursor:email:{DESK}")
        return int(value[0].partition(":")[2]) if value else -1

    def hook(self, text: str) -> Hook:
        raise AssertionError("nobody calls")

    def garbage(self) -> Hook:
        raise AssertionError("nobody calls")

    def handshake(self) -> tuple[Hook, bytes]:
        raise AssertionError("nobody calls")

    def fault(self, name: str) -> None:
        self.server.faults.append(name)

    def shown(self) -> list[Shown]:
        return [Shown(seen.to, seen.text, (), seen.file) for seen in self.server.sent]

    def statuses(self) -> list[int]:
        return []

    async def close(self) -> None:
        if self._running:
            await self._running.stop()
        await self.channel.close()
        self.server.close()

    async def _begun(self) -> None:
        if self._running is None:
            self._running = Running(self.channel, self.inbox.accept)
        await self._until(lambda: self.acknowledged() >= 0)

    async def _until(self, true: Any) -> None:
        async with asyncio.timeout(20):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def _put(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        self.files[name] = content
        return name

    async def _file(self, name: str) -> bytes:
        return self.files[name]


class Quick(Mail):
    """The channel, which looks more often."""

    every = 0.01


def delivery(mail: bytes | str, authserv: str | None = "mx.desk.example") -> bytes:
    """A mail as the channel hands it to the core."""
    content = mail.encode() if isinstance(mail, str) else mail
    told = {"account": DESK, "authserv": authserv, "received": NOON // 1_000_000}
    return orjson.dumps({**told, "mail": base64.b64encode(content).decode()})


def mail(number: str, text: str, subject: str = "", **heads: str) -> str:
    """A plain mail of Ms Wang's."""
    results = "Authentication-Results: mx.desk.example; dkim=pass header.d=example.com\n"
    given = {"From": f"Wang <{WANG}>", "To": DESK, "Subject": subject, "Message-ID": f"<{number}@example.com>"}
    named = {**given, **{name.replace("_", "-"): value for name, value in heads.items()}}
    lines = "".join(f"{name}: {value}\n" for name, value in named.items() if value)
    return f"{results}{lines}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"


def _becomes(number: str, text: str, **more: Any) -> dict[str, Any]:
    told = {
        "kind": "text",
        "key": f"email:{DESK}:{number}@example.com",
        "text": text,
        "at": NOON,
        "who": Who(WANG, "Wang"),
    }
    return told | {"room": Room("email", DESK, WANG), "id": f"{number}@example.com"} | more


PHOTO = base64.b64encode(b"\xff\xd8\xff photo").decode()
WITH_PHOTO = f"""Authentication-Results: mx.desk.example; spf=pass smtp.mailfrom={WANG}
From: {WANG}
To: {DESK}
Message-ID: <m4@example.com>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

三号机漏油
--b
Content-Type: image/jpeg; name="=?utf-8?B?546w5Zy6LmpwZw==?="
Content-Disposition: attachment
Content-Transfer-Encoding: base64

{PHOTO}
--b--
"""
PHOTO_NAME = hashlib.sha256(b"\xff\xd8\xff photo").hexdigest()

SAMPLES = [
    Sample(delivery(mail("m1", "空压机不启动", "报修")), _becomes("m1", "报修\n空压机不启动")),
    Sample(
        delivery(mail("m2", "修好了吗？\n\n> 已受理 GD-1001", "Re: 工单", In_Reply_To="<abc@desk.example>")),
        _becomes("m2", "修好了吗？", about="abc@desk.example", quoted="> 已受理 GD-1001"),
    ),
    Sample(
        delivery(mail("m3", "你们看一下", "Fwd: 报修")),
        _becomes("m3", "Fwd: 报修\n你们看一下", forwarded=True),
    ),
    Sample(
        delivery(WITH_PHOTO),
        {
            "kind": "image",
            "text": "三号机漏油",
            "who": Who(WANG),
            "media": (Media(PHOTO_NAME, "image/jpeg", "现场.jpg", 9),),
        },
    ),
    Sample(
        delivery(mail("m5", "接单", "Re: 工单", From=WANG), authserv=None),
        {"who": Who(f"unproven:{WANG}", proven=False), "room": Room("email", DESK, f"unproven:{WANG}")},
    ),
    Sample(delivery(mail("m6", "我在休假", "自动回复", Auto_Submitted="auto-replied")), None),
]

CASE = Case(
    name="email",
    channel=lambda: Mail,
    samples=SAMPLES,
    own=[delivery(mail("m7", "已受理", From=f"回应 <{DESK}>"))],
    folder="email",
    rig=MailRig,
    sdk=frozenset({"imap_tools", "aiosmtplib"}),
    faults=frozenset({"quota", "gone", "bad", "busy", "down", "lost"}),
    unsendable=("large", "not in the store"),
    called=False,
    connected=True,
)

CASES = (CASE,)
