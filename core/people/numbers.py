"""Telephone numbers that the desk has used: limits and spending are counted over restarts (rules.md, Limits)."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


@stored(
    "number_use",
    Index("number_use_at", "channel", "at"),
    Index("number_use_of", "channel", "number", "at"),
)
class NumberUse(Row):
    """One SMS or call that was ordered for a number, when it may go at the earliest, and what it costs in fen."""

    id: int = Field(primary_key=True)
    channel: str
    number: str
    at: Micros
    fen: int = 0
