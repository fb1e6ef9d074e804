"""Which service levels and which calendar held when: recorded whenever a desk begins with others than it had (S9).

One event per change on the stream of its entity. Without it an account of a former ticket could not be computed again.
"""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import bindparam, select

from core.clocks.account import Bound
from core.clocks.calendar import Calendar, Day, Shift
from core.clocks.policy import ServiceLevel
from core.policies import Policies
from core.store.model import Event
from core.store.turn import Turn
from core.words import Micros

CHANGED = "policy.changed"
REMEMBERED = 64
"""Policies that are kept taken apart."""

_event = Event.table.c
_all = select(_event.at, _event.data).where(_event.stream == bindparam("stream")).order_by(_event.seq)
_last = select(Event.table).where(_event.stream == bindparam("stream")).order_by(_event.seq.desc()).limit(1)


def stream_of(entity: str) -> str:
    """The chain of an entity's policies."""
    return f"policy:{entity}"


def record_policies(turn: Turn) -> Event | None:
    """Record the policies of this house if they are not those recorded last; the event, or None."""
    policies = turn.house.policies
    data = {
        "service_level": policies.service_level.data(),
        "calendar": calendar_data(policies.calendar),
        "escalation": policies.escalation.thresholds(),
    }
    last = turn.first(Event, _last, stream=stream_of(policies.entity))
    if last is not None and _plain(last.data) == _plain(data):
        return None
    return turn.record(CHANGED, entity=policies.entity, stream=stream_of(policies.entity), data=data)


def bounds_since(turn: Turn, entity: str, start: Micros) -> list[Bound]:
    """The policies that held at an instant, and all later ones; those of this house where none are recorded."""
    found = turn.ask(_all, stream=stream_of(entity))
    if not found:
        return [_of(0, turn.house.policies)]
    earlier, later = [row for row in found if row[0] <= start], [row for row in found if row[0] > start]
    return [Bound(at, *_read(data)) for at, data in [*(earlier[-1:]), *later]]


def calendar_data(calendar: Calendar) -> dict[str, Any]:
    """A calendar as the event log keeps it."""
    return {
        "week": [[_shift(shift) for shift in shifts] for shifts in calendar.week],
        "days": {
            day.isoformat(): [[_shift(shift) for shift in of.shifts], of.name]
            for day, of in sorted(calendar.days.items())
        },
        "years": sorted(calendar.years) if calendar.years is not None else None,
        "zone": str(calendar.zone),
    }


def calendar_of(kept: dict[str, Any]) -> Calendar:
    """The calendar that was kept."""
    return Calendar(
        tuple(tuple(map(_shift_of, shifts)) for shifts in kept["week"]),
        {
            date.fromisoformat(day): Day(tuple(map(_shift_of, shifts)), name)
            for day, (shifts, name) in kept["days"].items()
        },
        frozenset(kept["years"]) if kept["years"] is not None else None,
        ZoneInfo(kept["zone"]),
    )


def _of(at: Micros, policies: Policies) -> Bound:
    return Bound(at, policies.service_level, policies.calendar)


@lru_cache(REMEMBERED)
def _read(data: str) -> tuple[ServiceLevel, Calendar]:
    kept = orjson.loads(data)
    return ServiceLevel.of(kept["service_level"]), calendar_of(kept["calendar"])


def _plain(data: dict[str, Any]) -> Any:
    return orjson.loads(orjson.dumps(data))


def _shift(shift: Shift) -> str:
    return f"{shift.opens.isoformat()}/{shift.closes.isoformat()}"


def _shift_of(text: str) -> Shift:
    opens, _, closes = text.partition("/")
    return Shift(time.fromisoformat(opens), time.fromisoformat(closes))
