"""Settings of the carriers of SMS and voice calls, one group for each provider, and of the limits that all of them keep."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from config.secret import Secret
from config.section import Count, Seconds, Section, WebAddress, listed
from core.people.policy import Allowance, ReachingPolicy
from core.words import DAY, HOUR, MINUTE

ALIYUN_SMS_API, ALIYUN_VOICE_API = "https://dysmsapi.aliyuncs.com", "https://dyvmsapi.aliyuncs.com"
TENCENT_SMS_API, TENCENT_VOICE_API = "https://sms.tencentcloudapi.com", "https://vms.tencentcloudapi.com"
TENCENT_REGION = "ap-guangzhou"
TWILIO_API = "https://api.twilio.com"

Fen = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved template: what it is for, its code with the provider, the names of its values in their order."""

    purpose: str
    code: str
    values: tuple[str, ...]


def _approved(value: object) -> object:
    """`p0_alert SMS_154950909 number what place` as a template."""
    if isinstance(value, Approved):
        return value
    words = value.split() if isinstance(value, str) else []
    if len(words) < 2:
        raise PydanticCustomError("template", "a template is written like: p0_alert SMS_154950909 number what place")
    return Approved(words[0], words[1], tuple(words[2:]))


ApprovedTemplates = Annotated[tuple[Annotated[Approved, BeforeValidator(_approved)], ...], BeforeValidator(listed)]


class Limits(Section):
    """电话与短信的上限：同一号码的次数，每天的费用 · how often a number is used, and what a day may cost"""

    voice_per_minute: Count = Field(default=1, description="同一号码每分钟最多几个电话 · calls to one number a minute")
    voice_per_hour: Count = Field(default=5, description="同一号码每小时最多几个电话 · calls to one number an hour")
    voice_per_day: Count = Field(default=20, description="同一号码 24 小时内最多几个电话 · calls to one number in 24 h")
    sms_per_minute: Count = Field(
        default=1,
        description="同一号码每分钟最多几条短信，同时到的告警合成一条 · SMS to one number a minute; alarms are bundled",
    )
    sms_fen: Fen = Field(default=5, description="一条短信的价格，分 · price of an SMS, fen")
    call_fen: Fen = Field(default=10, description="一个电话的价格，分 · price of a call, fen")
    ceiling_fen: Fen = Field(
        default=10_000,
        description="每天最多花多少，分，0 为不限；到了通知管理员 · most that a day may cost, fen; 0: no limit",
    )
    reserve_fen: Fen = Field(
        default=10_000, description="到了上限之后，只给告警用的备用金，分 · reserve above it, for alarms only, fen"
    )

    def policy(self, quiet: tuple[time, time], free: Collection[str]) -> ReachingPolicy:
        """The same as the core keeps them. What is simulated is `free`."""
        voice = (
            Allowance(self.voice_per_minute, MINUTE),
            Allowance(self.voice_per_hour, HOUR),
            Allowance(self.voice_per_day, DAY),
        )
        prices = {"sms": self.sms_fen, "voice": self.call_fen}
        return ReachingPolicy(
            allowances={"voice": voice, "sms": (Allowance(self.sms_per_minute, MINUTE),)},
            prices={name: fen for name, fen in prices.items() if name not in free},
            ceiling=self.ceiling_fen,
            reserve=self.reserve_fen,
            quiet_from=quiet[0],
            quiet_until=quiet[1],
        )


class Aliyun(Section):
    """阿里云短信与语音（docs/carriers/aliyun.md） · Aliyun"""

    key_id: str = Field(default="", description="AccessKey ID · access key id")
    key_secret: Secret | None = Field(
        default=None, description="AccessKey Secret 的出处，如 env:ALIYUN_SECRET · where its secret is kept"
    )
    sign_name: str = Field(default="", description="短信签名 · signature of SMS")
    show_number: str = Field(default="", description="被叫显号 · the number that is shown to the callee")
    thanks: str = Field(default="", description="致谢语的 TTS 模板 · template that is played after the key")
    hook_secret: Secret | None = Field(
        default=None, description="回调地址里暗号的出处 · where the secret of the callback address is kept"
    )
    sms_templates: ApprovedTemplates = Field(
        default=(),
        description="短信模板，每项：用途 代码 变量…，如 p0_alert SMS_154950909 number what place · approved SMS templates",
    )
    voice_templates: ApprovedTemplates = Field(
        default=(), description="语音模板，写法相同 · approved templates of calls"
    )
    sms_api: WebAddress = Field(default=ALIYUN_SMS_API, description="短信接口地址 · base URL of the SMS API")
    voice_api: WebAddress = Field(default=ALIYUN_VOICE_API, description="语音接口地址 · base URL of the voice API")


