"""Recognising people by what another system told of them."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.links.model import ExternalId
from core.people.model import Person, Role
from core.people.phones import phone_number
from core.store.turn import Turn

_person, _external = Person.table.c, ExternalId.table.c
_customers = (
    select(Person.table)
    .where(
        _person.entity == bindparam("entity"),
        _person.phone == bindparam("phone"),
        _person.role == Role.CUSTOMER.value,
        _person.active.is_(True),
    )
    .order_by(_person.id)
)
_namesakes = (
    select(Person.table)
    .where(
        _person.entity == bindparam("entity"),
        _person.name == bindparam("name"),
        _person.role == Role.CUSTOMER.value,
        _person.active.is_(True),
    )
    .limit(2)
)
_account = select(ExternalId.table).where(
    _external.entity == bindparam("entity"),
    _external.system == bindparam("channel"),
    _external.kind == "account",
    _external.external == bindparam("account"),
)


def match_customer_by_phone(turn: Turn, entity: str, phone: str) -> Person | None:
    """The one customer with this number, in whatever form it was typed; None if there is none, or more than one.

    A number that somebody merely says proves nothing about who he is: what a customer may see hangs on his own chat
    identity, not on this.
    """
    found = customers_with_phone(turn, entity, phone)
    return found[0] if len(found) == 1 else None


def customers_with_phone(turn: Turn, entity: str, phone: str) -> list[Person]:
    """The customers with this number, whom the desk has known for longest first."""
    number = phone_number(phone)
    return turn.rows(Person, _customers, entity=entity, phone=number) if number else []


def match_customer_by_name(turn: Turn, entity: str, name: str) -> Person | None:
    """The one customer of this very name; None if there is none, or more than one."""
    found = turn.rows(Person, _namesakes, entity=entity, name=name)
    return found[0] if len(found) == 1 else None


def member_of_account(turn: Turn, entity: str, channel: str, account: str) -> Person | None:
    """The member of the staff for whom an imported table or directory claims this chat account, if he is still here."""
    claimed = turn.first(ExternalId, _account, entity=entity, channel=channel, account=account)
    person = turn.get(Person, claimed.subject_id) if claimed else None
    return person if person and person.active else None


def recognise(turn: Turn, person: Person, phone: str) -> None:
    """A customer names his number: his firm and region are taken over from the file, where they are not known (S81)."""
    known = match_customer_by_phone(turn, person.entity, phone)
    if known is None or known.id == person.id:
        return
    person.company = person.company or known.company or known.name
    person.region = person.region or known.region
