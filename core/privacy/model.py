"""What people ask for about their own data: a copy of it, or that it be erased."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


@stored(
    "privacy_request", Index("privacy_request_person", "person_id"), Index("privacy_request_open", "entity", "state")
)
class PrivacyRequest(Row):
    """A request of a person about his own data: `kind` is export or erase, `state` open, erasing, done, refused or withdrawn.

    `via` is the room in which it was made, `due_at` until when it must be met; `done_by` who met it (None: the desk itself). An export
    lies in the file store under `hash` until it is taken away.
    """

    id: int = Field(primary_key=True)
    entity: str
    person_id: int
    kind: str
    state: str = "open"
    asked_at: Micros
    via: str | None = None
    due_at: Micros
    done_at: Micros | None = None
    done_by: int | None = None
    hash: str | None = None
    size: int | None = None
    why: str | None = None
