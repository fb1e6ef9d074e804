"""A date that a customer was told (约定的时间)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.words import Micros


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised for `at`: a visit, parts, the end of a pause. It is broken when nothing is heard of it `until` then."""

    what: Literal["visit", "part", "hold"]
    at: Micros
    until: Micros
