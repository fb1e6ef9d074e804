"""A conversation: what was asked, what was shown, and what still waits to be answered in a room. A row, never memory."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


@stored("conversation", Index("conversation_person", "person_id"))
class Conversation(Row):
    """The state of talk with one person in one room.

    `question` {slot, ticket, at}: what the desk asked last. `menu` [[label, token], …]: choices shown last. `burst`: what an
    opening report has brought so far, answered when the customer falls quiet. `draft` {ticket, verb, text, at}: a summary
    that was too short. `spoken` {cause, words, at, said_at, ticket, id}: what was taken down from his voice last.
    `photos`: those that wait for their ticket {waiting, at}, or were put on one just now {ticket, files, sure, before, at},
    and what the next ones show (expects);
    `whereabouts` {text, at}: the place sent last. `agent_id`: who answers in person, last active at `agent_at`.
    `last_ticket`: the ticket spoken of last, at `spoken_at`. `scan` {kind, target, at}: the code scanned last, until its report.
    """

    id: str = Field(primary_key=True)
    room: str
    person_id: int
    lang: str = "zh"
    last_ticket: int | None = None
    spoken_at: Micros | None = None
    question: dict[str, Any] | None = Field(default=None, sa_type=Text)
    menu: list[Any] | None = Field(default=None, sa_type=Text)
    menu_at: Micros | None = None
    burst: dict[str, Any] | None = Field(default=None, sa_type=Text)
    draft: dict[str, Any] | None = Field(default=None, sa_type=Text)
    misses: int = 0
    agent_id: int | None = None
    agent_at: Micros | None = None
    spoken: dict[str, Any] | None = Field(default=None, sa_type=Text)
    photos: dict[str, Any] | None = Field(default=None, sa_type=Text)
    whereabouts: dict[str, Any] | None = Field(default=None, sa_type=Text)
    scan: dict[str, Any] | None = Field(default=None, sa_type=Text)
