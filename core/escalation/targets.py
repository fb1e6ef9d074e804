"""Whom a step of escalation means, at this moment: people by duty, role, line or name, and groups (S1: there is always somebody)."""

from __future__ import annotations

from core.escalation.policy import Step
from core.people.duty import in_role, on_duty
from core.people.model import Person, Role
from core.people.naming import colleague
from core.refused import Refused
from core.rosters.asking import standing
from core.store.turn import Turn
from core.tickets.model import Status, Ticket
from core.tickets.ownership import owner_of

HIGHEST = 10
"""Levels above which nobody is looked for: a line that runs in a circle ends."""


def people_meant(turn: Turn, ticket: Ticket, step: Step, level: int) -> list[Person]:
    """The people of a step that begins `level` levels higher, each once."""
    found: list[Person] = []
    for target in step.targets:
        kind, _, name = target.partition(":")
        people = _meant(turn, ticket, kind, name)
        if kind in ("duty", "superior"):
            people = [_above(turn, person, step.up + level) for person in people]
        found += people
    return list({person.id: person for person in found}.values())


def groups_meant(turn: Turn, step: Step) -> list[str]:
    """The rooms of a step's groups."""
    groups = turn.house.policies.escalation.groups
    names = [target.removeprefix("group:") for target in step.targets if target.startswith("group:")]
    return [room for name in names for room in groups.get(name, ())]


def holder_of(turn: Turn, ticket: Ticket) -> Person | None:
    """Who must act now (rules.md, Stage holder): the buyer while it waits for a part, else the engineer, else who answers for it."""
    if ticket.status == Status.WAITING_PART:
        buyers = in_role(turn, ticket.entity, Role.PROCUREMENT)
        if buyers:
            return buyers[0]
    if ticket.status == Status.UNASSIGNED and ticket.engineer_id is not None:
        offered = turn.get(Person, ticket.engineer_id)
        if offered is not None and offered.active:
            return offered
    return owner_of(turn, ticket)


def duty_manager(turn: Turn, entity: str) -> Person | None:
    """The manager on duty; any manager where none is; None only in a house without managers."""
    present, managers = on_duty(turn, entity, Role.MANAGER), in_role(turn, entity, Role.MANAGER)
    return next(iter([*present, *managers]), None)


def _meant(turn: Turn, ticket: Ticket, kind: str, name: str) -> list[Person]:
    match kind:
        case "duty" if name == Role.MANAGER:
            manager = duty_manager(turn, ticket.entity)
            return [manager] if manager else []
        case "duty":
            return _on_duty(turn, ticket, Role(name))
        case "role":
            return in_role(turn, ticket.entity, Role(name))
        case "superior":
            return _superior(turn, ticket)
        case "owner":
            holder = holder_of(turn, ticket)
            return [holder] if holder else []
        case "roster":
            found = standing(turn, ticket.entity, turn.now)
            return [person for one in found if one.roster.name == name for person in one.people]
        case "person":
            return _named(turn, ticket.entity, name)
    return []


def _on_duty(turn: Turn, ticket: Ticket, role: Role) -> list[Person]:
    """Whoever has it, or is asked, first; then others on duty; a few of them."""
    people = on_duty(turn, ticket.entity, role)
    asked = (ticket.owner_id, ticket.engineer_id)
    people.sort(key=lambda person: person.id not in asked)
    return people[: turn.house.policies.escalation.most_on_duty]


def _superior(turn: Turn, ticket: Ticket) -> list[Person]:
    """Above whoever must act; the duty manager where nobody is."""
    holder = holder_of(turn, ticket)
    superior = turn.get(Person, holder.reports_to) if holder and holder.reports_to else None
    found = superior if superior is not None and superior.active else duty_manager(turn, ticket.entity)
    return [found] if found else []


def _above(turn: Turn, person: Person, levels: int) -> Person:
    """So many levels above somebody. Where the line ends before: the next other manager, else the last of the line."""
    seen = {person.id}
    for _ in range(min(levels, HIGHEST)):
        superior = turn.get(Person, person.reports_to) if person.reports_to else None
        if superior is None or not superior.active or superior.id in seen:
            managers = in_role(turn, person.entity, Role.MANAGER)
            superior = next((other for other in managers if other.id not in seen), None)
        if superior is None:
            break
        person = superior
        seen.add(person.id)
    return person


def _named(turn: Turn, entity: str, name: str) -> list[Person]:
    try:
        return [colleague(turn, entity, name)]
    except Refused:
        return []
