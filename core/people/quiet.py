"""Quiet hours: what the desk tells of its own accord about progress waits for the morning (rules.md)."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.store.turn import Turn
from core.wording import local
from core.words import SECOND, Micros


def quiet_until(turn: Turn) -> Micros | None:
    """When the quiet hours that hold now are over, or None if none do."""
    policy, now = turn.house.policies.reaching, local(turn.now, turn.house.zone)
    begins, ends, clock = policy.quiet_from, policy.quiet_until, now.time()
    in_them = begins <= clock < ends if begins < ends else begins != ends and (clock >= begins or clock < ends)
    if not in_them:
        return None
    day = now.date() + timedelta(days=1 if clock >= ends else 0)
    return round(datetime.combine(day, ends, turn.house.zone).timestamp()) * SECOND
