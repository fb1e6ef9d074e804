"""An engineer is chosen for a ticket, and the reason is kept as data (S58, S75, S107)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.dispatch.candidates import Candidate, Distance, candidates
from core.people.model import Person
from core.rules.applying import team_for
from core.store.turn import Turn
from core.tickets.model import Ticket

MOST_PASSED_OVER = 8
"""People passed over of whom the reason is kept one by one; of the others only how many they were."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engineer, and why he: his standing, the rule that named a team, and everybody who was not chosen."""

    best: Candidate
    others: tuple[Candidate, ...] = ()
    rule: str | None = None
    team: str | None = None

    @property
    def person(self) -> Person:
        return self.best.person

    @property
    def reason(self) -> dict[str, Any]:
        """The reason as plain data, to be kept in an event."""
        return {
            "standing": self.best.standing.data(),
            "rule": self.rule if self.best.standing.in_team else None,
            "team": self.team if self.best.standing.in_team else None,
            **passed_over(self.others),
        }


def choose(
    turn: Turn, ticket: Ticket, *, refused: set[int], distance: Distance = lambda person, ticket: None
) -> Choice | None:
    """The best engineer who is on duty, bound to a chat (S5b), and has not refused; None if there is none."""
    return choose_after(turn, ticket, dict.fromkeys(refused, "refused"), distance)[0]


def choose_after(
    turn: Turn, ticket: Ticket, answers: dict[int, str], distance: Distance = lambda person, ticket: None
) -> tuple[Choice | None, tuple[Candidate, ...]]:
    """As `choose`, after what people answered so far (person id → refused, unanswered); also everybody who was looked at."""
    rule = None if ticket.team else team_for(turn, ticket)
    team = rule.then.team if rule else ticket.team
    found = tuple(candidates(turn, ticket, answers, team, distance))
    if not found or found[0].passed_over:
        return None, found
    return Choice(found[0], found[1:], rule.name if rule else None, team), found


def passed_over(others: tuple[Candidate, ...]) -> dict[str, Any]:
    """Who was not chosen and why, as plain data: those who were asked before come first, then those who came close."""
    order = {"refused": 0, "unanswered": 0, None: 1, "not_bound": 2, "off_duty": 3}
    ordered = sorted(others, key=lambda other: order.get(other.passed_over, 1))
    told = [
        {"person": other.person.id, "why": other.passed_over or "behind", "standing": other.standing.data()}
        for other in ordered[:MOST_PASSED_OVER]
    ]
    return {"passed_over": told, "further": len(ordered) - len(told)}
