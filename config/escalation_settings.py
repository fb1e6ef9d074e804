"""Settings of escalation: thresholds, groups, and the ladders themselves as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from config.section import Count, Names, Section, listed
from core.escalation.policy import LADDERS, EscalationPolicy, Ladder, Promise, Step
from core.people.model import Role
from core.words import HOUR, MINUTE, Room

TARGET = re.compile(r"(?:duty|role):(?P<role>[a-z]+)|superior|owner|(?:roster|person|group):\S.*")


def _room(value: str) -> str:
    try:
        Room.of(value)
    except ValueError:
        raise PydanticCustomError(
            "room", "a room is written like feishu/APP_ID/oc_xxx, group:feishu/APP_ID/oc_xxx"
        ) from None
    return value


def _target(value: str) -> str:
    found = TARGET.fullmatch(value)
    if found is None or (found["role"] and found["role"] not in set(Role)):
        raise PydanticCustomError(
            "target", "duty:ROLE, role:ROLE, superior, owner, roster:NAME, person:NAME or group:NAME"
        )
    return value


Rooms = Annotated[tuple[Annotated[str, AfterValidator(_room)], ...], BeforeValidator(listed)]
Targets = Annotated[tuple[Annotated[str, AfterValidator(_target)], ...], Field(min_length=1)]


class StepSettings(Section):
    """一级 · one step of a ladder"""

    targets: Targets = Field(description="通知谁 · whom it alerts")
    routes: Names = Field(
        default=("chat",), description="途径 chat/sms/voice/渠道名 · by which routes, at the same time"
    )
    after_min: float = Field(default=0, ge=0, description="开始后几分钟 · minutes after the beginning")
    up: int = Field(default=0, ge=0, le=10, description="再往上几级 · levels above the target")
    closed: bool = Field(default=False, description="只在非工作时间 · only outside working hours")


class LadderSettings(Section):
    """升级阶梯 · who is alerted, in which order, until somebody acknowledges"""

    steps: Annotated[tuple[StepSettings, ...], Field(min_length=1)]
    rounds: Count = Field(default=1, description="重复几轮 · how often in all")
    every_min: Count = Field(default=60, description="每轮间隔，分钟 · minutes from one round to the next")

    def ladder(self) -> Ladder:
        """As the core knows it."""
        steps = [
            Step(step.targets, step.routes, int(step.after_min * MINUTE), step.up, step.closed) for step in self.steps
        ]
        return Ladder(tuple(steps), self.rounds, self.every_min * MINUTE)


class Escalation(Section):
    """升级 · what happens when nobody moves (S10, S11, S21, S34, S87, S88)"""

    fuse_min: Count = Field(
        default=60, description="P0 静默熔断，自然时间，分钟（S11） · a P0 without a processing action"
    )
    unacted_min: Count = Field(
        default=60, description="确认后仍无动作，再升一级，分钟 · acknowledged and nothing done: one level higher"
    )
    stuck_h: Count = Field(
        default=2, description="协同红线，工作时间，小时（S21） · a stage without an update, business hours"
    )
    silent_h: Count = Field(
        default=2, description="接单后无更新，工作时间，小时（S87） · silent after acceptance, business hours"
    )
    level_h: Mapping[str, Count] = Field(
        default={"B": 24},
        description="客户等级 → 未完成多少小时升一级（S88） · grade of customers → hours until one level up",
    )
    idle_h: Count = Field(
        default=72, description="无效停留，自然时间，小时（S34） · in progress without any action, wall clock"
    )
    technical_group: Rooms = Field(
        default=(), description="P0 通知的技术组群，如 dingtalk_notice/AGENT_ID/dept:12 · rooms of the technical group"
    )
    managers_group: Rooms = Field(
        default=(), description="经理群，如 group:feishu/APP_ID/oc_xxx · rooms of the managers' group"
    )
    most_on_duty: Count = Field(
        default=3, description="同时通知几位值班人 · so many of those on duty are alerted at once"
    )
    ack_key: str = Field(
        default="1", pattern=r"^[0-9*#]$", description="电话里按哪个键接手 · the key that acknowledges a call"
    )
    ladders: Mapping[Promise, LadderSettings] = Field(
        default={}, description="自定义阶梯，见 docs/escalation.md · ladders of one's own"
    )

    def policy(self) -> EscalationPolicy:
        """As the core knows it."""
        groups = {"technical": self.technical_group, "managers": self.managers_group}
        return EscalationPolicy(
            fuse=self.fuse_min * MINUTE,
            unacted=self.unacted_min * MINUTE,
            stuck=self.stuck_h * HOUR,
            silent=self.silent_h * HOUR,
            levels={grade: hours * HOUR for grade, hours in self.level_h.items()},
            idle=self.idle_h * HOUR,
            groups={name: rooms for name, rooms in groups.items() if rooms},
            ladders={**LADDERS, **{promise: given.ladder() for promise, given in self.ladders.items()}},
            most_on_duty=self.most_on_duty,
            ack_key=self.ack_key,
        )