class Tencent(Section):
    """腾讯云短信与语音（docs/carriers/tencent.md） · Tencent Cloud"""

    secret_id: str = Field(default="", description="SecretId · secret id")
    secret_key: Secret | None = Field(
        default=None, description="SecretKey 的出处，如 env:TENCENT_KEY · where its key is kept"
    )
    sms_app_id: str = Field(default="", description="短信 SdkAppId · app id of SMS")
    voice_app_id: str = Field(default="", description="语音 SdkAppId · app id of calls")
    sign_name: str = Field(default="", description="短信签名 · signature of SMS")
    hook_secret: Secret | None = Field(
        default=None, description="回调地址里暗号的出处 · where the secret of the callback address is kept"
    )
    sms_templates: ApprovedTemplates = Field(
        default=(), description="短信模板，每项：用途 代码 变量… · approved SMS templates"
    )
    voice_templates: ApprovedTemplates = Field(
        default=(), description="语音模板，写法相同 · approved templates of calls"
    )
    most_param: Count = Field(
        default=12, description="短信变量最多几个字，见控制台 · longest value of an SMS template, characters"
    )
    region: str = Field(default=TENCENT_REGION, description="地域 · region")
    sms_api: WebAddress = Field(default=TENCENT_SMS_API, description="短信接口地址 · base URL of the SMS API")
    voice_api: WebAddress = Field(default=TENCENT_VOICE_API, description="语音接口地址 · base URL of the voice API")


class Twilio(Section):
    """Twilio 短信与语音，大陆以外（docs/carriers/twilio.md） · Twilio, outside the mainland"""

    account_sid: str = Field(default="", description="Account SID · account sid")
    auth_token: Secret | None = Field(
        default=None, description="Auth Token 的出处，如 env:TWILIO_TOKEN · where its token is kept"
    )
    sender: str = Field(default="", description="短信号码或 MG… · number, or MG…, that sends messages")
    caller: str = Field(default="", description="打电话的号码 · number that calls")
    api_base: WebAddress = Field(default=TWILIO_API, description="接口地址 · base URL of the API")


class SmppCentre(Section):
    """SMPP 短信中心（docs/carriers/smpp.md） · message centre over SMPP"""

    host: str = Field(default="", description="主机 · host")
    port: int = Field(default=2775, ge=1, le=65535, description="端口 · port")
    system_id: str = Field(default="", description="账号 · system id")
    password: Secret | None = Field(default=None, description="密码的出处 · where its password is kept")
    system_type: str = Field(default="", description="系统类型 · system type")
    source: str = Field(default="", description="发送号码或名称 · our number or name")
    long: Literal["parts", "payload"] = Field(
        default="parts", description="长短信：parts 分段，payload 一次 · how longer texts go"
    )
    tls: bool = Field(default=False, description="加密 · TLS")
    ca: Path | None = Field(default=None, description="证书颁发者的文件 · file with the authority of its certificate")


class SipTrunk(Section):
    """SIP 电话：中继、交换机、网关或局域网软电话（docs/carriers/sip.md） · calls over SIP"""

    user: str = Field(default="desk", description="账号 · account")
    domain: str = Field(
        default="", description="中继或交换机；不写则只能拨 sip: 地址 · trunk or PBX; without it only sip: addresses"
    )
    password: Secret | None = Field(default=None, description="密码的出处 · where its password is kept")
    auth_user: str = Field(default="", description="认证账号 · account of authentication")
    proxy: str = Field(default="", description="出局代理 · outbound proxy")
    transport: Literal["udp", "tcp", "tls"] = Field(default="udp", description="传输 · transport")
    register_s: Annotated[int, Field(ge=0)] = Field(
        default=0, description="注册间隔，秒，0 为不注册 · seconds between registrations, 0: none"
    )
    numbers: str = Field(default="sip:{number}@{domain}", description="号码怎样拨 · how a number is dialled")
    country: str = Field(default="86", description="国家号 · country code that is taken off {national}")
    interface: str = Field(default="", description="本机地址 · local address")
    listen: str = Field(default="", description="本机监听 host:port · our own side")
    ring_s: Seconds = Field(default=30, description="响铃，秒 · a call rings, seconds")
    plays: Count = Field(default=3, description="播放几遍 · how often the prompt is played")
    gap_s: Seconds = Field(default=4, description="每遍之后停多久，秒 · pause after each, seconds")
    talk_s: Seconds = Field(default=120, description="最长通话，秒 · longest call, seconds")
    lines: Count = Field(default=4, description="同时几个电话 · calls at once")
    lang: Literal["zh", "en"] = Field(default="zh", description="提示音语言 · language of the prompts")
    recordings: Path | None = Field(default=None, description="录音文件夹 · folder of recorded prompts")
    voice: Annotated[tuple[str, ...], BeforeValidator(listed)] = Field(
        default=(), description="合成语音的命令，含 {text} 和 {wav} · a command that speaks {text} into {wav}"
    )


class Carriers(Section):
    """短信与电话 · who carries SMS and voice calls"""

    sms: Literal["none", "desk", "aliyun", "tencent", "twilio", "smpp"] = Field(
        default="none", description="短信：none 不用，desk 模拟，或运营商 · SMS: none, desk (simulated), or a provider"
    )
    voice: Literal["none", "desk", "sip", "aliyun", "tencent", "twilio"] = Field(
        default="none",
        description="电话：none 不用，desk 模拟，sip 或运营商 · calls: none, desk (simulated), sip, or a provider",
    )
    aliyun: Aliyun = Aliyun()
    tencent: Tencent = Tencent()
    twilio: Twilio = Twilio()
    smpp: SmppCentre = SmppCentre()
    sip: SipTrunk = SipTrunk()
