"""Example: settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Rotating, Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker

EXAMPLE_API = "https://api.example.com"


class ExampleSection(Section):
    """Example 机器人 · the bot on Example"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    bot: str = Field(default="", description="机器人名 · the bot's name")
    token: Secret | None = Field(default=None, description="令牌的出处，如 env:EXAMPLE_TOKEN · where its token is kept")
    secrets: Rotating = Field(
        default=(), description="签名密钥的出处，轮换期间写两个 · signing secrets, two while rotating"
    )
    api_base: WebAddress = Field(default=EXAMPLE_API, description="接口地址 · base URL of the API")


def make(given: ExampleSection, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.example import Example, ExampleConfig

    assert given.token is not None
    secrets = tuple(secret.reveal() for secret in given.secrets)
    config = ExampleConfig(given.bot, given.token.reveal(), secrets, given.api_base)
    return lambda shelf, files, clock: Example(config, files, clock)


PLUG = Plug(
    "bots.example:Example",
    ExampleSection,
    make,
    needed=("bot", "token", "secrets"),
    account=lambda given: given.bot,
    called_back=lambda given: True,
)
