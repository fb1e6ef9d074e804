"""People: customers and staff, the chat identities by which they are known, and the codes that bind them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


class Role(StrEnum):
    """What a person may do. It belongs to the person, never to a group, a bot or an adapter."""

    CUSTOMER = "customer"
    ENGINEER = "engineer"
    MANAGER = "manager"
    AGENT = "agent"
    PROCUREMENT = "procurement"
    ADMIN = "admin"


FAVOURED = text("level = 'A'")
"""Customers who always stand on top (S88); spelled out for the partial index that serves them."""


@stored(
    "person",
    Index("person_role", "entity", "role"),
    Index("person_phone", "entity", "phone"),
    Index("person_name", "entity", "name"),
    Index("person_favoured", "entity", "id", sqlite_where=FAVOURED, postgresql_where=FAVOURED),
)
class Person(Row):
    """Somebody the desk knows, in one entity (法人). `level` is the customer's grade (A, B, …), `company` the customer's firm
    (客户名称), `title` what a member of the staff is called in his own house (职位), `department` his place in the organisation tree
    (设备部/维修一组). `serving` is the conversation he holds in person, `muted` the kinds of notices he does not want. `calls` is
    what is dialled to call him, a number or a sip: address (None: his phone); `routes` the channels by which he wants alarms, the
    one he likes best first (none: the house's order). `staff_no`: the number of a member of the staff (工号). `informed_at`: when a
    customer was told how the desk treats personal data, `erased_at` when his was erased."""

    id: int = Field(primary_key=True)
    entity: str
    role: Role = Field(sa_type=Text)
    name: str | None = None
    aliases: list[str] = Field(default_factory=list, sa_type=Text)
    phone: str | None = None
    level: str | None = None
    lang: str = "zh"
    reports_to: int | None = None
    department: str | None = None
    skills: list[str] = Field(default_factory=list, sa_type=Text)
    region: str | None = None
    address: str | None = None
    company: str | None = None
    title: str | None = None
    on_duty: bool = False
    serving: str | None = None
    muted: list[str] = Field(default_factory=list, sa_type=Text)
    active: bool = True
    calls: str | None = None
    routes: list[str] = Field(default_factory=list, sa_type=Text)
    staff_no: str | None = None
    informed_at: Micros | None = None
    erased_at: Micros | None = None

    @property
    def is_staff(self) -> bool:
        return self.role != Role.CUSTOMER


@stored("link", UniqueConstraint("channel", "account", "who_id"), Index("link_person", "person_id"))
class Link(Row):
    """A chat identity that is bound to a person, with the proof on which it rests (S5b, S8, S36)."""

    id: int = Field(primary_key=True)
    entity: str
    channel: str
    account: str
    who_id: str
    person_id: int
    room: str
    proof: str
    bound_at: Micros
    last_at: Micros
    dead: bool = False


@stored("link_code")
class LinkCode(Row):
    """A one-time code that binds a chat identity to a staff member. Only its hash is kept."""

    hash: str = Field(primary_key=True)
    entity: str
    person_id: int
    until: Micros
    used_at: Micros | None = None


@stored("number_claim")
class NumberClaim(Row):
    """A chat identity (under a hash) says that a number is its own. `hash`: that of the code, which went to the number of
    `person_id`, or to nobody (None); it holds until `until`, and for so many `tries`."""

    identity: str = Field(primary_key=True)
    entity: str
    hash: str
    until: Micros
    person_id: int | None = None
    tries: int = 0


@stored("guest", Index("guest_person", "person_id"), Index("guest_customer", "customer_id"))
class Guest(Row):
    """Somebody whom a customer lets ask about his open tickets, in one room, `until` then or until he ended it (家属代问, S18)."""

    id: int = Field(primary_key=True)
    entity: str
    person_id: int
    customer_id: int
    room: str
    at: Micros
    until: Micros
    ended_at: Micros | None = None


EVERY_DAY = 0b1111111
"""All seven weekdays of a Duty: bit 0 is Monday."""


@stored("duty", Index("duty_person", "person_id"))
class Duty(Row):
    """When somebody is on duty, week by week (当班): weekdays as bits, minutes after local midnight, end excluded.

    A duty that ends no later than it begins goes past midnight and belongs to the day on which it begins. `team` is the
    team (班组) he belongs to then. Where a roster of his role expects somebody, the roster decides and this counts for nothing.
    """

    id: int = Field(primary_key=True)
    entity: str
    person_id: int
    weekdays: int = EVERY_DAY
    begins: int = 0
    ends: int = 0
    team: str | None = None
