"""A form that is being filled in, its answers, and files that were handed in on a page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


@stored("form_filling", UniqueConstraint("ticket_id"), Index("form_filling_began", "entity", "ticket_at"))
class FormFilling(Row):
    """How far the form of a ticket has come; the ticket keeps this form from its first question or answer on.

    `asked`, `hinted` and `passed` are fields that were asked for, whose answer did not fit once, and that were passed over.
    `sitting` counts questions since the last pause, `sitting_at` is the latest. `began_at` is the first question, or when a page
    was opened, `last_at` the last answer of a person. Of the fields shown now, `shown` are there and `filled` answered; `needed`
    are required and `given` answered of those (S79). `ticket_at`: when the ticket was made.
    """

    id: int = Field(primary_key=True)
    entity: str
    ticket_id: int
    ticket_at: Micros
    form: str
    version: int
    asked: list[str] = Field(default_factory=list, sa_type=Text)
    hinted: list[str] = Field(default_factory=list, sa_type=Text)
    passed: list[str] = Field(default_factory=list, sa_type=Text)
    sitting: int = 0
    sitting_at: Micros | None = None
    began_at: Micros | None = None
    last_at: Micros | None = None
    shown: int = 0
    filled: int = 0
    needed: int = 0
    given: int = 0


@stored("form_answer", UniqueConstraint("ticket_id", "field"))
class FormAnswer(Row):
    """What was answered last to one field. `value` is None once it was taken back; files are named by their attachment."""

    id: int = Field(primary_key=True)
    ticket_id: int
    field: str
    value: list[Any] | None = Field(default=None, sa_type=Text)
    reason: str
    by: int | None = None
    at: Micros
    via: str | None = None


@stored("form_upload", Index("form_upload_at", "at"))
class FormUpload(Row):
    """A file that somebody handed in on the page of a form before he sent it off. `id` is known to his page alone."""

    id: str = Field(primary_key=True)
    person_id: int
    hash: str
    name: str
    mime: str
    size: int
    at: Micros
    used_at: Micros | None = None
