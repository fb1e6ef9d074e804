"""WeCom group robots (企业微信群机器人): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.channels.robots import Robots, incomplete
from config.channels.wecom import WECOM_API
from config.section import Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker


class WecomWebhook(Section):
    """企业微信群机器人（只发不收） · WeCom group robots, which nobody can answer"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    robots: Robots = Field(
        default={}, description="每个群一个，见 docs/channels/wecom-webhook.md · one a group, by name"
    )
    api_base: WebAddress = Field(default=WECOM_API, description="接口地址 · base URL of the API")


def make(given: WecomWebhook, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.wecom_webhook import WeComWebhook as Channel

    keys = {name: robot.revealed()[0] for name, robot in given.robots.items() if robot.token}
    return lambda shelf, files, clock: Channel(keys, files, given.api_base)


PLUG = Plug(
    "bots.wecom_webhook:WeComWebhook",
    WecomWebhook,
    make,
    account=lambda given: "robot",
    staff_only=lambda given: True,
    rooms=lambda given: given.robots,
    troubles=incomplete("wecom_webhook"),
)
