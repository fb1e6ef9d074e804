"""Who could take a ticket: every engineer of the entity, with what speaks for him, or why he is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select

from core.dispatch.policy import DispatchPolicy
from core.people.duty import in_role, teams_on_duty
from core.people.model import Link, Person, Role
from core.rules.containing import holds
from core.store.turn import Turn
from core.tickets.model import STILL_OPEN, Ticket

Distance = Callable[[Person, Ticket], int | None]
"""How far a person is from where the ticket is, in metres; None where nobody knows."""

SHORTEST_NAME = 2
"""Characters that a device or symptom must have to be looked for within a skill."""

REMEMBERED = 512
"""Lists of regions that are kept taken apart: many engineers have the same."""

_person, _link, _ticket = Person.table.c, Link.table.c, Ticket.table.c
_bound = (
    select(_person.id)
    .where(
        _person.entity == bindparam("entity"),
        _person.role == Role.ENGINEER,
        select(_link.id).where(_link.person_id == _person.id, _link.dead.is_(False)).exists(),
    )
)  # fmt: skip
_loads = (
    select(_ticket.engineer_id, func.count())
    .where(
        _ticket.entity == bindparam("entity"),
        STILL_OPEN,
        _ticket.engineer_id.is_not(None),
        _ticket.id != bindparam("but"),
    )
    .group_by(_ticket.engineer_id)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What speaks for an engineer: skills that fit, a region that covers the place, open tickets, metres, points."""

    skills: tuple[str, ...] = ()
    region: str | None = None
    load: int = 0
    metres: int | None = None
    in_team: bool = False
    points: int = 0

    def data(self) -> dict[str, Any]:
        return {
            "skills": list(self.skills),
            "region": self.region,
            "load": self.load,
            "metres": self.metres,
            "in_team": self.in_team,
            "points": self.points,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engineer and his standing; `passed_over` says why he can't have it: off_duty, not_bound, or what he answered."""

    person: Person
    standing: Standing = Standing()
    passed_over: str | None = None


def candidates(
    turn: Turn, ticket: Ticket, answers: dict[int, str], team: str | None, distance: Distance
) -> list[Candidate]:
    """Every active engineer of the ticket's entity; who may be chosen comes first, the best at the head.

    `answers`: what people said to this ticket before (person id → refused, unanswered).
    """
    engineers = in_role(turn, ticket.entity, Role.ENGINEER)
    on_duty = teams_on_duty(turn, ticket.entity, engineers)
    bound = {person_id for (person_id,) in turn.ask(_bound, entity=ticket.entity)}
    loads: dict[int, int] = dict(turn.ask(_loads, entity=ticket.entity, but=ticket.id))  # type: ignore[arg-type]
    region = _Region.of(turn, ticket, engineers)
    found = []
    for person in engineers:
        why_not = answers.get(person.id) or ("off_duty" if person.id not in on_duty else None)
        why_not = why_not or (None if person.id in bound else "not_bound")
        if why_not:
            found.append(Candidate(person, passed_over=why_not))
            continue
        standing = Standing(
            skills=fitting_skills(person.skills, ticket),
            region=region.covered_by(person),
            load=loads.get(person.id, 0),
            metres=distance(person, ticket),
            in_team=team is not None and team in on_duty[person.id],
        )
        found.append(Candidate(person, _weighed(standing, turn.house.policies.dispatch)))
    return sorted(found, key=_rank)


def fitting_skills(skills: Collection[str], ticket: Ticket) -> tuple[str, ...]:
    """Skills that stand in what the ticket says, or that hold the name of its device or fault (空压机 in 空压机维修)."""
    said = "\n".join(
        part
        for part in (ticket.device, ticket.device_model, ticket.fault_symptom, ticket.error_code, ticket.description)
        if part
    )
    names = [name for name in _listed(ticket.device, ticket.fault_symptom) if len(name) >= SHORTEST_NAME]
    return tuple(skill for skill in skills if holds(said, skill) or any(holds(skill, name) for name in names))


@dataclass(frozen=True, slots=True)
class _Region:
    """Where the ticket is, in the first text that names a region of any engineer."""

    place: str = ""

    @classmethod
    def of(cls, turn: Turn, ticket: Ticket, engineers: Iterable[Person]) -> _Region:
        """The ticket's own address counts before the customer's, and that before his region, as they stand now (S75)."""
        customer = turn.get(Person, ticket.customer_id)
        regions = [region for person in engineers for region in _listed(person.region)]
        for place in (ticket.address, customer.address if customer else None, customer.region if customer else None):
            if place and any(_covers(region, place) for region in regions):
                return cls(place)
        return cls()

    def covered_by(self, person: Person) -> str | None:
        return next((region for region in _listed(person.region) if self.place and _covers(region, self.place)), None)


def _covers(region: str, place: str) -> bool:
    """Whether the place lies in the region: 鄞州 or 鄞州区 in 宁波市鄞州区…路, and the other way round."""
    short = region[:-1] if len(region) > SHORTEST_NAME and region[-1] in "区县市旗" else region
    return holds(place, short)


@lru_cache(REMEMBERED)
def _listed(*texts: str | None) -> tuple[str, ...]:
    return tuple(part for text in texts if text for part in re.split(r"[、,，;；/\s]+", text) if part)


def _weighed(standing: Standing, policy: DispatchPolicy) -> Standing:
    points = (
        (policy.skill if standing.skills else 0)
        + (policy.region if standing.region else 0)
        - policy.load * standing.load
        - policy.kilometre * ((standing.metres or 0) // 1000)
    )
    return Standing(standing.skills, standing.region, standing.load, standing.metres, standing.in_team, points)


def _rank(candidate: Candidate) -> tuple[bool, bool, int, int]:
    standing = candidate.standing
    return candidate.passed_over is not None, not standing.in_team, -standing.points, candidate.person.id
