"""What happens when nobody moves: thresholds (rules.md, Durations), and ladders of steps as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from core.words import DAY, HOUR, MINUTE, Micros


class Promise(StrEnum):
    """What was promised about a ticket. Where several are broken at once, the first of this list is told (S88 over S9)."""

    FUSE = "fuse"
    LEVEL = "level"
    RESOLUTION = "resolution"
    RESPONSE = "response"
    STUCK = "stuck"
    SILENT = "silent"
    IDLE = "idle"
    ALARM = "alarm"


@dataclass(frozen=True)
class Step:
    """Whom a step alerts, by which routes at the same time, and how long `after` the episode began (µs).

    Targets: duty:ROLE, role:ROLE, superior (of whoever must act), owner, roster:NAME, person:NAME, group:NAME. Routes: chat, sms,
    voice, or a channel's name. `up`: levels above the target. `closed`: only outside working hours.
    """

    targets: tuple[str, ...]
    routes: tuple[str, ...] = ("chat",)
    after: Micros = 0
    up: int = 0
    closed: bool = False


@dataclass(frozen=True)
class Ladder:
    """Steps until somebody entitled acknowledges; then again from the first after `every` µs, `rounds` times in all."""

    steps: tuple[Step, ...]
    rounds: int = 1
    every: Micros = HOUR

    def moments(self) -> list[tuple[Micros, Step]]:
        """When after its beginning, and with what, an episode alerts; in order of time."""
        found = [(lap * self.every + step.after, step) for lap in range(self.rounds) for step in self.steps]
        return sorted(found, key=lambda moment: moment[0])

    def snapshot(self) -> dict[str, Any]:
        """As an episode keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """The ladder that was kept."""
        steps = [
            Step(tuple(one["targets"]), tuple(one["routes"]), one["after"], one["up"], one["closed"])
            for one in kept["steps"]
        ]
        return cls(tuple(steps), kept["rounds"], kept["every"])


LADDERS: Mapping[str, Ladder] = {
    Promise.ALARM: Ladder(
        (
            Step(("duty:engineer",), ("sms",)),
            Step(("group:technical", "group:managers")),
            Step(("duty:engineer",), ("voice",), closed=True),
            Step(("duty:manager",), ("chat", "voice"), after=5 * MINUTE, closed=True),
        )
    ),
    Promise.FUSE: Ladder(
        (
            Step(("duty:manager",), ("chat", "voice")),
            Step(("group:managers",)),
            Step(("duty:manager",), ("chat", "voice"), after=10 * MINUTE, up=1),
            Step(("role:manager",), ("chat", "voice"), after=20 * MINUTE),
        ),
        rounds=6,
    ),
    Promise.LEVEL: Ladder((Step(("superior",)),)),
    Promise.RESPONSE: Ladder((Step(("owner", "superior")),)),
    Promise.RESOLUTION: Ladder((Step(("owner", "superior")),)),
    Promise.STUCK: Ladder((Step(("superior",), ("feishu", "chat")),)),
    Promise.SILENT: Ladder((Step(("superior",), ("feishu", "chat")),)),
    Promise.IDLE: Ladder((Step(("duty:manager",)),)),
}
"""Who hears of which broken promise, unless the settings say otherwise."""

TOGETHER: tuple[str, ...] = ("chat", "sms", "voice")
"""Routes that stand on their own; any other is one way among several, the first by which somebody can be reached."""


@dataclass(frozen=True)
class EscalationPolicy:
    """Thresholds in µs. `fuse`: a P0 without a processing action (S11); `unacted`: after an acknowledgement; `stuck`: a stage
    without update (S21); `silent`: after acceptance (S87); `levels`: grade of customers → age at which their ticket goes one
    level up (S88); `idle`: in progress without action (S34). `late`: from so much on an alarm says that it is late.

    `groups`: name → rooms. `fallback`: routes to try when one has failed. `most_on_duty`: so many of those on duty are alerted at once.
    """

    fuse: Micros = 60 * MINUTE
    unacted: Micros = 60 * MINUTE
    stuck: Micros = 2 * HOUR
    silent: Micros = 2 * HOUR
    levels: Mapping[str, Micros] = field(default_factory=lambda: {"B": DAY})
    idle: Micros = 3 * DAY
    late: Micros = 2 * MINUTE
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=lambda: LADDERS)
    fallback: tuple[str, ...] = ("chat", "sms", "voice")
    most_on_duty: int = 3
    ack_key: str = "1"

    def thresholds(self) -> dict[str, Any]:
        """What decides when a promise is broken, as the event log keeps it."""
        names = ("fuse", "unacted", "stuck", "silent", "idle")
        return {**{name: getattr(self, name) for name in names}, "levels": dict(self.levels)}

    def ladder(self, promise: str) -> Ladder:
        """The ladder of a promise."""
        return self.ladders.get(promise, LADDERS[promise])
