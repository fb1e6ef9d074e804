"""WeCom app (企业微信自建应用): settings and plug; what every way into WeCom needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Rotating, Section, WebAddress
from config.troubles import Trouble

if TYPE_CHECKING:
    from config.desk import ChannelMaker

WECOM_API = "https://qyapi.weixin.qq.com"


class WecomAccess(Section):
    """What every way into WeCom needs."""

    enabled: bool = Field(default=False, description="启用 · switched on")
    corp_id: str = Field(default="", description="企业 ID（corpid） · corporation id")
    secret: Secret | None = Field(
        default=None, description="应用 Secret 的出处，如 env:WECOM_SECRET · where its secret is kept"
    )
    callback_tokens: Rotating = Field(
        default=(),
        description="回调 Token 的出处；轮换期间写两个，与密钥一一对应 · callback tokens, two while rotating",
    )
    callback_aes_keys: Rotating = Field(
        default=(),
        description="回调 EncodingAESKey 的出处，顺序与 Token 相同 · callback AES keys, in the order of their tokens",
    )
    api_base: WebAddress = Field(default=WECOM_API, description="接口地址 · base URL of the API")

    @property
    def callback_keys(self) -> tuple[tuple[Secret, Secret], ...]:
        """The valid pairs of token and AES key. Raises ValueError if one is without its other."""
        return tuple(zip(self.callback_tokens, self.callback_aes_keys, strict=True))

    def revealed_secret(self) -> str:
        """Raises CannotReveal."""
        assert self.secret is not None
        return self.secret.reveal()

    def revealed_keys(self) -> tuple[tuple[str, str], ...]:
        """Raises CannotReveal, ValueError."""
        return tuple((token.reveal(), aes_key.reveal()) for token, aes_key in self.callback_keys)


class Wecom(WecomAccess):
    """企业微信自建应用（员工） · WeCom app, for staff"""

    agent_id: int | None = Field(default=None, description="应用 ID（AgentId） · agent id")
    cards: bool = Field(
        default=True,
        description="按钮用卡片；有同事只在微信插件里看消息时写 false，改为回数字 · buttons on cards; false where members read in WeChat's plug-in",
    )


def make(given: Wecom, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal, ValueError."""
    from bots.wecom import WeCom, WeComConfig

    assert given.agent_id is not None
    access = given.corp_id, given.agent_id, given.revealed_secret(), given.revealed_keys()
    config = WeComConfig(*access, given.api_base, given.cards)
    return lambda shelf, files, clock: WeCom(config, shelf, files, clock)


def unpaired(name: str, given: WecomAccess) -> Iterator[Trouble]:
    """A callback token without its AES key."""
    if len(given.callback_tokens) != len(given.callback_aes_keys):
        yield Trouble("callback_pairs", values={"channel": name})


ACCESS = ("corp_id", "secret", "callback_tokens", "callback_aes_keys")
PLUG = Plug(
    "bots.wecom:WeCom",
    Wecom,
    make,
    needed=("corp_id", "agent_id", "secret", "callback_tokens", "callback_aes_keys"),
    account=lambda given: str(given.agent_id),
    called_back=lambda given: True,
    staff_only=lambda given: True,
    troubles=lambda given: unpaired("wecom", given),
)
