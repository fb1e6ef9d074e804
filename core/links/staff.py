"""Importing staff: people, the organisation tree, who answers to whom, and, from a whole directory, who has left (S71, S36)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select

from core.links.chains import find_chains
from core.links.claims import StaffClaims
from core.links.departments import missing, plant, transplant
from core.links.importing import BATCH, Begin, Tally
from core.links.known import Scope
from core.links.lines import Finding, TableRefused
from core.links.model import ExternalId
from core.links.people import Verdict, import_people, judge_people, person_left
from core.links.rows import Imported, PersonRow
from core.links.superiors import Superiors, superior_follows
from core.people.model import Person
from core.store.turn import Turn

LARGEST_LEAVING = 0.2
"""Share of the staff that may leave in one import; more looks like a directory that was only partly seen."""
FEW = 3
"""So many may leave in any case."""

_external = ExternalId.table.c
_numbered = (
    select(ExternalId.table)
    .where(_external.entity == bindparam("entity"), _external.system == bindparam("system"), _external.kind == "staff")
    .order_by(_external.id)
)


@dataclass
class StaffImporter:
    """`everybody`: the numbers of a whole directory, read without a gap: whoever came from it and is not among them has
    left. `departments`: number → path, where the other system numbers them. `many_may_leave` lifts LARGEST_LEAVING."""

    scope: Scope
    everybody: set[str] | None = None
    departments: Mapping[str, str] = field(default_factory=dict)
    many_may_leave: bool = False

    def __post_init__(self) -> None:
        self._claims = StaffClaims()
        self._superiors = Superiors(self.scope)
        self._paths: set[str] = set(self.departments.values())
        self._same: set[int] = set()
        self._planted = 0

    def take(self, row: Any) -> None:
        self._claims.take(row)
        if row.department:
            self._paths.add(row.department)

    def against(self, row: Any) -> Finding | None:
        return self._claims.against(row)

    def judge(self, turn: Turn, rows: Sequence[Imported], *, lock: bool) -> list[Verdict]:
        people = [row for row in rows if isinstance(row, PersonRow)]
        verdicts = judge_people(turn, self.scope, people, lock=lock)
        self._remember(verdicts)
        return verdicts

    def carry_out(self, turn: Turn, verdicts: Sequence[Verdict]) -> None:
        import_people(turn, self.scope, verdicts)
        self._remember(verdicts)

    def foresee(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        with begin() as turn:
            tally.more["departments"] = len(missing(turn, self.scope.entity, self._paths))
            wanted, findings = self._superiors.resolve(turn)
            leaving = self._leaving(turn)
        self._count(tally, wanted, len(leaving))
        return findings

    def prepare(self, begin: Begin) -> None:
        with begin() as turn:
            self._planted = len(missing(turn, self.scope.entity, self._paths))
            transplant(turn, self.scope.entity, self.scope.system, self.departments)
            plant(turn, self.scope.entity, self._paths)

    def follow_up(self, begin: Begin, tally: Tally) -> dict[int, Finding]:
        with begin() as turn:
            wanted, findings = self._superiors.resolve(turn)
            leaving = self._leaving(turn)
        for batch in _batches([(("line", line), upper) for line, upper in wanted.items()]):
            with begin() as turn:
                find_chains(turn, (f"person:{self._superiors.person_of(node)}" for node, _ in batch))
                for node, upper in batch:
                    person, superior = self._superiors.person_of(node), self._superiors.person_of(upper)
                    if person is not None and superior is not None:
                        superior_follows(turn, person, superior, self.scope.system)
        for batch in _batches(leaving):
            with begin() as turn:
                for person_id in batch:
                    person = turn.get(Person, person_id, lock=True)
                    if person is not None and person.active:
                        person_left(turn, person, self.scope.system)
        tally.more["departments"] = self._planted
        self._count(tally, wanted, len(leaving))
        return findings

    def _remember(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if isinstance(verdict.row, PersonRow) and verdict.fate in ("new", "changed", "same"):
                self._superiors.take(verdict.row, verdict.subject)
                if verdict.fate == "same":
                    self._same.add(verdict.row.line)

    def _count(self, tally: Tally, wanted: Mapping[int, Any], leaving: int) -> None:
        tally.same_after_all_changed(len(self._same & wanted.keys()))
        tally.more["superiors"], tally.more["left"] = len(wanted), leaving

    def _leaving(self, turn: Turn) -> list[int]:
        """Who came from this directory and is in it no more. Raises TableRefused if they are suspiciously many."""
        if self.everybody is None:
            return []
        numbers = turn.rows(ExternalId, _numbered, entity=self.scope.entity, system=self.scope.system)
        there = [person for number in numbers if (person := turn.get(Person, number.subject_id)) and person.active]
        here = {number.subject_id for number in numbers if number.external in self.everybody}
        leaving = [person.id for person in there if person.id not in here]
        if len(leaving) > max(FEW, LARGEST_LEAVING * len(there)) and not self.many_may_leave:
            raise TableRefused("too_many_leave", leaving=len(leaving), there=len(there))
        return leaving


def _batches(rows: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield batch
