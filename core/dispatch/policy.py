"""Thresholds and weights of dispatch (自动派单, S58)."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import MINUTE, Micros


@dataclass(frozen=True)
class DispatchPolicy:
    """`offer`: an offer waits so long for an answer, business time; `offer_p0`: for a P0, wall clock.

    Points of a candidate: `skill` if he knows this kind of device or fault, `region` if it lies in his region; less `load`
    for each open ticket in his hands, and `kilometre` for each kilometre to go, where that is known.
    """

    offer: Micros = 10 * MINUTE
    offer_p0: Micros = 3 * MINUTE
    skill: int = 60
    region: int = 40
    load: int = 10
    kilometre: int = 1
