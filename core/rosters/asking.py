"""Asking the rosters: who is on duty at an instant, and what a roster says of a span. Without rosters: one look, nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from core.people.model import Person, Role
from core.rosters.model import Override, Roster
from core.rosters.rotation import Layer
from core.rosters.shifts import Change, Plan, Shift, crew_at, shifts
from core.store.turn import Turn
from core.words import DAY, Micros

LONGEST_SHIFT = 35 * DAY
"""A longer shift is shown cut off."""

_roster, _override = Roster.table.c, Override.table.c
_active = (
    select(Roster.table)
    .where(_roster.entity == bindparam("entity"), _roster.active.is_(True))
    .order_by(_roster.id)
)  # fmt: skip
_between = (
    select(Override.table)
    .where(
        _override.entity == bindparam("entity"),
        _override.ends_at > bindparam("start"),
        _override.starts_at < bindparam("end"),
        _override.withdrawn.is_(False),
    )
    .order_by(_override.id)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who stands on one roster at an instant at which somebody should: those on duty, else its fallback, if there is one."""

    roster: Roster
    people: tuple[Person, ...]
    is_hole: bool = False


def rosters_of(turn: Turn, entity: str) -> list[Roster]:
    """The rosters in use."""
    return turn.rows(Roster, _active, entity=entity)


def standing(turn: Turn, entity: str, at: Micros) -> list[Standing]:
    """What every roster says of an instant; a roster that expects nobody then says nothing. Two look-ups, one without rosters."""
    found = []
    for roster, plan in _plans(turn, rosters_of(turn, entity), at, at + 1):
        crew = crew_at(plan, at)
        if crew is None:
            continue
        people = tuple(person for one in crew if (person := there(turn, one)) is not None)
        fallback = there(turn, roster.fallback_id)
        found.append(Standing(roster, people or ((fallback,) if fallback else ()), not people))
    return found


def holders(turn: Turn, entity: str, role: Role, at: Micros) -> list[Person] | None:
    """Who is on duty in this role by its rosters, or who falls in for them; nobody: a hole without a fallback. None: no
    roster of the role expects anybody at this instant, so that flags decide (S1, S58)."""
    found = [one for one in standing(turn, entity, at) if one.roster.role == role]
    return list({person.id: person for one in found for person in one.people}.values()) if found else None


def plan_of(turn: Turn, roster: Roster, start: Micros, end: Micros) -> Plan:
    """A roster with what was changed in a span, and who of its people has left."""
    [(_, plan)] = _plans(turn, [roster], start, end)
    return replace(plan, gone=frozenset(one for one in plan.people if there(turn, one) is None))


def _plans(turn: Turn, rosters: list[Roster], start: Micros, end: Micros) -> list[tuple[Roster, Plan]]:
    if not rosters:
        return []
    changes = turn.rows(Override, _between, entity=rosters[0].entity, start=start, end=end)
    return [
        (
            roster,
            Plan(
                tuple(Layer.of(layer) for layer in roster.layers),
                ZoneInfo(roster.zone),
                tuple(
                    Change(change.starts_at, change.ends_at, change.person_id, change.instead_of)
                    for change in changes
                    if change.roster_id == roster.id
                ),
            ),
        )
        for roster in rosters
    ]


def there(turn: Turn, person_id: int | None) -> Person | None:
    """Somebody who is still with us."""
    person = turn.get(Person, person_id) if person_id is not None else None
    return person if person is not None and person.active and person.is_staff else None


def shifts_of(turn: Turn, roster: Roster, start: Micros, end: Micros) -> list[Shift]:
    """The shifts of a roster that overlap a span, as long as they are, up to LONGEST_SHIFT on either side."""
    begins, ends = start - LONGEST_SHIFT, end + LONGEST_SHIFT
    found = shifts(plan_of(turn, roster, begins, ends), begins, ends)
    return [shift for shift in found if shift.starts < end and shift.ends > start]
