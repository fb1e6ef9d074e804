"""How one process and the desk as a whole stand: the store's health, the channels, the disk (健康)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from config.troubles import Trouble
from core.insight.channels import ChannelStatus, is_deaf
from core.insight.health import (
    CHECKPOINT_LATE,
    DEAD_LATELY,
    JOB_LATE,
    MESSAGE_LATE,
    NOTICE_LATE,
    RETRYING,
    TIMER_LATE,
    Health,
    health,
)
from core.store.database import Database
from core.words import MINUTE, SECOND, Micros

if TYPE_CHECKING:
    from config.desk import Desk

DISK_LEAST = 1_000_000_000
"""Bytes that must be free where the data lies: a night's media."""
ALLOWED = {
    "timer": TIMER_LATE,
    "message": MESSAGE_LATE,
    "notice": NOTICE_LATE,
    "retrying": RETRYING,
    "job": JOB_LATE,
    "checkpoint": CHECKPOINT_LATE,
    "dead_lately": DEAD_LATELY,
}
"""Each bound of the store, by the field that it bounds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that was looked at. `store` is None if the store could not be asked."""

    store: Health | None
    disk_free: int
    deaf: tuple[str, ...]
    turning: bool

    @property
    def broken(self) -> list[str]:
        """What does not hold: `store`, `pump`, `disk`, a bound of the store, or `deaf:<channel>`. Empty: all is well."""
        bounds = ["store"] if self.store is None else self.store.stalled
        own = [] if self.turning else ["pump"]
        disk = ["disk"] if self.disk_free < DISK_LEAST else []
        return [*bounds, *own, *disk, *(f"deaf:{name}" for name in self.deaf)]


def standing(desk: Desk, data_dir: Path, turning: Callable[[], bool]) -> Standing:
    """How things stand; some milliseconds, any thread."""
    now = desk.clock()
    deaf = tuple(sorted(name for name, channel in list(desk.pulse.channels.items()) if is_deaf(channel, now)))
    return Standing(_ask(desk.database, now), shutil.disk_usage(data_dir).free, deaf, turning())


def troubles(found: Health, disk_free: int) -> Iterator[Trouble]:
    """What `desk doctor` says of a store; all of it may be natural on a desk that does not run, so nothing is an error."""
    for name in found.stalled:
        value = getattr(found, name)
        shown = value if name == "dead_lately" else value // MINUTE
        yield Trouble(f"health_{name}", "warning", {"value": shown})
    for name, count in found.set_aside.items():
        yield Trouble(f"health_{name}", "warning", {"count": count})
    if disk_free < DISK_LEAST:
        yield Trouble("health_disk", "warning", {"free": disk_free // 1_000_000})


def alive(statuses: Iterable[ChannelStatus], zone: ZoneInfo) -> Iterator[Trouble]:
    """What `desk doctor` says of channels; nothing of a desk that does not run."""
    for status in statuses:
        if status.state == "asleep":
            continue
        said = {
            "channel": status.name,
            "heard": _clock(status.heard_at, zone),
            "posted": _clock(status.posted_at, zone),
        }
        if status.state == "well":
            yield Trouble("channel_well", "ok", said)
        else:
            more = {"since": _clock(status.since, zone), "restarts": status.restarts}
            yield Trouble(f"channel_{status.state}", "warning", said | more)


def _clock(at: Micros | None, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / SECOND, zone).strftime("%m-%d %H:%M:%S") if at else "–"


def _ask(database: Database, now: Micros) -> Health | None:
    try:
        with database.reading() as connection:
            return health(connection, now)
    except Exception:
        return None
