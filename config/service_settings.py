"""Settings of the service level: what is promised to whom, on which clock, and the exceptions to it as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from config.section import Count, Names, Section, listed
from core.clocks.policy import Exempt, Goal, Runs, ServiceLevel, Target
from core.words import HOUR, MINUTE, SECOND

Priority = Literal["P0", "P1", "P2"]
Priorities = Annotated[tuple[Priority, ...], BeforeValidator(listed)]
Pausing = Annotated[tuple[Literal["unassigned", "accepted", "on_site", "waiting_part"], ...], BeforeValidator(listed)]


class ExceptionSettings(Section):
    """例外 · tickets to which something else is promised; whatever is left out, holds for all"""

    name: Annotated[str, Field(min_length=1)] = Field(description="名称 · what it is called")
    level: str | None = Field(default=None, description="客户等级，如 A · grade of the customer")
    entity: str | None = Field(default=None, description="法人 · legal entity")
    devices: Names = Field(default=(), description="设备里有这些词之一 · one of these words stands in the device")
    priority: Priority | None = Field(default=None, description="优先级 · priority")
    first_response_min: Count | None = Field(default=None, description="首响，分钟 · first response")
    first_action_min: Count | None = Field(default=None, description="首个实质动作，分钟 · first processing action")
    resolution_min: Count | None = Field(default=None, description="解决，分钟 · resolution")
    stage_idle_min: Count | None = Field(default=None, description="环节停留，分钟 · a stage without an update")
    clock: Literal["wall", "business"] | None = Field(
        default=None, description="按自然时间 wall 或工作时间 business；不写则与一般规定相同 · on which clock"
    )

    def exempt(self) -> Exempt:
        """As the core knows it."""
        named = {
            Goal.RESPONSE: self.first_response_min,
            Goal.ACTION: self.first_action_min,
            Goal.RESOLUTION: self.resolution_min,
            Goal.IDLE: self.stage_idle_min,
        }
        spans: dict[str, int] = {goal: minutes * MINUTE for goal, minutes in named.items() if minutes is not None}
        runs = Runs(self.clock) if self.clock else None
        return Exempt(self.name, self.level, self.entity, self.devices, self.priority, spans, runs)


class ServiceLevelSettings(Section):
    """时限 · how soon somebody must answer, act and be done (S7, S9, S10)"""

    p0_first_response_min: Count = Field(
        default=60, description="P0 首响目标，自然时间，分钟 · P0 first response, wall clock"
    )
    p0_alert_within_s: Count = Field(default=15, description="P0 首次告警，秒 · P0 first alarm after commit")
    p1_first_response_h: Count = Field(
        default=2, description="P1 首响，工作时间，小时 · P1 first response, business hours"
    )
    p2_first_response_h: Count = Field(
        default=24, description="P2 首响，自然时间，小时 · P2 first response, wall clock"
    )
    first_response_business: Priorities = Field(
        default=("P1",), description="首响按工作时间计的优先级 · priorities whose first response runs in business time"
    )
    first_action_min: Mapping[Priority, Count] = Field(
        default={},
        description="首个实质动作时限，分钟，如 { P0 = 30 }；不写则不承诺 · first processing action, minutes",
    )
    first_action_business: Priorities = Field(
        default=("P1", "P2"), description="首个实质动作按工作时间计的优先级 · of them, those in business time"
    )
    resolution_h: Mapping[Priority, Count] = Field(
        default={}, description="解决时限，小时，如 { P0 = 8, P1 = 48 }；不写则不承诺 · resolution, hours"
    )
    resolution_business: Priorities = Field(
        default=("P1", "P2"), description="解决时限按工作时间计的优先级 · of them, those in business time"
    )
    resolution_pauses: Pausing = Field(
        default=("waiting_part",),
        description="解决时限在这些状态暂停；挂起时一切时限暂停 · statuses in which the time to the resolution stands still",
    )
    exception: tuple[ExceptionSettings, ...] = Field(
        default=(), description="例外，见 docs/clocks.md：先写的先用 · exceptions, the first that fits counts"
    )

    def policy(self) -> ServiceLevel:
        """As the core knows it."""
        further = {
            Goal.ACTION: _targets(self.first_action_min, MINUTE, self.first_action_business),
            Goal.RESOLUTION: _targets(self.resolution_h, HOUR, self.resolution_business),
        }
        return ServiceLevel(
            p0_first_response=self.p0_first_response_min * MINUTE,
            p1_first_response=self.p1_first_response_h * HOUR,
            p2_first_response=self.p2_first_response_h * HOUR,
            p0_alert=self.p0_alert_within_s * SECOND,
            business=frozenset(self.first_response_business),
            further={goal: targets for goal, targets in further.items() if targets},
            pauses=frozenset(self.resolution_pauses),
            exempt=tuple(one.exempt() for one in self.exception),
        )


def _targets(spans: Mapping[Priority, int], unit: int, business: Priorities) -> dict[str, Target]:
    return {
        priority: Target(count * unit, Runs.BUSINESS if priority in business else Runs.WALL)
        for priority, count in spans.items()
    }
