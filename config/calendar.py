"""The calendar: ticks that only wake the pump. It holds no state; what must not be lost is a row in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler

SAFETY_TICK = 30
"""Seconds between two wake-ups of the pump, should every other one have been lost."""
DEFAULTS: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""A tick that comes late still comes, and comes once."""


class Calendar:
    """Ticks in this process's memory. A tick that makes something happen inserts a row under a key of its own date."""

    def __init__(self, kick: Callable[[], None], zone: ZoneInfo, tick: float = SAFETY_TICK) -> None:
        self._scheduler = AsyncIOScheduler(timezone=zone, job_defaults=DEFAULTS, event_loop=asyncio.get_running_loop())
        self._scheduler.add_job(kick, "interval", seconds=tick, id="safety tick")

    def every(self, seconds: float, call: Callable[[], Any], name: str) -> None:
        """Call now, when the calendar starts, and then at these intervals."""
        self._scheduler.add_job(call, "interval", seconds=seconds, id=name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
