"""A roster can be laid down, changed for a while, and put away; each time it is on record, and watched anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, select

from core.people.model import Person, Role
from core.rosters.attending import watch
from core.rosters.model import Override, Roster, Source
from core.rosters.rotation import Layer
from core.rosters.shifts import Change
from core.store.turn import Turn

_roster, _override = Roster.table.c, Override.table.c
_named = select(Roster.table).where(_roster.entity == bindparam("entity"), _roster.name == bindparam("name"))
_from_file = (
    select(Override.table)
    .where(
        _override.roster_id == bindparam("roster_id"),
        _override.source == Source.FILE,
        _override.withdrawn.is_(False),
    )
    .order_by(_override.id)
)


@dataclass(frozen=True, slots=True)
class Definition:
    """A roster as it should be. `singles`: shifts and leaves that stand beside its rotations."""

    name: str
    role: Role | None
    team: str | None
    zone: str
    fallback_id: int | None
    layers: tuple[Layer, ...]
    singles: tuple[Change, ...] = ()


def lay_down(turn: Turn, entity: str, wanted: Definition) -> Literal["new", "changed", "same"]:
    """Make a roster as it should be; what was changed in chat stays."""
    roster = turn.first(Roster, _named, entity=entity, name=wanted.name)
    fate: Literal["new", "changed", "same"] = "changed"
    if roster is None:
        fate = "new"
        roster = turn.add(Roster(id=turn.new_id(), entity=entity, name=wanted.name, zone=wanted.zone))
    before = roster.model_dump()
    roster.role, roster.team, roster.zone = wanted.role, wanted.team, wanted.zone
    roster.fallback_id, roster.active = wanted.fallback_id, True
    roster.layers = [layer.data() for layer in wanted.layers]
    singles = _replace_singles(turn, roster, wanted.singles)
    if fate == "changed" and not singles and roster.model_dump() == before:
        return "same"
    turn.record("roster.laid_down", entity=entity, stream=roster.stream, data={"roster": roster.id})
    watch(turn, roster)
    return fate


def put_away(turn: Turn, roster: Roster) -> None:
    """A roster is used no longer."""
    roster.active, roster.told = False, []
    turn.record("roster.put_away", entity=roster.entity, stream=roster.stream, data={"roster": roster.id})
    watch(turn, roster)


def change(turn: Turn, roster: Roster, wanted: Change, source: Source, by: Person | None) -> None:
    """From now on this holds over whatever the roster said of the span."""
    _add(turn, roster, wanted, source, by)
    data = {
        "roster": roster.id,
        "person": wanted.person,
        "instead_of": wanted.instead_of,
        "starts": wanted.starts,
        "ends": wanted.ends,
        "source": source,
    }
    turn.record("roster.changed", entity=roster.entity, stream=roster.stream, by=by.id if by else None, data=data)
    watch(turn, roster)


def _replace_singles(turn: Turn, roster: Roster, wanted: tuple[Change, ...]) -> bool:
    """Bring the file's single shifts to what they should be; whether anything had to be done."""
    missing, done = Counter(wanted), False
    for row in turn.rows(Override, _from_file, roster_id=roster.id):
        known = Change(row.starts_at, row.ends_at, row.person_id, row.instead_of)
        if missing[known]:
            missing[known] -= 1
        else:
            row.withdrawn = done = True
    for one in missing.elements():
        _add(turn, roster, one, Source.FILE, None)
        done = True
    return done


def _add(turn: Turn, roster: Roster, wanted: Change, source: Source, by: Person | None) -> Override:
    return turn.add(
        Override(
            id=turn.new_id(),
            entity=roster.entity,
            roster_id=roster.id,
            person_id=wanted.person,
            instead_of=wanted.instead_of,
            starts_at=wanted.starts,
            ends_at=wanted.ends,
            source=source,
            by=by.id if by else None,
        )
    )
