"""How often a telephone number may be used, what that may cost, and when nobody is disturbed (rules.md, Limits)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from core.words import DAY, HOUR, MINUTE, Micros

MOST_WAIT: Mapping[str, Micros] = {"voice": 5 * MINUTE}
"""How long a message may wait for its number before another route is the better one; an SMS waits as long as it must."""


@dataclass(frozen=True)
class Allowance:
    """At most so many uses of one number by one channel in any such span (µs)."""

    most: int
    span: Micros


ALLOWANCES: Mapping[str, tuple[Allowance, ...]] = {
    "voice": (Allowance(1, MINUTE), Allowance(5, HOUR), Allowance(20, DAY)),
    "sms": (Allowance(1, MINUTE),),
}
"""What a number is spared, unless the settings say otherwise."""


@dataclass(frozen=True)
class ReachingPolicy:
    """Limits of every number by channel; prices by channel, a day's ceiling for all of them, and the reserve above it that only
    alarms may use, in fen (`ceiling` 0: none). From `quiet_from` until `quiet_until`, local time, no progress is told unasked.
    """

    allowances: Mapping[str, tuple[Allowance, ...]] = field(default_factory=lambda: ALLOWANCES)
    prices: Mapping[str, int] = field(default_factory=lambda: {"sms": 5, "voice": 10})
    ceiling: int = 10_000
    reserve: int = 10_000
    quiet_from: time = time(22)
    quiet_until: time = time(8)
