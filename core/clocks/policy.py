"""Service levels (服务时限): how soon somebody must really respond, act and be done, and on which clock (S7, S9, S12, S21)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from core.rules.containing import holds
from core.words import HOUR, MINUTE, SECOND, Micros

PRIORITIES = ("P0", "P1", "P2")


class Goal(StrEnum):
    """What is promised: 首响, 首个实质动作, 解决, 环节停留."""

    RESPONSE = "first_response"
    ACTION = "first_action"
    RESOLUTION = "resolution"
    IDLE = "stage_idle"


class Runs(StrEnum):
    """On which clock a span runs: 自然时间 (24 × 7), or 工作时间 (the business calendar)."""

    WALL = "wall"
    BUSINESS = "business"


CUSTOMARY = {"P0": Runs.WALL}
"""The clock of a priority where nobody says; of the others it is business time (rules.md: P0 always runs on the wall clock)."""


@dataclass(frozen=True, slots=True)
class Target:
    """So much time, on this clock. Kept by whoever is done at the last instant of it."""

    span: Micros
    runs: Runs = Runs.WALL


@dataclass(frozen=True, slots=True)
class Case:
    """What an exception may ask of a ticket besides its priority: the grade of its customer, its entity, its device in words."""

    level: str | None = None
    entity: str = "main"
    device: str = ""


@dataclass(frozen=True)
class Exempt:
    """An exception to the general service level, for tickets of which all that it asks holds. None asks nothing.

    `devices`: one of these words stands in the device. `spans`: goal → µs, on the clock `runs`, or where that is None on the one
    of the general rule, else on the customary one.
    """

    name: str
    level: str | None = None
    entity: str | None = None
    devices: tuple[str, ...] = ()
    priority: str | None = None
    spans: Mapping[str, Micros] = field(default_factory=dict)
    runs: Runs | None = None

    def fits(self, case: Case) -> bool:
        """Whether it is meant for such a ticket, of whatever priority."""
        return (
            self.level in (None, case.level)
            and self.entity in (None, case.entity)
            and (not self.devices or any(holds(case.device, word) for word in self.devices))
        )


@dataclass(frozen=True)
class ServiceLevel:
    """What is promised by priority, in µs; `p0_alert` is the first alarm of a P0 (S10).

    `business`: priorities whose first response is due in business time. `further`: goal → priority → target, for the other goals;
    a goal that is not there is not promised. `pauses`: statuses in which the time to the resolution stands still, besides on hold,
    which stops every clock. `exempt`: exceptions; of those that fit, the first that names a goal decides about it.
    """

    p0_first_response: Micros = 60 * MINUTE
    p1_first_response: Micros = 2 * HOUR
    p2_first_response: Micros = 24 * HOUR
    p0_alert: Micros = 15 * SECOND
    business: frozenset[str] = frozenset({"P1"})
    further: Mapping[str, Mapping[str, Target]] = field(default_factory=dict)
    pauses: frozenset[str] = frozenset({"waiting_part"})
    exempt: tuple[Exempt, ...] = ()

    def first_response(self, priority: str) -> Micros:
        """The general span of a first response."""
        return {"P0": self.p0_first_response, "P1": self.p1_first_response}.get(priority, self.p2_first_response)

    def target(self, goal: str, priority: str, names: Collection[str] = ()) -> Target | None:
        """What is promised to a ticket for which the exceptions of these names hold; None: nothing."""
        usual = self._usual(goal, priority)
        for one in self.exempt if names else ():
            if one.name in names and one.priority in (None, priority) and goal in one.spans:
                return Target(
                    one.spans[goal], one.runs or (usual.runs if usual else CUSTOMARY.get(priority, Runs.BUSINESS))
                )
        return usual

    def names_for(self, case: Case) -> tuple[str, ...]:
        """The names of the exceptions that fit."""
        return tuple(one.name for one in self.exempt if one.fits(case))

    def promises(self, goal: str) -> bool:
        """Whether anybody is promised this."""
        return goal == Goal.RESPONSE or goal in self.further or any(goal in one.spans for one in self.exempt)

    def _usual(self, goal: str, priority: str) -> Target | None:
        if goal == Goal.RESPONSE:
            return Target(self.first_response(priority), Runs.BUSINESS if priority in self.business else Runs.WALL)
        return self.further.get(goal, {}).get(priority)

    def data(self) -> dict[str, Any]:
        """As the event log keeps it."""
        return {
            "first_response": {one: self.first_response(one) for one in PRIORITIES},
            "p0_alert": self.p0_alert,
            "business": sorted(self.business),
            "further": {
                str(goal): {priority: [target.span, str(target.runs)] for priority, target in targets.items()}
                for goal, targets in self.further.items()
            },
            "pauses": sorted(self.pauses),
            "exempt": [
                {**vars(one), "devices": list(one.devices), "spans": {str(goal): span for goal, span in one.spans.items()}}
                for one in self.exempt
            ],
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """The service level that was kept."""
        spans = kept["first_response"]
        return cls(
            p0_first_response=spans["P0"],
            p1_first_response=spans["P1"],
            p2_first_response=spans["P2"],
            p0_alert=kept["p0_alert"],
            business=frozenset(kept["business"]),
            further={
                goal: {priority: Target(span, Runs(runs)) for priority, (span, runs) in targets.items()}
                for goal, targets in kept["further"].items()
            },
            pauses=frozenset(kept["pauses"]),
            exempt=tuple(
                Exempt(**{**one, "devices": tuple(one["devices"]), "runs": Runs(one["runs"]) if one["runs"] else None})
                for one in kept["exempt"]
            ),
        )
