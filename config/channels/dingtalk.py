"""DingTalk (钉钉): settings and plug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Names, Section, WebAddress

if TYPE_CHECKING:
    from config.desk import ChannelMaker

DINGTALK_API = "https://api.dingtalk.com"
DINGTALK_OAPI = "https://oapi.dingtalk.com"


class Dingtalk(Section):
    """钉钉机器人（员工；Stream 模式，不需要外网地址） · DingTalk's robot, for staff; needs no public address"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    client_id: str = Field(default="", description="应用 Client ID（AppKey） · the app's client id")
    client_secret: Secret | None = Field(
        default=None, description="Client Secret 的出处，如 env:DINGTALK_SECRET · where its secret is kept"
    )
    robot_code: str | None = Field(
        default=None, description="RobotCode；不写就是 Client ID · robot code, if it is not the client id"
    )
    card_template: str | None = Field(
        default=None,
        description="卡片模板 ID（….schema）；不写则没有按钮，回数字 · card template; without one a menu by number",
    )
    service_window: bool = Field(
        default=False, description="服务窗的客户也写到这里 · customers write here too, in a service window"
    )
    media_hosts: Names = Field(
        default=(), description="专属存储的文件域名 · hosts of files that the company keeps itself"
    )
    api_base: WebAddress = Field(default=DINGTALK_API, description="新版接口地址 · base URL of the API")
    oapi_base: WebAddress = Field(default=DINGTALK_OAPI, description="旧版接口地址 · base URL of the older API")


def make(given: Dingtalk, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.dingtalk import DingTalk, DingTalkConfig

    assert given.client_secret is not None
    config = DingTalkConfig(
        given.client_id,
        given.client_secret.reveal(),
        given.robot_code or given.client_id,
        given.card_template or "",
        given.media_hosts,
        (given.api_base, given.oapi_base),
    )
    return lambda shelf, files, clock: DingTalk(config, shelf, files, clock)


PLUG = Plug(
    "bots.dingtalk:DingTalk",
    Dingtalk,
    make,
    needed=("client_id", "client_secret"),
    account=lambda given: given.robot_code or given.client_id,
    staff_only=lambda given: not given.service_window,
)
