"""WeChat official account (微信公众号): settings and plug."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Rotating, Section, WebAddress
from config.troubles import Trouble

if TYPE_CHECKING:
    from config.desk import ChannelMaker

WECHAT_API = "https://api.weixin.qq.com"


class WechatMp(Section):
    """微信公众号（客户） · WeChat official account, for customers"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    app_id: str = Field(default="", description="开发者 ID（AppID，wx…） · app id")
    app_secret: Secret | None = Field(
        default=None, description="AppSecret 的出处，如 env:MP_SECRET · where its secret is kept"
    )
    callback_tokens: Rotating = Field(
        default=(),
        description="服务器配置里 Token 的出处；轮换期间写两个，与密钥一一对应 · callback tokens, two while rotating",
    )
    callback_aes_keys: Rotating = Field(
        default=(),
        description="EncodingAESKey 的出处，顺序与 Token 相同 · callback AES keys, in the order of their tokens",
    )
    allow_plain: bool = Field(
        default=False,
        description="也接受明文模式的消息（不建议） · callbacks that are not sealed pass too; not advised",
    )
    template_id: str = Field(
        default="",
        description="窗口关了以后用的模板消息 ID，不写则不用 · template message for news after the reply window",
    )
    template_fields: Mapping[str, str] = Field(
        default={},
        description='模板的字段和内容，{text} 代表消息本身，如 { thing1 = "{text}" } · its fields; {text} stands for the news',
    )
    api_base: WebAddress = Field(default=WECHAT_API, description="接口地址 · base URL of the API")


def make(given: WechatMp, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal, ValueError."""
    from bots.wechat_mp import MpConfig, WeChatMp

    assert given.app_secret is not None
    pairs = zip(given.callback_tokens, given.callback_aes_keys, strict=True)
    keys = tuple((token.reveal(), aes_key.reveal()) for token, aes_key in pairs)
    config = MpConfig(
        given.app_id, given.app_secret.reveal(), keys, given.allow_plain,
        given.template_id, given.template_fields, given.api_base,
    )  # fmt: skip
    return lambda shelf, files, clock: WeChatMp(config, shelf, clock)


def troubles(given: WechatMp) -> Iterator[Trouble]:
    """A callback token without its AES key."""
    if len(given.callback_tokens) != len(given.callback_aes_keys):
        yield Trouble("callback_pairs", values={"channel": "wechat_mp"})


PLUG = Plug(
    "bots.wechat_mp:WeChatMp",
    WechatMp,
    make,
    needed=("app_id", "app_secret", "callback_tokens", "callback_aes_keys"),
    called_back=lambda given: True,
    troubles=troubles,
)
