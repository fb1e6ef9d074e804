"""Feishu group robots (飞书群机器人): settings and plug."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from config.channels.feishu import FEISHU_API
from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Section, WebAddress
from config.troubles import Trouble

if TYPE_CHECKING:
    from config.desk import ChannelMaker

RobotName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]


class Robot(Section):
    """群机器人 · a group's robot, [channels.feishu_robot.robots.NAME]"""

    token: Secret | None = Field(
        default=None, description="webhook 地址最后一段的出处 · where the last part of its webhook's address is kept"
    )
    secret: Secret | None = Field(
        default=None,
        description="签名密钥的出处；没有开启签名校验则不写 · where the secret of its sign is kept, if it has one",
    )


class FeishuRobot(Section):
    """飞书群机器人（只发不收） · Feishu group robots, which nobody can answer"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    robots: Mapping[RobotName, Robot] = Field(
        default={}, description="每个群一个，见 docs/channels/feishu-robot.md · one a group, by name"
    )
    api_base: WebAddress = Field(
        default=FEISHU_API, description="接口地址，国际版写 https://open.larksuite.com · base URL of the API"
    )


def make(given: FeishuRobot, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.feishu_robot import FeishuRobot as Channel
    from bots.feishu_robot import Robot as Known

    robots = {
        name: Known(robot.token.reveal(), robot.secret.reveal() if robot.secret else None)
        for name, robot in given.robots.items()
        if robot.token
    }
    return lambda shelf, files, clock: Channel(robots, clock, given.api_base)


def incomplete(given: FeishuRobot) -> Iterator[Trouble]:
    """No robot, or one without its address."""
    missing = [f"robots.{name}.token" for name, robot in given.robots.items() if robot.token is None]
    if missing or not given.robots:
        names = ", ".join(missing) or "robots"
        yield Trouble("channel_incomplete", values={"channel": "feishu_robot", "missing": names})


PLUG = Plug("bots.feishu_robot:FeishuRobot", FeishuRobot, make, staff_only=lambda given: True, troubles=incomplete)
