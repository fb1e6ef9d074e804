"""DingTalk work notifications under the contract: a channel that only tells."""

from __future__ import annotations

import re
from typing import Any

import httpx

from bots.dingtalk_notice import DingTalkNotice, NoticeConfig
from bots.emulated.dingtalk_notice import DingTalkNotices
from core.words import Room
from tests.contract.rig import Case, Inbox, MemoryShelf, Mute, Now, Shown

FAULTS: dict[str, Any] = {
    "quota": 90018,
    "gone": 33012,
    "bad": 400002,
    "lost": "lost",
    "down": "down",
    "busy": "5xx",
    "stale_token": 42001,
}
MARK = re.compile(r"\n\n〔[0-9a-f]{8}〕$")


class NoticeRig(Mute):
    """The channel, and one member of the company."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = DingTalkNotices(self.now)
        self.server.member("liu01", "刘志远")
        self.shelf = MemoryShelf(self.now)
        self.inbox = Inbox(self.shelf)
        config = NoticeConfig(self.server.agent_id, self.server.app_key, self.server.app_secret)
        self.channel = DingTalkNotice(config, self.shelf, self.now, httpx.ASGITransport(app=self.server))
        self.inbox.channel = self.channel
        self.room = Room("dingtalk_notice", str(self.server.agent_id), "liu01")
        self.secrets = (self.server.app_secret, "token0000")
        self.hosts: list[str] = []

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        """What he reads: without the mark, and with lines as lines."""
        return [
            Shown("liu01", "\n".join(filter(None, (MARK.sub("", notice.text).replace("  \n", "\n"), notice.link))))
            for notice in self.server.seen_by("liu01")
        ]

    async def close(self) -> None:
        await self.channel.close()


CASE = Case(
    name="dingtalk_notice",
    channel=lambda: DingTalkNotice,
    samples=(),
    own=(),
    folder="dingtalk-notice",
    rig=NoticeRig,
    faults=frozenset(FAULTS),
    unsendable=("large",),
    hears=False,
)

CASES = (CASE,)
