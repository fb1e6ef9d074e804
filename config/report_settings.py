"""Settings of service reports: whose they are, who seals them, and who vouches for the time (S66, S100)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from config.secret import Secret
from config.section import Section, WebAddress
from core.reports.policy import COMPANY, ReportPolicy


class Reports(Section):
    """服务报告 · the signed service report of a completed repair (S66, S100)"""

    enabled: bool = Field(default=True, description="完工自动出报告 · a completion orders a report")
    company: str = Field(
        default="",
        max_length=60,
        description="公司名称，印在抬头和印章上 · the company's name, in the head and on the seal",
    )
    title: str = Field(
        default="", max_length=30, description="报告标题，不写则“服务报告单” · the title, if not the usual one"
    )
    agreement: str = Field(
        default="", max_length=300, description="签字栏上方的约定，不写则用自带的 · the agreement above the signatures"
    )
    seal: Literal["own", "pkcs12", "pkcs11"] = Field(
        default="own",
        description="印章：own 首次启动自制，pkcs12 证书文件，pkcs11 密码设备 · the seal: the desk's own, the company's certificate in a file, or in a token",
    )
    certificate: Path | None = Field(
        default=None, description="pkcs12 证书文件（.p12、.pfx） · the file with key and certificate"
    )
    certificate_password: Secret | None = Field(
        default=None, description="证书文件密码的出处 · where its password is kept"
    )
    token_library: Path | None = Field(default=None, description="pkcs11 驱动库 · the token's PKCS#11 library")
    token: str = Field(default="", description="pkcs11 设备名 · the token's label")
    token_key: str = Field(default="", description="pkcs11 里密钥和证书的名称 · the label of key and certificate in it")
    token_pin: Secret | None = Field(default=None, description="pkcs11 口令的出处 · where its PIN is kept")
    tsa_url: WebAddress | None = Field(
        default=None,
        description="时间戳服务（RFC 3161），不写则不盖时间戳 · a time-stamping authority; without it no time stamp",
    )
    fonts: Path | None = Field(
        default=None, description="字体目录，不写则用自带的思源字体 · a folder of fonts in place of the packaged ones"
    )

    @field_validator("certificate", "token_library", "fonts")
    @classmethod
    def _from_here(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @property
    def name(self) -> str:
        """The company's name as it is printed."""
        return self.company.strip() or COMPANY

    def policy(self) -> ReportPolicy:
        """As the core knows it."""
        return ReportPolicy(self.enabled, self.name, self.title.strip(), self.agreement.strip())
