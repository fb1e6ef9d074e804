"""A service report (服务报告单), and the customer's signature under it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros

MADE = text("hash is not null")
SIGNED = text("signed_hash is not null")
"""Conditions spelled out, in queries as in the partial indexes that serve them."""


class ReportState(StrEnum):
    """制作中, 已盖章, 客户已签, 作废, 没做成."""

    ORDERED = "ordered"
    SEALED = "sealed"
    SIGNED = "signed"
    VOID = "void"
    FAILED = "failed"


@stored(
    "report",
    UniqueConstraint("token"),
    UniqueConstraint("event_id"),
    Index("report_ticket", "ticket_id"),
    Index("report_hash", "hash", sqlite_where=MADE, postgresql_where=MADE),
    Index("report_signed_hash", "signed_hash", sqlite_where=SIGNED, postgresql_where=SIGNED),
)
class Report(Row):
    """One completion's report. It is made once and never changed; the customer's signature is added to its bytes.

    `event_id` is the completion, `person_id` the customer; `number` is what stands on it (GD-1001-1), `token` what its QR code names.
    `hash` and `size`: the document as the company sealed it; `signed_hash` and `signed_size`: with the customer's signature,
    which came at `signed_at`. `void_why`: undone, reopened.
    """

    id: int = Field(primary_key=True)
    entity: str
    ticket_id: int
    event_id: int
    person_id: int
    number: str
    token: str
    lang: str = "zh"
    state: ReportState = Field(default=ReportState.ORDERED, sa_type=Text)
    ordered_at: Micros
    made_at: Micros | None = None
    hash: str | None = None
    size: int | None = None
    pages: int | None = None
    signed_at: Micros | None = None
    signed_hash: str | None = None
    signed_size: int | None = None
    void_at: Micros | None = None
    void_why: str | None = None
    error: str | None = None


@stored("signature", UniqueConstraint("report_id"), Index("signature_person", "person_id"))
class Signature(Row):
    """Who signed a report, when, how, and which bytes. `name`, `strokes`, `address`, `agent` and `phone` are personal, and erasable.

    `method`: drawn (strokes with a finger) or code (a one-time code by SMS). `document`: SHA-256 of the sealed report that was
    shown; `strokes_hash`: SHA-256 of the strokes as they are kept; `phone`: where the code went, its last four digits; `through`:
    the member of the staff on whose link the customer signed on site.
    """

    id: int = Field(primary_key=True)
    entity: str
    report_id: int
    person_id: int
    method: str
    name: str | None = None
    at: Micros
    document: str
    strokes: list[Any] | None = Field(default=None, sa_type=Text)
    strokes_hash: str | None = None
    address: str | None = None
    agent: str | None = None
    phone: str | None = None
    through: int | None = None
