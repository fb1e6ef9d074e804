"""WeCom's group robots under the contract: a channel that only tells."""

from __future__ import annotations

from typing import Any

from bots.emulated.wecom_webhook import WeComRobots
from bots.wecom_webhook import WeComWebhook
from core.words import Room
from tests.contract.rig import Case, Inbox, MemoryShelf, Mute, Now, Shown
from tests.contract.wecom_cases import Watched, stored

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
FAULTS: dict[str, Any] = {"quota": 45009, "bad": 40058, "lost": "lost", "down": "down", "busy": "5xx"}


class RobotRig(Mute):
    """The channel, and the managers' group with its robot."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = WeComRobots(self.now)
        self.server.robot(KEY, "managers")
        self.inbox = Inbox(MemoryShelf(self.now))
        self.hosts: list[str] = []
        self.channel = WeComWebhook({"managers": KEY}, stored, transport=Watched(self.server, self.hosts))
        self.inbox.channel = self.channel
        self.room = Room("wecom_webhook", "robot", "managers", group=True)
        self.secrets = (KEY,)

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        return [Shown(seen.to, seen.text, (), seen.file) for seen in self.server.sent]


CASE = Case(
    name="wecom_webhook",
    channel=lambda: WeComWebhook,
    samples=(),
    own=(),
    folder="wecom-webhook",
    rig=RobotRig,
    faults=frozenset(FAULTS),
    hears=False,
)

CASES = (CASE,)
