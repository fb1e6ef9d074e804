"""Settings of what is said in voice messages: who writes it down, in which order, and with which words of the trade in mind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from config.secret import Secret
from config.section import Count, Names, Seconds, Section, WebAddress, listed

TENCENT_API = "https://asr.tencentcloudapi.com"
ALIYUN_API, ALIYUN_TOKENS = "https://nls-gateway-cn-shanghai.aliyuncs.com", "https://nls-meta.cn-shanghai.aliyuncs.com"
ENGINES = Annotated[tuple[Literal["local", "tencent", "aliyun"], ...], BeforeValidator(listed)]
FOLDER = "voice"
"""Folder in the data folder where `make voice` puts a model, and where the desk looks for one by itself."""


class TencentVoice(Section):
    """腾讯云一句话识别：录音会离开本机 · Tencent Cloud; recordings leave the house"""

    secret_id: str = Field(default="", description="SecretId · secret id")
    secret_key: Secret | None = Field(
        default=None, description="SecretKey 的出处，如 env:TENCENT_KEY · where its key is kept"
    )
    region: str = Field(default="ap-guangzhou", description="地域 · region")
    api_base: WebAddress = Field(default=TENCENT_API, description="接口地址 · base URL of the API")


class AliyunVoice(Section):
    """阿里云一句话识别：录音会离开本机 · Aliyun; recordings leave the house"""

    key_id: str = Field(default="", description="AccessKey ID · access key id")
    key_secret: Secret | None = Field(
        default=None, description="AccessKey Secret 的出处，如 env:ALIYUN_SECRET · where its secret is kept"
    )
    app_key: str = Field(default="", description="项目 Appkey · the project's appkey")
    api_base: WebAddress = Field(default=ALIYUN_API, description="识别接口地址 · base URL of the API")
    token_base: WebAddress = Field(default=ALIYUN_TOKENS, description="取令牌的地址 · base URL of its tokens")


class Voice(Section):
    """语音 · what is said in voice messages (docs/voice.md); platforms' own transcripts come first"""

    engines: ENGINES = Field(
        default=("local",),
        description="转写引擎，按先后：local 本机, tencent, aliyun；写空则不转写 · who writes them down, in this order",
    )
    model_dir: Path | None = Field(
        default=None,
        description="本机模型的文件夹；不写则用数据目录下的 voice（make voice 装的） · folder of the local model",
    )
    model: Literal["auto", "whisper", "sensevoice"] = Field(
        default="auto", description="模型种类：auto 看文件夹 · which sort of model lies there"
    )
    threads: Count = Field(default=2, description="本机转写用几个线程 · threads of the local engine")
    words: Names = Field(
        default=(), description="常说的词：机型、部件、地名，逗号隔开 · words that speakers use: models, parts, places"
    )
    notice_s: Seconds = Field(
        default=3, description="多久没转写好就先回一句“收到”，秒 · who waits longer hears that his voice came"
    )
    wait_s: Seconds = Field(
        default=20,
        description="最多等转写多久，之后先按录音建单，秒 · then the recording gets its ticket without words",
    )
    correction_min: Count = Field(
        default=5, description="多久内可以说“不是，我说的是……”，分钟 · a speaker may correct what was heard, minutes"
    )

    @field_validator("model_dir")
    @classmethod
    def _from_here(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    tencent: TencentVoice = TencentVoice()
    aliyun: AliyunVoice = AliyunVoice()
