"""Episodes of escalation, and the alerts by which people heard of them. Both outlive whatever process began them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros

RUNNING = text("state = 'open'")
"""Spelled out, in queries as in the partial index that serves them."""


class EpisodeState(StrEnum):
    """open → acknowledged (by an entitled person) or ended (by work, or because it has become pointless)."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"


@stored(
    "episode",
    UniqueConstraint("ticket_id", "promise", "key"),
    Index("episode_open", "ticket_id", sqlite_where=RUNNING, postgresql_where=RUNNING),
)
class Episode(Row):
    """A promise about a ticket that was not kept, once: which one (`promise`, `key` tells one time from the next), and what
    was done about it. `ladder` is the policy as it was when it began, `level` how many levels higher it began, `step` the
    last step that was taken."""

    id: int = Field(primary_key=True)
    entity: str
    ticket_id: int
    promise: str
    key: str
    level: int = 0
    ladder: dict[str, Any] = Field(default_factory=dict, sa_type=Text)
    state: EpisodeState = Field(default=EpisodeState.OPEN, sa_type=Text)
    step: int = 0
    due_at: Micros
    started_at: Micros
    ended_at: Micros | None = None
    ended_by: int | None = None
    why: str | None = None


@stored(
    "alert",
    Index("alert_episode", "episode_id"),
    Index("alert_message", "outbox_id"),
    Index("alert_person", "person_id", "id"),
)
class Alert(Row):
    """One person or group alerted by one route in an episode. `end` is what became of it: how a call ended, the key that was
    pressed, why it could not be delivered; None as long as nobody knows."""

    id: int = Field(primary_key=True)
    episode_id: int
    ticket_id: int
    step: int
    person_id: int | None = None
    route: str
    outbox_id: int | None = None
    at: Micros
    ended_at: Micros | None = None
    end: str | None = None
