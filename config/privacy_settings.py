"""Settings of personal data: how long each class is kept, what may go abroad, how soon requests are met (docs/privacy.md)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from config.section import Count, Names, Section, WebAddress
from core.privacy.policy import PrivacyPolicy, Terms
from core.words import DAY, SECOND

Days = Annotated[int, Field(ge=0)]


class Retention(Section):
    """保存期限，天，0 为一直保存 · how long each class of data is kept, days; 0: for good"""

    raw: Days = Field(default=30, description="平台原始消息、读不懂的消息 · deliveries as they came, quarantine")
    codes: Days = Field(default=1, description="短信验证码 · one-time codes sent by SMS")
    messages: Days = Field(default=730, description="聊天内容 · what was said in chats")
    words: Days = Field(
        default=1095,
        description="工单里的原话、姓名、电话、地址，从关单起 · words and contacts of a ticket, after its end",
    )
    media: Days = Field(
        default=1095, description="照片、录音、文件，从关单起 · photos, recordings, files, after its end"
    )
    reports: Days = Field(default=0, description="服务报告与签名 · service reports and signatures")
    numbers: Days = Field(default=90, description="号码使用记录 · which number was used when")
    uploads: Days = Field(default=1, description="网页上传后没有提交的文件 · files handed in and never sent off")
    exports: Days = Field(default=7, description="客户要的信息副本 · copies that people asked for")


class Privacy(Section):
    """个人信息 · personal data (PIPL)"""

    house: str = Field(default="", description="处理者名称，告知时用；不写则“本服务台” · who keeps the data, by name")
    notice_url: WebAddress | None = Field(
        default=None, description="隐私政策全文地址 · where the full notice can be read"
    )
    notice_since: date | None = Field(
        default=None,
        description="现行告知从哪天起，如 2026-03-01；改了告知就改它，老客户会再听到一次 · since when the notice holds",
    )
    answer_days: Count = Field(
        default=15, description="多少天内答复查阅、删除请求 · requests are met within so many days"
    )
    abroad: Names = Field(
        default=(),
        description="允许把个人信息发到境外的渠道与服务，如 slack, twilio, llm · where personal data may leave the country",
    )
    stored_abroad: Names = Field(
        default=(),
        description="另外存放在境外的渠道，如 email, webhook · further channels whose server is abroad",
    )
    retention: Retention = Retention()

    def policy(self, zone: ZoneInfo, guarded: frozenset[str]) -> PrivacyPolicy:
        """The same as the core keeps it."""
        since = datetime.combine(self.notice_since, datetime.min.time(), zone) if self.notice_since else None
        return PrivacyPolicy(
            house=self.house or None,
            notice_url=self.notice_url,
            notice_since=round(since.timestamp()) * SECOND if since else 0,
            answer_within=self.answer_days * DAY,
            terms=Terms.of_days(**self.retention.model_dump()),
            guarded=guarded,
        )
