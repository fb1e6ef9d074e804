"""Who is on duty, and who answers for what nobody has taken (S1)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.people.model import Person, Role
from core.store.turn import Turn

_person = Person.table.c
_active = (
    select(Person.table)
    .where(_person.entity == bindparam("entity"), _person.role == bindparam("role"), _person.active.is_(True))
    .order_by(_person.on_duty.desc(), _person.id)
)


def on_duty(turn: Turn, entity: str, role: Role) -> list[Person]:
    """Everybody in this role who is on duty now."""
    return [person for person in in_role(turn, entity, role) if person.on_duty]


def in_role(turn: Turn, entity: str, role: Role) -> list[Person]:
    """Everybody in this role who is still with us, those on duty first."""
    return turn.rows(Person, _active, entity=entity, role=role)


def fallback_owner(turn: Turn, entity: str) -> Person | None:
    """Who answers for a ticket that nobody has accepted: the duty dispatcher, else the duty manager, else any of them."""
    candidates = [person for role in (Role.AGENT, Role.MANAGER) for person in in_role(turn, entity, role)]
    return next((person for person in candidates if person.on_duty), candidates[0] if candidates else None)
