"""How every channel does, over all processes: each writes it down once a minute, the doctor and the board read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import bindparam, select

from core.pulse import ChannelPulse
from core.store.database import Connection
from core.store.model import ShelfRow
from core.store.turn import Turn
from core.words import MINUTE, Channel, Micros

DEAF = 5 * MINUTE
"""A channel whose loop has been down for so long, or whose posts have failed for so long, is out of order."""
FAILURES = 3
"""So many posts in a row must have failed: one that is not repeated, with nothing after it, says little."""
LASTS = 3 * MINUTE
"""For how long a process's word on a channel counts: three times as long as it takes to say it again."""

State = Literal["well", "failing", "down", "asleep"]
"""down: its loop has died and not lived on yet; failing: no post has succeeded for a while; asleep: no process runs it."""
BY_HARM: tuple[State, ...] = ("down", "failing", "well", "asleep")
PREFIX = "channel:"

_kept = select(ShelfRow.table).where(ShelfRow.table.c.name == bindparam("name"))


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel. `heard_at` and `posted_at`: its last message in and out; `sign_at`: the last sign of life of its connection,
    if it has one; `since`: how long the state has lasted, unless it is well; `restarts`: deaths of its loop, over the
    processes that live."""

    name: str
    state: State
    heard_at: Micros | None = None
    posted_at: Micros | None = None
    sign_at: Micros | None = None
    since: Micros | None = None
    restarts: int = 0


def is_deaf(channel: ChannelPulse, now: Micros) -> bool:
    """Whether a channel has been out of order for too long."""
    failing = channel.failing_since if channel.failures >= FAILURES else None
    return any(since is not None and now - since > DEAF for since in (channel.down_since, failing))


def tell(turn: Turn, holder: str, channels: Mapping[str, Channel], pulses: Mapping[str, ChannelPulse]) -> None:
    """Write down how this process's channels do."""
    for name, channel in channels.items():
        pulse = pulses.get(name) or ChannelPulse()
        row = turn.get(ShelfRow, PREFIX + name, lock=True) or turn.add(ShelfRow(name=PREFIX + name, value="{}"))
        known = orjson.loads(row.value)
        said = {who: word for who, word in known.get("said", {}).items() if word["until"] > turn.now}
        said[holder] = {
            "state": _state(pulse),
            "since": pulse.down_since or (pulse.failing_since if pulse.failures >= FAILURES else None),
            "sign_at": getattr(channel, "sign", None),
            "restarts": pulse.restarts,
            "until": turn.now + LASTS,
        }
        heard_at = _later(known.get("heard_at"), pulse.heard_at)
        posted_at = _later(known.get("posted_at"), pulse.posted_at)
        row.value = orjson.dumps({"heard_at": heard_at, "posted_at": posted_at, "said": said}).decode()


def status_of(connection: Connection, name: str, now: Micros) -> ChannelStatus:
    """How a channel does at this instant; asleep if no process has said anything of it for a while."""
    found = connection.one(_kept, name=PREFIX + name)
    known: dict[str, Any] = orjson.loads(ShelfRow.from_db(found).value) if found else {}
    said = [word for word in known.get("said", {}).values() if word["until"] > now]
    worst: dict[str, Any] = min(said, key=lambda word: BY_HARM.index(word["state"]), default={"state": "asleep"})
    return ChannelStatus(
        name,
        worst["state"],
        known.get("heard_at"),
        known.get("posted_at"),
        max((word["sign_at"] for word in said if word["sign_at"]), default=None),
        worst.get("since"),
        sum(word["restarts"] for word in said),
    )


def _state(pulse: ChannelPulse) -> State:
    if pulse.down_since is not None:
        return "down"
    return "failing" if pulse.failures >= FAILURES else "well"


def _later(one: Micros | None, other: Micros | None) -> Micros | None:
    return max(filter(None, (one, other)), default=None)
