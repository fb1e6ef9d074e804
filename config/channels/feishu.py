"""Feishu (飞书): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Rotating, Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker

FEISHU_API = "https://open.feishu.cn"


class Feishu(Section):
    """飞书应用（员工） · Feishu app, for staff"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    app_id: str = Field(default="", description="应用 App ID（cli_…） · app id")
    app_secret: Secret | None = Field(
        default=None, description="App Secret 的出处，如 env:FEISHU_SECRET · where its secret is kept"
    )
    connection: Literal["webhook", "long"] = Field(
        default="webhook",
        description="收消息的方式：webhook 需要外网地址，long（长连接）不需要 · how people are heard: webhook needs a public address, long none",
    )
    encrypt_keys: Rotating = Field(
        default=(),
        description="webhook 用的 Encrypt Key 的出处，轮换期间写两个；不写也不用长连接则只发不收 · Encrypt Keys of the webhook, two while rotating",
    )
    api_base: WebAddress = Field(
        default=FEISHU_API, description="接口地址，国际版写 https://open.larksuite.com · base URL of the API"
    )


def make(given: Feishu, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.feishu import Feishu as Channel
    from bots.feishu import FeishuConfig

    assert given.app_secret is not None
    keys = tuple(key.reveal() for key in given.encrypt_keys)
    config = FeishuConfig(given.app_id, given.app_secret.reveal(), keys, given.api_base, given.connection)
    return lambda shelf, files, clock: Channel(config, shelf, files, clock)


PLUG = Plug(
    "bots.feishu:Feishu",
    Feishu,
    make,
    needed=("app_id", "app_secret"),
    account=lambda given: given.app_id,
    called_back=lambda given: given.connection == "webhook" and bool(given.encrypt_keys),
    staff_only=lambda given: True,
)
