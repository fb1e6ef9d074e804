"""Importing tickets of former times: closed, with their customers, so that history speaks from the first day (S71, S67).

They come without notices, timers or deadlines, on the channel `import`, and are left out of what is measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func

from core.forms.choosing import form_called
from core.forms.filling import IMPORTED, fill
from core.links.chains import begin_chains
from core.links.claims import FirstClaims
from core.links.importing import Begin, Tally
from core.links.known import Scope
from core.links.lines import Finding
from core.links.lookup import IS_CUSTOMER, IS_STAFF, rows_in, where_in
from core.links.model import ExternalId
from core.links.people import Verdict
from core.links.rows import Imported, TicketRow
from core.people.model import Person, Role
from core.store.turn import Turn
from core.tickets.model import Priority, Status, Ticket
from core.words import Room

CHANNEL = "import"
"""Where imported tickets came from."""
FORMER = "H-{number}"
"""How a former number is kept that looks like one of ours."""
LONGEST_FIELD = 200

_external, _person, _ticket = ExternalId.table.c, Person.table.c, Ticket.table.c
_entity = bindparam("entity")
_called = func.coalesce(_person.company, _person.name)
_tickets = where_in(
    ExternalId,
    _external.external,
    _external.entity == _entity,
    _external.system == bindparam("system"),
    _external.kind == "ticket",
)
_numbers = where_in(ExternalId, _external.external, _external.entity == _entity, _external.kind == bindparam("kind"))
_taken = where_in(Ticket, _ticket.number, _ticket.entity == _entity)
_by_id = where_in(Person, _person.id, _person.entity == _entity)
_by_phone = where_in(Person, _person.phone, _person.entity == _entity, IS_CUSTOMER)
_by_company = where_in(Person, _called, _person.entity == _entity, IS_CUSTOMER)
_engineers = where_in(Person, _person.name, _person.entity == _entity, IS_STAFF)

People = dict[str, set[int]]


class TicketsImporter:
    """Former tickets of one system. A customer whom nobody knows is added under the name that the table gives him."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._claims = FirstClaims()
        self._added: dict[str, int | None] = {}
        """Customers met first in this table: what identifies them → their id, once they have one."""

    def take(self, row: Any) -> None:
        self._claims.take(row)

    def against(self, row: Any) -> Finding | None:
        return self._claims.against(row)

    def judge(self, turn: Turn, rows: Sequence[Imported], *, lock: bool) -> list[Verdict]:
        tickets = [row for row in rows if isinstance(row, TicketRow)]
        entity = {"entity": self.scope.entity}
        known = {
            found.external
            for found in rows_in(
                turn, ExternalId, _tickets, (row.external for row in tickets), **entity, system=self.scope.system
            )
        }
        new = [row for row in tickets if row.external not in known]
        number = {row.external: _number(turn, row) for row in new}
        taken = {ticket.number for ticket in rows_in(turn, Ticket, _taken, number.values(), **entity)}
        customers, engineers = self._customers(turn, new), self._engineers(turn, new)
        verdicts = [Verdict(row, "same") for row in tickets if row.external in known]
        for row in new:
            if number[row.external] in taken:
                finding = Finding("ticket_number_taken", {"number": number[row.external]})
                verdicts.append(Verdict(row, "refused", finding=finding))
            else:
                verdicts.append(_judge(row, number[row.external], customers, engineers))
        return verdicts

    def carry_out(self, turn: Turn, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.fate == "new" and isinstance(verdict.row, TicketRow):
                customer = verdict.subject or self._customer_added(turn, verdict.row)
                self._add(turn, verdict.row, verdict.changes, customer)

    def foresee(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        tally.more["customers"] = len(self._added)
        return {}

    def prepare(self, begin: Begin) -> None:
        self._added.clear()

    def follow_up(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        return self.foresee(begin, tally)

    def _customers(self, turn: Turn, rows: Sequence[TicketRow]) -> dict[int, set[int]]:
        """Line → the customers it may mean: by number, else by phone, else by name. Empty: nobody knows him."""
        entity = {"entity": self.scope.entity}
        codes = {row.customer_external for row in rows if row.customer_external}
        by_code = _by(("external", "subject_id"), rows_in(turn, ExternalId, _numbers, codes, **entity, kind="customer"))
        by_phone = _by(
            ("phone", "id"), rows_in(turn, Person, _by_phone, (row.phone for row in rows if row.phone), **entity)
        )
        by_name: People = {}
        for person in rows_in(turn, Person, _by_company, (row.company or row.name for row in rows), **entity):
            by_name.setdefault(person.company or person.name or "", set()).add(person.id)
        found: dict[int, set[int]] = {}
        for row in rows:
            named = by_name.get(row.company or row.name or "", set())
            phoned = by_phone.get(row.phone or "", set())
            found[row.line] = by_code.get(row.customer_external or "", set()) or (phoned & named) or phoned or named
            if not found[row.line]:
                self._added.setdefault(_identity(row), None)
        return found

    def _engineers(self, turn: Turn, rows: Sequence[TicketRow]) -> People:
        words = {row.engineer for row in rows if row.engineer}
        entity = {"entity": self.scope.entity}
        by_name = _by(("name", "id"), rows_in(turn, Person, _engineers, words, **entity))
        numbers = rows_in(turn, ExternalId, _numbers, words, **entity, kind="staff")
        return by_name | _by(("external", "subject_id"), numbers)

    def _customer_added(self, turn: Turn, row: TicketRow) -> int:
        known = self._added.get(_identity(row))
        if known is not None:
            return known
        person = turn.add(
            Person(
                id=turn.new_id(),
                entity=self.scope.entity,
                role=Role.CUSTOMER,
                name=row.name or row.company,
                company=row.company,
                phone=row.phone,
                address=row.fields.get("address"),
            )
        )
        begin_chains(turn, [f"person:{person.id}"])
        turn.record(
            "person.imported",
            entity=self.scope.entity,
            stream=f"person:{person.id}",
            data={"person": person.id, "system": self.scope.system, "fields": ["company", "name", "phone"]},
            private={"company": row.company, "name": row.name, "phone": row.phone},
        )
        self._added[_identity(row)] = person.id
        return person.id

    def _add(self, turn: Turn, row: TicketRow, facts: Mapping[str, Any], customer: int) -> None:
        fields: dict[str, Any] = {
            name: words[:LONGEST_FIELD] for name, words in row.fields.items() if name != "summary"
        }
        ticket = turn.add(
            Ticket(
                id=turn.new_id(),
                entity=self.scope.entity,
                number=facts["number"],
                status=Status.CANCELLED if row.cancelled else Status.CLOSED,
                priority=Priority(row.priority),
                priority_from="import",
                customer_id=customer,
                engineer_id=facts["engineer"],
                channel=CHANNEL,
                room=str(Room(CHANNEL, self.scope.system, row.external)),
                phone=row.phone,
                description=row.fields.get("fault_symptom", ""),
                summary=row.fields.get("summary"),
                rating=row.rating,
                created_at=row.created_at,
                updated_at=row.done_at,
                done_at=None if row.cancelled else row.done_at,
                closed_at=row.done_at,
                **fields,
            )
        )
        turn.add(
            ExternalId(
                id=turn.new_id(),
                entity=self.scope.entity,
                system=self.scope.system,
                kind="ticket",
                external=row.external,
                subject_id=ticket.id,
                since=turn.now,
            )
        )
        begin_chains(turn, [ticket.stream])
        turn.record(
            "ticket.imported",
            entity=self.scope.entity,
            stream=ticket.stream,
            data={"ticket": ticket.id, "number": ticket.number, "system": self.scope.system, "status": ticket.status},
            private={"fields": row.fields, "engineer": row.engineer, "name": row.name, "company": row.company},
        )
        form = form_called(turn, row.form) if row.form else None
        if form is not None:
            answers = {name: tuple(values) for name, values in row.answers.items()}
            fill(turn, ticket, form, None, answers, IMPORTED)


def _judge(row: TicketRow, number: str, customers: Mapping[int, set[int]], engineers: People) -> Verdict:
    found = customers[row.line]
    if len(found) > 1:
        finding = Finding("customer_ambiguous", {"value": row.called_customer, "count": len(found)})
        return Verdict(row, "refused", finding=finding)
    known = engineers.get(row.engineer or "", set())
    if row.engineer and len(known) != 1:
        row.remarks.append(["engineer_ambiguous" if known else "engineer_unknown", {"name": row.engineer}])
    engineer = next(iter(known)) if len(known) == 1 else None
    return Verdict(row, "new", next(iter(found), None), {"number": number, "engineer": engineer})


def _identity(row: TicketRow) -> str:
    return "\n".join((row.customer_external or "", row.company or row.name or row.phone or ""))


def _number(turn: Turn, row: TicketRow) -> str:
    """Its former number, unless that could be taken for one of ours."""
    before, _, after = turn.house.policies.tickets.number_format.partition("{n}")
    ours = re.fullmatch(rf"{re.escape(before)}\d+{re.escape(after)}", row.external, re.IGNORECASE)
    return FORMER.format(number=row.external) if ours else row.external


def _by(names: tuple[str, str], rows: Iterable[Any]) -> People:
    found: People = {}
    for row in rows:
        found.setdefault(getattr(row, names[0]), set()).add(getattr(row, names[1]))
    return found
