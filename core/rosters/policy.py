"""Thresholds of rosters (值班表)."""

from __future__ import annotations

from dataclasses import dataclass

from core.words import DAY, Micros


@dataclass(frozen=True)
class RosterPolicy:
    """`hole_ahead`: so long before a hole begins the managers hear of it, and then every `hole_again` until it is filled;
    both on the wall clock."""

    hole_ahead: Micros = 3 * DAY
    hole_again: Micros = DAY
