"""Who is on duty, and who answers for what nobody has taken (S1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select

from core.people.model import Duty, Person, Role
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
    """Everybody in this role who is on duty now."""
    people = in_role(turn, entity, role)
    teams = teams_on_duty(turn, entity, people)
    return [person for person in people if person.id in teams]


def teams_on_duty(turn: Turn, entity: str, people: Iterable[Person]) -> dict[int, frozenset[str]]:
    """Who of these people is on duty now, by his flag or by a Duty that covers this moment, and in which teams (班组)."""
    now = local(turn.now, turn.house.zone)
    present = [duty for duty in turn.rows(Duty, _duties, entity=entity) if covers(duty, now)]
    return {
        person.id: frozenset(team for team in (*_departments(person), *(duty.team for duty in his)) if team)
        for person in people
        for his in [[duty for duty in present if duty.person_id == person.id]]
        if person.on_duty or his
    }


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
    candidates = [person for role in (Role.AGENT, Role.MANAGER) for person in in_role(turn, entity, role)]
    present = teams_on_duty(turn, entity, candidates)
    return next((person for person in candidates if person.id in present), candidates[0] if candidates else None)


def _departments(person: Person) -> tuple[str, ...]:
    """His department as it is filed, and by its last step alone: 售后服务部/维修一组 is 维修一组 too."""
    if not person.department:
        return ()
    return person.department, person.department.rpartition("/")[2]
