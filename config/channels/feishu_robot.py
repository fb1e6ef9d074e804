"""Feishu group robots (飞书群机器人): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.feishu import FEISHU_API
from config.channels.plug import Plug, Wiring
from config.channels.robots import Robots, incomplete
from config.section import Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker


class FeishuRobot(Section):
    """飞书群机器人（只发不收） · Feishu group robots, which nobody can answer"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    robots: Robots = Field(
        default={}, description="每个群一个，见 docs/channels/feishu-robot.md · one a group, by name"
    )
    api_base: WebAddress = Field(
        default=FEISHU_API, description="接口地址，国际版写 https://open.larksuite.com · base URL of the API"
    )


def make(given: FeishuRobot, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.feishu_robot import FeishuRobot as Channel
    from bots.feishu_robot import Robot as Known

    robots = {name: Known(*robot.revealed()) for name, robot in given.robots.items() if robot.token}
    return lambda shelf, files, clock: Channel(robots, clock, given.api_base)


PLUG = Plug(
    "bots.feishu_robot:FeishuRobot",
    FeishuRobot,
    make,
    account=lambda given: "robot",
    staff_only=lambda given: True,
    rooms=lambda given: given.robots,
    troubles=incomplete("feishu_robot"),
)
