"""A voice message whose words the desk is still finding out."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros

OPEN = text("stage <> 'done'")


class Stage(StrEnum):
    """listening (nobody has heard it yet) → ready (waits for those before it) → done; or late (heard without its words)."""

    LISTENING = "listening"
    LATE = "late"
    READY = "ready"
    DONE = "done"


@stored("recording", Index("recording_open", "room", "id", sqlite_where=OPEN, postgresql_where=OPEN))
class Recording(Row):
    """One voice message (S68). `inbox_id` is the message as it came, `media` its file, later with its words, found out at
    `heard_at`; `told`: its speaker has heard that it came."""

    id: int = Field(primary_key=True)
    inbox_id: int
    person_id: int
    room: str
    at: Micros
    media: dict[str, Any] = Field(sa_type=Text)
    stage: Stage = Field(default=Stage.LISTENING, sa_type=Text)
    told: bool = False
    heard_at: Micros | None = None
