"""The people at the other end: how each takes a call, and how often one may be called or written to."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from core.words import DAY, HOUR, MINUTE, Clock, Micros

RING_SECONDS = 3.0
HEARS_SECONDS = 12.0
"""How long the prompt takes."""
MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0\d{9,11}")
CALLS = ((MINUTE, 1, "分钟"), (HOUR, 5, "小时"), (DAY, 20, "天"))
"""Most calls to a number in a time, failed ones too, and what the time is called."""
TEXTS = ((DAY, 50, "天"),)
"""Most notices of a sign and template to a number in a time."""


class Takes(StrEnum):
    """How somebody takes a call."""

    ANSWERS = "answers"
    """Listens and presses what he is told to."""
    LISTENS = "listens"
    """Listens to the end and presses nothing."""
    HANGS_UP = "hangs up"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    DECLINES = "declines"
    OFF = "off"
    INVALID = "invalid"


@dataclass(frozen=True)
class Callee:
    """Somebody with a phone: how he takes calls, and the keys that he presses."""

    takes: Takes = Takes.ANSWERS
    keys: str = "1"


@dataclass(frozen=True)
class Rung:
    """A call as it reached somebody: its words, and the keys that were pressed."""

    at: Micros
    to: str
    text: str
    ref: str
    callee: Callee


@dataclass(frozen=True)
class Texted:
    """A message as it reached somebody."""

    at: Micros
    to: str
    text: str
    ref: str


class Often:
    """Counts by name, and says which limit one more would break."""

    def __init__(self, clock: Clock, limits: tuple[tuple[Micros, int, str], ...]) -> None:
        self._clock, self._limits = clock, limits
        self._times: dict[str, list[Micros]] = defaultdict(list)

    def broken(self, name: str) -> tuple[str, int] | None:
        """Name and number of the limit that stands in the way; None counts one more."""
        now, times = self._clock(), self._times[name]
        for span, most, called in reversed(self._limits):
            if sum(now - time < span for time in times) >= most:
                return called, most
        times.append(now)
        return None
