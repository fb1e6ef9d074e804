"""Settings of understanding: which engine ranks what a customer means, and where one that runs elsewhere is found."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from config.secret import Secret
from config.section import Count, Seconds, Section, WebAddress

RASA = "http://127.0.0.1:5005"


class RasaServer(Section):
    """Rasa 服务（make rasa） · Rasa's server"""

    url: WebAddress = Field(default=RASA, description="地址 · its address")
    token: Secret | None = Field(default=None, description="服务口令的出处 · where its token is kept, if it has one")
    timeout_ms: Count = Field(
        default=800, description="最多等多久，毫秒；到时改用内置引擎 · longest wait; then the embedded engine decides"
    )
    thresholds: Path = Field(
        default=Path("var/rasa/thresholds.json"),
        description="训练时算出的门槛 · its thresholds, computed when it was trained",
    )


class LanguageModel(Section):
    """大模型（OpenAI 兼容接口）：客户的话会发到外面，见 docs/understanding.md · customers' words leave the house"""

    url: WebAddress | None = Field(
        default=None, description="接口地址，如 https://api.example.com/v1 · base URL of the API"
    )
    model: str = Field(default="", description="模型名 · name of the model")
    key: Secret | None = Field(default=None, description="密钥的出处，如 env:LLM_KEY · where its key is kept")
    format: Literal["json_schema", "json_object"] = Field(
        default="json_schema", description="约束输出的方式 json_schema/json_object · how the endpoint is held to JSON"
    )
    timeout_s: Seconds = Field(
        default=5, description="最多等多久，秒；到时改用内置引擎 · longest wait; then the embedded engine decides"
    )


class UnderstandingSettings(Section):
    """理解 · what ranks the meaning of customers' words; exact things are always read by the desk itself"""

    engine: Literal["embedded", "embed", "rasa", "llm"] = Field(
        default="embedded", description="引擎 embedded/embed/rasa/llm · the engine"
    )
    rasa: RasaServer = RasaServer()
    llm: LanguageModel = LanguageModel()
