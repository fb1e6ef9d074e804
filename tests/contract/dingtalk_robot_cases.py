"""DingTalk's group robots under the contract: a channel that only tells."""

from __future__ import annotations

from typing import Any

import httpx

from bots.dingtalk_robot import DingTalkRobot, Robot
from bots.emulated.dingtalk_robot import DingTalkRobots
from core.words import Room
from tests.contract.rig import Case, Inbox, MemoryShelf, Mute, Now, Shown

TOKEN, SECRET = "b7f0000000000000000000000000000000000001", "SEC0000000000000000000000000000001"
FAULTS: dict[str, Any] = {"quota": 130101, "gone": 300001, "bad": 310000, "lost": "lost", "down": "down", "busy": "5xx"}


class RobotRig(Mute):
    """The channel, and the managers' group with a robot that wants its messages signed."""

    def __init__(self) -> None:
        self.now = Now()
        self.server = DingTalkRobots(self.now)
        self.server.robot(TOKEN, "managers", SECRET)
        self.inbox = Inbox(MemoryShelf(self.now))
        robots = {"managers": Robot(TOKEN, SECRET)}
        self.channel = DingTalkRobot(robots, self.now, transport=httpx.ASGITransport(app=self.server))
        self.inbox.channel = self.channel
        self.room = Room("dingtalk_robot", "robot", "managers", group=True)
        self.secrets = (TOKEN, SECRET)
        self.hosts: list[str] = []

    def fault(self, name: str) -> None:
        self.server.fault(FAULTS[name])

    def shown(self) -> list[Shown]:
        return [Shown(sent.to, sent.text) for sent in self.server.sent]


CASE = Case(
    name="dingtalk_robot",
    channel=lambda: DingTalkRobot,
    samples=(),
    own=(),
    folder="dingtalk-robot",
    rig=RobotRig,
    faults=frozenset(FAULTS),
    unsendable=("large",),
    hears=False,
)

CASES = (CASE,)
