"""DingTalk group robots (钉钉群机器人): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.dingtalk import DINGTALK_OAPI
from config.channels.plug import Plug, Wiring
from config.channels.robots import Robots, incomplete
from config.section import Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker


class DingtalkRobot(Section):
    """钉钉群机器人（只发不收） · DingTalk group robots, which nobody can answer"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    robots: Robots = Field(
        default={}, description="每个群一个，见 docs/channels/dingtalk-robot.md · one a group, by name"
    )
    oapi_base: WebAddress = Field(default=DINGTALK_OAPI, description="接口地址 · base URL of the API")


def make(given: DingtalkRobot, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.dingtalk_robot import DingTalkRobot as Channel
    from bots.dingtalk_robot import Robot

    robots = {name: Robot(*robot.revealed()) for name, robot in given.robots.items() if robot.token}
    return lambda shelf, files, clock: Channel(robots, clock, given.oapi_base)


PLUG = Plug(
    "bots.dingtalk_robot:DingTalkRobot",
    DingtalkRobot,
    make,
    account=lambda given: "robot",
    staff_only=lambda given: True,
    rooms=lambda given: given.robots,
    troubles=incomplete("dingtalk_robot"),
)
