"""Settings of the silence budget: how long a customer may hear nothing, by stage and grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from config.section import Section
from core.tickets.model import Status
from core.tickets.policy import OTHERS, SilencePolicy
from core.words import HOUR, MINUTE, Micros

Hours = Annotated[float, Field(ge=0)]
ByGrade = Mapping[str, Hours]
"""Grade of customers → hours; OTHERS stands for all other grades."""


class Silence(Section):
    """静默预算：多久没有消息就主动告诉客户；每项按客户等级，other 为其余，0 为不发 · how long a customer may hear nothing, by grade; 0: never (S97)"""

    unassigned_h: ByGrade = Field(
        default={"A": 1, "B": 2, OTHERS: 2},
        description="待接单，免打扰以外的时间，小时 · nobody has accepted, hours outside quiet hours",
    )
    accepted_h: ByGrade = Field(
        default={"A": 2, "B": 3, OTHERS: 4},
        description="已接单未约时间，免打扰以外的时间，小时 · accepted without a time, hours outside quiet hours",
    )
    on_site_h: ByGrade = Field(
        default={"A": 2, "B": 3, OTHERS: 4},
        description="现场处理中，免打扰以外的时间，小时 · on site, hours outside quiet hours",
    )
    waiting_part_h: ByGrade = Field(
        default={"A": 24, "B": 24, OTHERS: 48},
        description="等配件且无日期，自然时间，小时 · waiting for a part without a date, wall clock",
    )
    on_hold_h: ByGrade = Field(
        default={"A": 48, "B": 48, OTHERS: 72},
        description="暂停且无日期，自然时间，小时 · on hold without a date, wall clock",
    )
    p0_h: ByGrade = Field(
        default={"A": 1, "B": 1, OTHERS: 2},
        description="P0 在任何阶段，自然时间，小时 · a P0 in any stage, wall clock",
    )
    late_min: int = Field(
        default=30, ge=0, le=60, description="说好的时间过后多久告诉客户，分钟 · after a date has passed, minutes"
    )
    most: int = Field(
        default=3,
        ge=0,
        le=10,
        description="同一阶段没有新消息最多说几次，间隔逐次加倍；0 为整个关闭 · so often in a stage, each after twice as long; 0: off",
    )
    kept_messages: int = Field(
        default=3,
        ge=0,
        description="聊天窗口里留给真进展、完工和报告的条数，不够就发短信 · messages of a reply window left for real news; else an SMS",
    )

    def policy(self) -> SilencePolicy:
        """As the core knows it."""
        stages = {
            Status.UNASSIGNED: self.unassigned_h,
            Status.ACCEPTED: self.accepted_h,
            Status.ON_SITE: self.on_site_h,
            Status.WAITING_PART: self.waiting_part_h,
            Status.ON_HOLD: self.on_hold_h,
        }
        return SilencePolicy(
            budgets={status: _spans(hours) for status, hours in stages.items()},
            urgent=_spans(self.p0_h),
            late=self.late_min * MINUTE,
            most=self.most,
            kept=self.kept_messages,
        )


def _spans(hours: ByGrade) -> dict[str, Micros]:
    return {grade: round(count * HOUR) for grade, count in hours.items()}
