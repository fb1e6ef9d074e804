"""Who answers to whom, as the other system tells: found by number, phone or name, and never in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, select

from core.links.known import Scope
from core.links.lines import Finding
from core.links.model import ExternalId
from core.links.rows import PersonRow
from core.people.linking import staff_of
from core.people.model import Person
from core.people.phones import phone_number
from core.store.turn import Turn

Node = tuple[str, int]
"""("line", n): somebody in the table; ("person", id): somebody whom only the desk knows."""

_external = ExternalId.table.c
_numbers = select(ExternalId.table).where(
    _external.entity == bindparam("entity"), _external.system == bindparam("system"), _external.kind == "staff"
)


class Superiors:
    """The superiors that the lines of one table name."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._named: dict[int, str] = {}
        self._lines: dict[str, list[int]] = {}
        self._persons: dict[int, int | None] = {}

    def take(self, row: PersonRow, person: Person | None) -> None:
        """A line that is imported, and the person it is about (None: new, not yet added)."""
        if row.line not in self._persons:
            for key in {row.external, row.phone, row.name} - {None}:
                self._lines.setdefault(str(key), []).append(row.line)
            if row.superior:
                self._named[row.line] = row.superior
        self._persons[row.line] = person.id if person else None

    def __len__(self) -> int:
        return len(self._named)

    def resolve(self, turn: Turn) -> tuple[dict[int, Node], dict[int, Finding]]:
        """Line → its superior, where the desk does not know it yet; and line → why its superior is not taken."""
        staff = staff_of(turn, self.scope.entity)
        numbers = turn.rows(ExternalId, _numbers, entity=self.scope.entity, system=self.scope.system)
        line_of = {person_id: line for line, person_id in self._persons.items() if person_id is not None}
        known: dict[str, list[Node]] = {}
        active = {person.id: person for person in staff if person.active}
        for person in active.values():
            for key in {person.name, person.phone} - {None}:
                known.setdefault(str(key), []).append(("person", person.id))
        for number in numbers:
            if number.subject_id in active:
                known.setdefault(number.external, []).append(("person", number.subject_id))
        above: dict[Node, Node] = {}
        for person in staff:
            if person.reports_to is not None:
                node = ("line", line_of[person.id]) if person.id in line_of else ("person", person.id)
                above[node] = _node(person.reports_to, line_of)
        before = dict(above)
        findings: dict[int, Finding] = {}
        for line, words in self._named.items():
            found = self._find(words, known, line_of)
            if len(found) == 1:
                above[("line", line)] = found.pop()
            else:
                findings[line] = Finding(
                    "superior_ambiguous" if found else "superior_unknown", {"name": words}, partly=True
                )
        for line in self._circular(above):
            findings[line] = Finding("superior_circular", {"name": self._named[line]}, partly=True)
        wanted = {line: above[("line", line)] for line in self._named if line not in findings}
        return {
            line: node for line, node in wanted.items() if node != ("line", line) and before.get(("line", line)) != node
        }, findings

    def person_of(self, node: Node) -> int | None:
        """The id of somebody, once he has been added."""
        return self._persons[node[1]] if node[0] == "line" else node[1]

    def _find(self, words: str, known: dict[str, list[Node]], line_of: dict[int, int]) -> set[Node]:
        for key in (words, phone_number(words) or words):
            if lines := self._lines.get(key):
                return {("line", line) for line in lines}
            if people := known.get(key):
                return {_node(person, line_of) for _, person in people}
        return set()

    def _circular(self, above: dict[Node, Node]) -> Iterator[int]:
        """Lines that answer to themselves over others. Whoever names himself simply has nobody above him."""
        done: set[Node] = set()
        for start in list(above):
            path: dict[Node, int] = {}
            node: Node | None = start
            while node is not None and node not in done and node not in path:
                path[node] = len(path)
                upper = above.get(node)
                node = None if upper == node else upper
            if node in path:
                circle = list(path)[path[node] :]
                yield from (line for kind, line in circle if kind == "line" and line in self._named)
            done.update(path)


def superior_follows(turn: Turn, person_id: int, superior_id: int, system: str) -> None:
    """Somebody answers to somebody else from now on."""
    person = turn.get(Person, person_id, lock=True)
    assert person is not None
    person.reports_to, before = superior_id, person.reports_to
    turn.record(
        "person.changed",
        entity=person.entity,
        stream=f"person:{person.id}",
        data={
            "person": person.id,
            "system": system,
            "fields": ["reports_to"],
            "superior": superior_id,
            "superior_before": before,
        },
    )


def _node(person_id: int, line_of: dict[int, int]) -> Node:
    return ("line", line_of[person_id]) if person_id in line_of else ("person", person_id)
