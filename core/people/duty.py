"""Who is on duty, and who answers for what nobody has taken (S1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from core.people.model import Duty, Person, Role
from core.rosters.asking import Standing, standing
from core.store.turn import Turn
from core.wording import local

_person = Person.table.c
_active = (
    select(Person.table)
    .where(_person.entity == bindparam("entity"), _person.role == bindparam("role"), _person.active.is_(True))
    .order_by(_person.on_duty.desc(), _person.id)
)
_duties = select(Duty.table).where(Duty.table.c.entity == bindparam("entity")).order_by(Duty.table.c.id)


def on_duty(turn: Turn, entity: str, role: Role) -> list[Person]:
    """Who is on duty in this role now: by a roster, and then in its order; else by flag or Duty. In a hole of a roster: its
    fallback, else the duty manager, whatever their roles (S1)."""
    rosters, people = standing(turn, entity, turn.now), in_role(turn, entity, role)
    found = _present(role, rosters, people, _teams(turn, entity, people, rosters))
    if found or role == Role.MANAGER or all(one.roster.role != role for one in rosters):
        return found
    return on_duty(turn, entity, Role.MANAGER)


def teams_on_duty(turn: Turn, entity: str, people: Iterable[Person]) -> dict[int, frozenset[str]]:
    """Who of these people is on duty now, and in which teams (班组): by a roster; in a role of which no roster expects
    anybody now, by his flag or by a Duty that covers this moment."""
    return _teams(turn, entity, people, standing(turn, entity, turn.now))


def _teams(turn: Turn, entity: str, people: Iterable[Person], rosters: Sequence[Standing]) -> dict[int, frozenset[str]]:
    now = local(turn.now, turn.house.zone)
    present = [duty for duty in turn.rows(Duty, _duties, entity=entity) if covers(duty, now)]
    by_roster = {one.roster.role for one in rosters}
    found = {}
    for person in people:
        stands = [one.roster.team for one in rosters if any(person.id == other.id for other in one.people)]
        his = [duty.team for duty in present if duty.person_id == person.id] if person.role not in by_roster else []
        if stands or his or (person.on_duty and person.role not in by_roster):
            found[person.id] = frozenset(team for team in (*_departments(person), *stands, *his) if team)
    return found


def covers(duty: Duty, when: datetime) -> bool:
    """Whether the duty covers this local time."""
    minute, today = when.hour * 60 + when.minute, when.weekday()
    begun_today = bool(duty.weekdays >> today & 1) and minute >= duty.begins
    if duty.begins < duty.ends:
        return begun_today and minute < duty.ends
    return begun_today or (bool(duty.weekdays >> (today - 1) % 7 & 1) and minute < duty.ends)


def in_role(turn: Turn, entity: str, role: Role) -> list[Person]:
    """Everybody in this role who is still with us, those on duty first."""
    return turn.rows(Person, _active, entity=entity, role=role)


def fallback_owner(turn: Turn, entity: str) -> Person | None:
    """Who answers for a ticket that nobody has accepted: the duty dispatcher, else the duty manager, else any of them."""
    rosters = standing(turn, entity, turn.now)
    people = {role: in_role(turn, entity, role) for role in (Role.AGENT, Role.MANAGER)}
    everybody = [person for of_role in people.values() for person in of_role]
    teams = _teams(turn, entity, everybody, rosters)
    present = [person for role in people for person in _present(role, rosters, people[role], teams)]
    return next(iter([*present, *everybody]), None)


def _present(
    role: Role, rosters: Sequence[Standing], people: Iterable[Person], teams: Mapping[int, frozenset[str]]
) -> list[Person]:
    """Those of a role who are there: whom its rosters name, then the others, each once."""
    named = [person for one in rosters if one.roster.role == role for person in one.people]
    others = [person for person in people if person.id in teams]
    return list({person.id: person for person in [*named, *others]}.values())


def _departments(person: Person) -> tuple[str, ...]:
    """His department as it is filed, and by its last step alone: 售后服务部/维修一组 is 维修一组 too."""
    if not person.department:
        return ()
    return person.department, person.department.rpartition("/")[2]
