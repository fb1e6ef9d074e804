"""Beside a running desk: makes checkpoints, tells Prometheus how things stand, and tells an outside watchdog that all is well.

The watchdog notices silence. So the heartbeat is sent only while every bound holds; whatever breaks, and a machine that is
gone altogether, looks the same from outside: nobody has called.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import sys
from collections.abc import Callable

import httpx

from config.auditing import AuditKey, Checkpoints
from config.calendar import Calendar
from config.carrying import carry_out
from config.desk import Desk
from config.keys import KEY_FILE, derived_key, web_key
from config.metrics import Metrics
from config.settings import Settings
from config.standing import Standing, standing
from core.insight import channels

log = logging.getLogger("huiying.health")

BEAT = 60
"""Seconds between two heartbeats."""
CHECKPOINT_TICK = 300
"""Seconds between two looks whether a checkpoint is due."""
PATIENCE = 10.0
"""Seconds that the watchdog has to answer."""
NAME = "{name}"
"""What stands in `heartbeat_url` for this process's own name (machine and port)."""


def metrics_key_of(key: str) -> str:
    """The key to the metrics, from the key of our pages."""
    return derived_key(key, "metrics")[:32]


class Watch:
    """One process's watch. `turning` tells whether its pump turns, `key` is the key of our pages."""

    def __init__(self, desk: Desk, settings: Settings, key: str, turning: Callable[[], bool]):
        self._desk, self._settings, self._turning = desk, settings, turning
        self.checkpoints = Checkpoints(desk, AuditKey(key), settings.checkpoint_folder)
        calendar = desk.house.policies.calendar
        self._metrics = Metrics(desk.pulse, self.look, lambda: desk.pump.conflicts, desk.clock, calendar)
        self._broken: list[str] = []
        self.metrics_key = metrics_key_of(key)

    def begin(self, calendar: Calendar) -> None:
        """Have the calendar call us."""
        calendar.every(CHECKPOINT_TICK, self.checkpoints.tick, "checkpoints")
        calendar.every(BEAT, self.beat, "heartbeat")
        calendar.every(BEAT, self.tell, "channels")

    async def tell(self) -> None:
        """Write down how this process's channels do."""
        desk = self._desk
        try:
            await desk.act(lambda turn: channels.tell(turn, desk.pump.holder, desk.channels, desk.pulse.channels))
        except Exception as error:
            log.warning("how the channels do was not written down: %s", type(error).__name__)

    def look(self) -> Standing:
        """How things stand; some milliseconds, any thread."""
        return standing(self._desk, self._settings.data_dir, self._turning)

    def metrics(self) -> bytes:
        """What Prometheus reads."""
        return self._metrics.text()

    async def beat(self) -> bool:
        """Say that all is well, if it is; whether the watchdog has heard it."""
        broken = (await asyncio.to_thread(self.look)).broken
        if broken != self._broken:
            log.log(logging.WARNING if broken else logging.INFO, "bounds: %s", ", ".join(broken) or "all hold")
            self._broken = broken
        url = self._settings.heartbeat_url
        if broken or url is None:
            return False
        return await self._call(url.replace(NAME, f"{socket.gethostname()}-{self._settings.listen_port}"))

    async def _call(self, url: str) -> bool:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as client:
                answer = await client.get(url)
        except httpx.HTTPError as error:
            log.warning("the watchdog was not reached: %s", type(error).__name__)
            return False
        if not answer.is_success:
            log.warning("the watchdog refused", extra={"status": answer.status_code})
        return answer.is_success


def metrics_key_command(argv: list[str]) -> int:
    """Print the key for Prometheus' `credentials_file`. The exit status: 1 if there is none yet."""
    argparse.ArgumentParser(
        prog="desk metrics-key", description="the key with which Prometheus reads /metrics"
    ).parse_args(argv)

    def show(settings: Settings) -> int:
        if settings.web_key is None and not (settings.data_dir / KEY_FILE).exists():
            print("先启动一次 desk serve · start desk serve once first", file=sys.stderr)
            return 1
        print(metrics_key_of(web_key(settings)))
        return 0

    return carry_out(show)
