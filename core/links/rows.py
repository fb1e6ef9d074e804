"""A line of a table or an entry of a directory, in our own fields: what an importer compares with what the desk knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.words import Micros


@dataclass(slots=True)
class PersonRow:
    """A member of the staff or a customer, as another system tells of him. None: it says nothing about that.

    `here` is False for somebody who has left; `on_duty` counts only for somebody new, since duty changes every day.
    `superior` names somebody by number, phone or name. `accounts` are chat identities claimed for him, channel → identity. `staff_no`:
    the number of a member of the staff, as it stands on his photos (S37).
    """

    line: int
    external: str | None = None
    name: str | None = None
    phone: str | None = None
    company: str | None = None
    level: str | None = None
    role: str | None = None
    title: str | None = None
    department: str | None = None
    superior: str | None = None
    skills: list[str] = field(default_factory=list)
    region: str | None = None
    address: str | None = None
    here: bool | None = None
    on_duty: bool = False
    accounts: dict[str, str] = field(default_factory=dict)
    staff_no: str | None = None
    remarks: list[list[Any]] = field(default_factory=list)

    @property
    def called(self) -> str:
        """Whom the row is about, for people to read."""
        return self.company or self.name or ""


@dataclass(slots=True)
class TicketRow:
    """A ticket of former times. `form` is the id of the form whose `answers` its table has."""

    line: int
    external: str
    created_at: Micros
    done_at: Micros
    priority: str = "P2"
    cancelled: bool = False
    customer_external: str | None = None
    company: str | None = None
    name: str | None = None
    phone: str | None = None
    engineer: str | None = None
    rating: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    remarks: list[list[Any]] = field(default_factory=list)
    form: str | None = None
    answers: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """What the row is about, for people to read."""
        return self.external

    @property
    def called_customer(self) -> str:
        """Whose ticket it was, for people to read."""
        return self.company or self.name or self.customer_external or self.phone or ""


Imported = PersonRow | TicketRow
