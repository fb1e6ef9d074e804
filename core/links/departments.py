"""The organisation tree follows the other system: departments are added, renamed and moved (S71)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, select

from core.links.model import Department, ExternalId
from core.store.turn import Turn

_department, _external = Department.table.c, ExternalId.table.c
_by_path = select(Department.table).where(
    _department.entity == bindparam("entity"), _department.path == bindparam("path")
)
_all = select(Department.table).where(_department.entity == bindparam("entity")).order_by(_department.path)
_number = select(ExternalId.table).where(
    _external.entity == bindparam("entity"),
    _external.system == bindparam("system"),
    _external.kind == "department",
    _external.external == bindparam("external"),
)


def departments_of(turn: Turn, entity: str) -> list[Department]:
    """The tree, from the top."""
    return turn.rows(Department, _all, entity=entity)


def missing(turn: Turn, entity: str, paths: Iterable[str]) -> set[str]:
    """Which of these departments, and of those above them, the desk does not know."""
    return _with_all_above(paths) - {department.path for department in departments_of(turn, entity)}


def plant(turn: Turn, entity: str, paths: Iterable[str]) -> None:
    """Add the departments that are not there yet, with all above them."""
    for path in sorted(missing(turn, entity, paths)):
        _department_at(turn, entity, path)


def transplant(turn: Turn, entity: str, system: str, numbered: Mapping[str, str]) -> None:
    """Departments that the other system numbers: `numbered` is number → path. A renamed or moved one keeps its row."""
    for external, path in sorted(numbered.items(), key=lambda item: item[1].count("/")):
        number = turn.first(ExternalId, _number, entity=entity, system=system, external=external)
        known = turn.get(Department, number.subject_id) if number else None
        if known is not None and known.path == path:
            continue
        there = turn.first(Department, _by_path, entity=entity, path=path)
        if known is None or there is not None:
            department = there or _department_at(turn, entity, path)
        else:
            department = known
            above, _, department.name = path.rpartition("/")
            department.path, department.parent_id = path, _department_at(turn, entity, above).id if above else None
        if number is None:
            turn.add(
                ExternalId(
                    id=turn.new_id(),
                    entity=entity,
                    system=system,
                    kind="department",
                    external=external,
                    subject_id=department.id,
                    since=turn.now,
                )
            )
        else:
            number.subject_id = department.id


def _with_all_above(paths: Iterable[str]) -> set[str]:
    steps = (path.split("/") for path in set(paths))
    return {"/".join(parts[:depth]) for parts in steps for depth in range(1, len(parts) + 1)}


def _department_at(turn: Turn, entity: str, path: str) -> Department:
    found = turn.first(Department, _by_path, entity=entity, path=path)
    if found is not None:
        return found
    above, _, name = path.rpartition("/")
    parent = _department_at(turn, entity, above).id if above else None
    return turn.add(Department(id=turn.new_id(), entity=entity, path=path, name=name, parent_id=parent))
