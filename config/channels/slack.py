"""Slack: settings and plug."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Rotating, Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker
    from config.troubles import Trouble


class Slack(Section):
    """Slack 应用（员工），Socket Mode 或 HTTP · Slack app, by Socket Mode or HTTP"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    app_id: str = Field(default="", description="应用 ID（A0…） · app id")
    bot_token: Secret | None = Field(
        default=None, description="Bot Token（xoxb-…）的出处，如 env:SLACK_BOT_TOKEN · where the bot's token is kept"
    )
    app_token: Secret | None = Field(
        default=None,
        description="App Token（xapp-…）的出处，写了就用 Socket Mode，不需要外网地址 · with it Socket Mode is used, and no public address",
    )
    signing_secrets: Rotating = Field(
        default=(),
        description="Signing Secret 的出处，轮换期间写两个，用 HTTP 收消息时必写 · to be called by HTTP; two while rotating",
    )
    staff_only: bool = Field(default=True, description="只有员工用 · nobody who writes there is a customer")
    api_base: WebAddress = Field(default="https://slack.com/api", description="接口地址 · base URL of the API")
    files_base: WebAddress = Field(
        default="https://files.slack.com",
        description="文件地址，令牌只发给它 · where files lie; the token goes nowhere else",
    )


def make(given: Slack, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.slack import Slack as Channel
    from bots.slack import SlackConfig

    assert given.bot_token is not None
    app_token = given.app_token.reveal() if given.app_token else None
    secrets = tuple(secret.reveal() for secret in given.signing_secrets)
    config = SlackConfig(given.bot_token.reveal(), app_token, secrets, given.api_base, given.files_base)
    return lambda shelf, files, clock: Channel(config, files, clock)


def troubles(given: Slack) -> Iterator[Trouble]:
    """Without a token for the socket or a secret for HTTP the bot hears nobody."""
    from config.troubles import Trouble

    if given.app_token is None and not given.signing_secrets:
        yield Trouble("slack_deaf", "warning")


PLUG = Plug(
    "bots.slack:Slack",
    Slack,
    make,
    needed=("app_id", "bot_token"),
    account=lambda given: given.app_id,
    called_back=lambda given: bool(given.signing_secrets) and given.app_token is None,
    staff_only=lambda given: given.staff_only,
    troubles=troubles,
    abroad=True,
)
