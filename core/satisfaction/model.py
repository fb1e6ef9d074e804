"""How likely customers are to recommend the house (NPS)."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


@stored("survey", UniqueConstraint("entity", "person_id", "quarter"), Index("survey_quarter", "entity", "quarter"))
class Survey(Row):
    """One customer asked once in a quarter (2026-Q1) how likely he is to recommend the house: 0 to 10, or None (S84)."""

    id: int = Field(primary_key=True)
    entity: str
    person_id: int
    ticket_id: int
    quarter: str
    asked_at: Micros
    score: int | None = None
    answered_at: Micros | None = None
