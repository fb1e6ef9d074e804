"""WeCom AI bot (企业微信智能机器人): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Section

if TYPE_CHECKING:
    from config.desk import ChannelMaker

WECOM_WS = "wss://openws.work.weixin.qq.com"


def _socket_address(value: str) -> str:
    if not value.startswith(("wss://", "ws://")):
        raise PydanticCustomError("not_socket_address", "a socket's address begins with wss:// or ws://")
    return value


class WecomAibot(Section):
    """企业微信智能机器人（员工），长连接，不需要外网地址 · WeCom AI bot, for staff, over a connection that we open"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    bot_id: str = Field(default="", description="机器人 Bot ID · bot id")
    secret: Secret | None = Field(
        default=None, description="长连接专用 Secret 的出处，如 env:AIBOT_SECRET · where its secret is kept"
    )
    ws_url: Annotated[str, AfterValidator(_socket_address)] = Field(
        default=WECOM_WS, description="长连接地址 · address of the connection"
    )


def make(given: WecomAibot, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.wecom_aibot import AibotConfig, WeComAibot

    assert given.secret is not None
    config = AibotConfig(given.bot_id, given.secret.reveal(), given.ws_url)
    return lambda shelf, files, clock: WeComAibot(config, files, clock)


PLUG = Plug(
    "bots.wecom_aibot:WeComAibot",
    WecomAibot,
    make,
    needed=("bot_id", "secret"),
    account=lambda given: given.bot_id,
    staff_only=lambda given: True,
)
