"""审计 张三 7天: what somebody did, when, where, and whether he only clicked (S8, S35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.words import SECOND, Micros

BURST = 5
"""So many status changes …"""
BURST_WITHIN = 60 * SECOND
"""… within this time are clicking, not work."""
CLICKS = frozenset({"ticket.accepted", "ticket.arrived", "ticket.closed", "ticket.resumed", "ticket.completed"})
"""Events that change a status by one act."""
MOST = 500
"""Most actions that are listed at once."""

_event = Event.table.c
_by = (
    select(Event.table)
    .where(_event.by == bindparam("person_id"), _event.at >= bindparam("since"))
    .order_by(_event.at.desc(), _event.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Audit:
    """Somebody's actions, the newest first, and the bursts of clicks among them (when each began, and how many)."""

    actions: Sequence[Event]
    bursts: Sequence[tuple[Micros, int]]


def audit(turn: Turn, person: Person, since: Micros) -> Audit:
    """What a person did from an instant on."""
    actions = turn.rows(Event, _by, person_id=person.id, since=since)
    return Audit(actions, bursts([event.at for event in reversed(actions) if event.kind in CLICKS]))


def bursts(times: Sequence[Micros]) -> list[tuple[Micros, int]]:
    """Runs of at least BURST instants (rising), each so close to its neighbours that BURST of them fit in BURST_WITHIN."""
    found: list[tuple[Micros, int]] = []
    start = 0
    while start + BURST <= len(times):
        end = start
        while end + BURST <= len(times) and times[end + BURST - 1] - times[end] < BURST_WITHIN:
            end += 1
        if end > start:
            found.append((times[start], end + BURST - 1 - start))
            start = end + BURST - 1
        else:
            start += 1
    return found
