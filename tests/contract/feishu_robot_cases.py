"""Feishu's group robots under the contract: a channel that only tells."""

from __future__ import annotations

from typing import Any

import httpx

from bots.emulated.feishu_robot import FeishuRobots
from bots.feishu_robot import FeishuRobot, Robot
from core.words import Room
from tests.contract.rig import Case, Inbox, MemoryShelf, Mute, Now, Shown

TOKEN, SECRET = "6f0a9c1e-2b1d-4e57-9b41-000000000001", "robot-secret-0001"
FAULTS: dict[str, Any] = {"quota": 11232, "gone": 19001, "bad": 19024, "lost": "lost", "down": "down", "busy": "5xx"}


class RobotRig(Mute):
    """The channel, and the managers' group with a robot that wants its messages signed."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = FeishuRobots(self.now)
        self.server.robot(TOKEN, "managers", SECRET)
        self.inbox = Inbox(MemoryShelf(self.now))
        robots = {"managers": Robot(TOKEN, SECRET)}
        self.channel = FeishuRobot(robots, self.now, transport=httpx.ASGITransport(app=self.server))
        self.inbox.channel = self.channel
        self.room = Room("feishu_robot", "robot", "managers", group=True)
        self.secrets = (TOKEN, SECRET)
        self.hosts: list[str] = []

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        return [
            Shown(sent.to, sent.text, tuple((label, str(value)) for label, value in sent.buttons))
            for sent in self.server.sent
        ]


CASE = Case(
    name="feishu_robot",
    channel=lambda: FeishuRobot,
    samples=(),
    own=(),
    folder="feishu-robot",
    rig=RobotRig,
    faults=frozenset(FAULTS),
    unsendable=("large",),
    hears=False,
)

CASES = (CASE,)
