"""People of another system become people of the desk: new ones are added, changed ones follow, nobody is doubled (S71, S75)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.links.chains import begin_chains, find_chains
from core.links.known import Known, Scope, known_among
from core.links.lines import Finding, LineRefused
from core.links.model import ExternalId
from core.links.rows import Imported, PersonRow
from core.people.model import Person, Role
from core.store.turn import Turn

Fate = Literal["new", "changed", "same", "skipped", "refused"]

FOLLOWING = ("name", "phone", "company", "level", "title", "department", "skills", "region", "address", "staff_no")
"""Fields in which the desk follows the other system. What that leaves empty is kept as it is."""


@dataclass(slots=True)
class Verdict:
    """What is to be done about a line, and about whom. `changes`: field → the new value; `accounts`: channel → the new
    account; `told`: the accounts that the desk has been told before; `numbered`: it knows his number already."""

    row: Imported
    fate: Fate
    subject: Any = None
    changes: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    numbered: bool = False
    told: dict[str, ExternalId] = field(default_factory=dict)
    finding: Finding | None = None


def judge_people(turn: Turn, scope: Scope, rows: Sequence[PersonRow], *, lock: bool = False) -> list[Verdict]:
    """What these lines mean for the people whom the desk knows. Changes nothing."""
    known = known_among(turn, scope, rows, lock=lock)
    return [_judge(known, row) for row in rows]


def import_people(turn: Turn, scope: Scope, verdicts: Sequence[Verdict]) -> None:
    """Add and change people as judged; afterwards each verdict knows its person."""
    find_chains(turn, (f"person:{verdict.subject.id}" for verdict in verdicts if verdict.fate == "changed"))
    for verdict in verdicts:
        row = verdict.row
        if verdict.fate not in ("new", "changed") or not isinstance(row, PersonRow):
            continue
        if verdict.fate == "new":
            verdict.subject = turn.add(Person(id=turn.new_id(), entity=scope.entity, role=Role(row.role)))
            begin_chains(turn, [f"person:{verdict.subject.id}"])
        person: Person = verdict.subject
        before = {name: getattr(person, name) for name in verdict.changes}
        for name, value in verdict.changes.items():
            setattr(person, name, value)
        _number(turn, scope, person, verdict)
        turn.record(
            "person.imported" if verdict.fate == "new" else "person.changed",
            entity=scope.entity,
            stream=f"person:{person.id}",
            data={"person": person.id, "system": scope.system, "fields": sorted([*verdict.changes, *verdict.accounts])},
            private={"external": row.external, "after": verdict.changes, "accounts": verdict.accounts}
            | ({"before": before} if verdict.fate == "changed" else {}),
        )


def person_left(turn: Turn, person: Person, system: str) -> None:
    """Somebody is no longer in the directory from which he came: he can do nothing any more (S5b)."""
    person.active = person.on_duty = False
    turn.record(
        "person.left", entity=person.entity, stream=f"person:{person.id}", data={"person": person.id, "system": system}
    )


def _judge(known: Known, row: PersonRow) -> Verdict:
    try:
        person = known.match(row)
    except LineRefused as refused:
        return Verdict(row, "refused", finding=refused.finding)
    if person is None:
        if row.here is False:
            return Verdict(row, "skipped")
        duty = {"on_duty": True} if row.on_duty else {}
        return Verdict(row, "new", None, {"name": row.called} | _wanted(row) | duty, dict(row.accounts))
    changes = {name: value for name, value in _wanted(row).items() if getattr(person, name) != value}
    if row.role and row.title and person.title != row.title and person.role != row.role:
        changes["role"] = Role(row.role)
    if row.here is not None and person.active != row.here:
        changes["active"] = row.here
        if not row.here and person.on_duty:
            changes["on_duty"] = False
    told = {name: account for name in row.accounts if (account := known.account_of(person, name))}
    accounts = {
        name: account for name, account in row.accounts.items() if name not in told or told[name].external != account
    }
    numbered = person.id in known.numbered
    same = not (changes or accounts or (row.external and not numbered))
    return Verdict(row, "same" if same else "changed", person, changes, accounts, numbered, told)


def _wanted(row: PersonRow) -> dict[str, Any]:
    return {name: value for name in FOLLOWING if (value := getattr(row, name))}


def _number(turn: Turn, scope: Scope, person: Person, verdict: Verdict) -> None:
    """Remember how other systems name him: his number, and the accounts claimed for him, one a channel."""
    row = verdict.row
    if row.external and not verdict.numbered:
        _name(turn, scope.entity, scope.system, scope.kind, row.external, person)
    for channel, account in verdict.accounts.items():
        old = verdict.told.get(channel)
        if old is None:
            _name(turn, scope.entity, channel, "account", account, person)
        else:
            old.external = account


def _name(turn: Turn, entity: str, system: str, kind: str, external: str, person: Person) -> None:
    turn.add(
        ExternalId(
            id=turn.new_id(),
            entity=entity,
            system=system,
            kind=kind,
            external=external,
            subject_id=person.id,
            since=turn.now,
        )
    )
