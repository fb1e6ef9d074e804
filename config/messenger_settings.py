"""Settings of the messengers beside WeCom: DingTalk's work notifications and Feishu."""

from __future__ import annotations

from pydantic import Field

from config.secret import Secret
from config.section import Rotating, Section, WebAddress

DINGTALK_API = "https://api.dingtalk.com"
DINGTALK_OAPI = "https://oapi.dingtalk.com"
FEISHU_API = "https://open.feishu.cn"


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


class Feishu(Section):
    """飞书应用（员工） · Feishu app, for staff"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    app_id: str = Field(default="", description="应用 App ID（cli_…） · app id")
    app_secret: Secret | None = Field(
        default=None, description="App Secret 的出处，如 env:FEISHU_SECRET · where its secret is kept"
    )
    encrypt_keys: Rotating = Field(
        default=(),
        description="Encrypt Key 的出处，轮换期间写两个；不写则只发不收 · Encrypt Keys, two while rotating; without any nobody can answer",
    )
    api_base: WebAddress = Field(
        default=FEISHU_API, description="接口地址，国际版写 https://open.larksuite.com · base URL of the API"
    )
