"""Telegram: settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker

TELEGRAM_API = "https://api.telegram.org"


class Telegram(Section):
    """Telegram 机器人（客户和员工） · a Telegram bot, for customers and staff"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    token: Secret | None = Field(
        default=None, description="机器人令牌的出处，如 env:TELEGRAM_TOKEN · where its token is kept"
    )
    bot_name: str = Field(default="", description="机器人用户名，不带 @，如 acme_desk_bot · its username, without @")
    webhook: bool = Field(
        default=False,
        description="由 Telegram 推送到 public_url；否则由本机轮询，不需要外网地址 · Telegram calls public_url, else the desk polls",
    )
    staff_only: bool = Field(default=False, description="只给员工用，陌生人不算客户 · no stranger there is a customer")
    api_base: WebAddress = Field(
        default=TELEGRAM_API, description="接口地址，或自建 Bot API 服务 · base URL of the API"
    )


def make(given: Telegram, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.telegram import Telegram as Channel
    from bots.telegram import TelegramConfig

    assert given.token is not None
    hook = f"{(wiring.public_url or '').rstrip('/')}/hook/telegram" if given.webhook else None
    secret = wiring.key("telegram").hex() if given.webhook else ""
    config = TelegramConfig(given.token.reveal(), given.bot_name.removeprefix("@"), given.api_base, hook, secret)
    return lambda shelf, files, clock: Channel(config, files, clock)


PLUG = Plug(
    "bots.telegram:Telegram",
    Telegram,
    make,
    needed=("token", "bot_name"),
    called_back=lambda given: given.webhook,
    staff_only=lambda given: given.staff_only,
    abroad=True,
)
