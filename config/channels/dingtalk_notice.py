"""DingTalk work notifications (钉钉工作通知): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker

DINGTALK_API = "https://api.dingtalk.com"
DINGTALK_OAPI = "https://oapi.dingtalk.com"


class DingtalkNotice(Section):
    """钉钉工作通知（只发不收） · DingTalk work notifications, which nobody can answer"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    agent_id: int | None = Field(default=None, description="应用 AgentId · agent id")
    app_key: str = Field(default="", description="应用 AppKey（ClientId） · the app's key")
    app_secret: Secret | None = Field(
        default=None, description="应用 AppSecret 的出处，如 env:DINGTALK_SECRET · where its secret is kept"
    )
    api_base: WebAddress = Field(default=DINGTALK_API, description="新版接口地址 · base URL of the API")
    oapi_base: WebAddress = Field(default=DINGTALK_OAPI, description="旧版接口地址 · base URL of the older API")


def make(given: DingtalkNotice, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.dingtalk_notice import DingTalkNotice, NoticeConfig

    assert given.agent_id is not None and given.app_secret is not None
    app = given.agent_id, given.app_key, given.app_secret.reveal()
    config = NoticeConfig(*app, given.api_base, given.oapi_base)
    return lambda shelf, files, clock: DingTalkNotice(config, shelf, clock)


PLUG = Plug(
    "bots.dingtalk_notice:DingTalkNotice",
    DingtalkNotice,
    make,
    needed=("agent_id", "app_key", "app_secret"),
    account=lambda given: str(given.agent_id),
    staff_only=lambda given: True,
)
