"""Whom the desk knows already of the people that another system names: by number, else phone, else name and address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func

from core.links.lines import LineRefused
from core.links.lookup import IS_CUSTOMER, IS_STAFF, rows_in, where_in
from core.links.model import ExternalId
from core.links.rows import PersonRow
from core.people.model import Link, Person
from core.store.turn import Turn

_person, _external, _link = Person.table.c, ExternalId.table.c, Link.table.c
_entity = bindparam("entity")

_external_ids = where_in(
    ExternalId,
    _external.external,
    _external.entity == _entity,
    _external.system == bindparam("system"),
    _external.kind == bindparam("kind"),
)
_ids_of = where_in(
    ExternalId,
    _external.subject_id,
    _external.entity == _entity,
    _external.system == bindparam("system"),
    _external.kind == bindparam("kind"),
)
_accounts = where_in(ExternalId, _external.external, _external.entity == _entity, _external.kind == "account")
_accounts_of = where_in(ExternalId, _external.subject_id, _external.entity == _entity, _external.kind == "account")
_links = where_in(Link, _link.who_id, _link.entity == _entity)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose people are imported, from which system, and whether they are staff or customers."""

    entity: str
    system: str
    staff: bool

    @property
    def kind(self) -> str:
        return "staff" if self.staff else "customer"


@dataclass(slots=True)
class Known:
    """What the desk knows about the people of some lines."""

    scope: Scope
    persons: dict[int, Person] = field(default_factory=dict)
    by_external: dict[str, ExternalId] = field(default_factory=dict)
    numbered: dict[int, ExternalId] = field(default_factory=dict)
    by_phone: dict[str, list[Person]] = field(default_factory=dict)
    by_name: dict[str, list[Person]] = field(default_factory=dict)
    accounts: dict[tuple[str, str], ExternalId] = field(default_factory=dict)
    accounts_of: dict[tuple[int, str], ExternalId] = field(default_factory=dict)
    links: dict[tuple[str, str], list[Link]] = field(default_factory=dict)

    def match(self, row: PersonRow) -> Person | None:
        """The person whom a line is about, or None for somebody new. Raises LineRefused if that cannot be told."""
        person = self._by_number(row) or self._by_phone(row) or self._by_name(row)
        if self.scope.staff:
            for other in self.by_phone.get(row.phone or "", []):
                if other.active and (person is None or other.id != person.id):
                    raise LineRefused("phone_of_other", phone=row.phone, name=other.name)
        for channel, account in row.accounts.items():
            self._must_be_free(channel, account, person)
        return person

    def account_of(self, person: Person, channel: str) -> ExternalId | None:
        """What the desk has been told of a person's account on a channel."""
        return self.accounts_of.get((person.id, channel))

    def _by_number(self, row: PersonRow) -> Person | None:
        known = self.by_external.get(row.external or "")
        return self.persons.get(known.subject_id) if known else None

    def _by_phone(self, row: PersonRow) -> Person | None:
        found = [person for person in self.by_phone.get(row.phone or "", []) if self._may_be(person, row)]
        if len(found) > 1:
            found = [person for person in found if person.active]
        if len(found) > 1:
            raise LineRefused("phone_ambiguous", phone=row.phone, names=_names(found))
        return found[0] if found else None

    def _by_name(self, row: PersonRow) -> Person | None:
        found = [
            person
            for person in self.by_name.get(_name(self.scope, row), [])
            if self._may_be(person, row) and self._same_place(person, row)
        ]
        if len(found) > 1 and not (row.external or row.phone):
            raise LineRefused("name_ambiguous", name=row.called, count=len(found))
        return found[0] if len(found) == 1 else None

    def _may_be(self, person: Person, row: PersonRow) -> bool:
        """Whoever has another number in the same system is somebody else."""
        return row.external is None or person.id not in self.numbered

    def _same_place(self, person: Person, row: PersonRow) -> bool:
        if self.scope.staff:
            return person.active and (person.phone is None or row.phone is None)
        return person.phone is None and (person.address or "") == (row.address or "")

    def _must_be_free(self, channel: str, account: str, person: Person | None) -> None:
        claimed = self.accounts.get((channel, account))
        holders = [link.person_id for link in self.links.get((channel, account), ()) if not link.dead]
        holders += [claimed.subject_id] if claimed else []
        for holder in holders:
            if person is None or holder != person.id:
                name = self.persons[holder].name if holder in self.persons else ""
                raise LineRefused("account_taken", channel=channel, account=account, name=name or "")


def known_among(turn: Turn, scope: Scope, rows: Sequence[PersonRow], *, lock: bool = False) -> Known:
    """What the desk knows about the people of these lines; with `lock`, nobody else changes them until the turn is over."""
    asked = {"entity": scope.entity}
    system = {"system": scope.system, "kind": scope.kind}
    statements = _of_people(scope.staff, lock and turn.connection.kind == "postgresql")
    known = Known(scope)
    for found in rows_in(
        turn, ExternalId, _external_ids, (row.external for row in rows if row.external), **asked, **system
    ):
        known.by_external[found.external] = found
    for person in rows_in(turn, Person, statements["phone"], (row.phone for row in rows if row.phone), **asked):
        known.by_phone.setdefault(person.phone or "", []).append(person)
    names = [_name(scope, row) for row in rows if row.external not in known.by_external]
    for person in rows_in(turn, Person, statements["name"], filter(None, names), **asked):
        known.by_name.setdefault((person.name if scope.staff else person.company or person.name) or "", []).append(
            person
        )
    _accounts_among(turn, known, rows)
    ids = [found.subject_id for found in known.by_external.values()]
    ids += [found.subject_id for found in known.accounts.values()]
    ids += [link.person_id for links in known.links.values() for link in links]
    candidates = [person for people in (*known.by_phone.values(), *known.by_name.values()) for person in people]
    known.persons = {
        person.id: person for person in (*rows_in(turn, Person, statements["id"], ids, **asked), *candidates)
    }
    for found in rows_in(turn, ExternalId, _ids_of, known.persons, **asked, **system):
        known.numbered[found.subject_id] = found
    if scope.staff:
        for found in rows_in(turn, ExternalId, _accounts_of, known.persons, **asked):
            known.accounts_of[(found.subject_id, found.system)] = found
    return known


def _accounts_among(turn: Turn, known: Known, rows: Sequence[PersonRow]) -> None:
    accounts = [account for row in rows for account in row.accounts.values()]
    for found in rows_in(turn, ExternalId, _accounts, accounts, entity=known.scope.entity):
        known.accounts[(found.system, found.external)] = found
    for link in rows_in(turn, Link, _links, accounts, entity=known.scope.entity):
        known.links.setdefault((link.channel, link.who_id), []).append(link)


@cache
def _of_people(staff: bool, lock: bool) -> dict[str, Any]:
    who = IS_STAFF if staff else IS_CUSTOMER
    name = _person.name if staff else func.coalesce(_person.company, _person.name)
    found = {
        "id": where_in(Person, _person.id, _person.entity == _entity),
        "phone": where_in(Person, _person.phone, _person.entity == _entity, who),
        "name": where_in(Person, name, _person.entity == _entity, who, *(() if staff else (_person.phone.is_(None),))),
    }
    return {key: statement.with_for_update() if lock else statement for key, statement in found.items()}


def _name(scope: Scope, row: PersonRow) -> str:
    """By what name a line is looked for: staff always, customers only where nothing better identifies them."""
    if scope.staff:
        return row.name or ""
    return "" if row.external or row.phone else row.called


def _names(people: Sequence[Person]) -> str:
    return "、".join(person.company or person.name or "?" for person in people[:5])
