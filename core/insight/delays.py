"""How long customers wait for a first response, and how much of it is waiting for dispatch (首响, 派单耗时; S4, S61).

Computed from events alone, so that every figure can be computed again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import or_

from core.clocks.history import RESPONSES
from core.insight.stories import STORIES
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.words import Micros

TOLD_OF = (Happened.REPORTED, Happened.ACCEPTED, Happened.UNDONE, *sorted(RESPONSES))

_of_reported = STORIES.where(or_(*(Event.table.c.kind == kind for kind in TOLD_OF)))


@dataclass(frozen=True, slots=True)
class Delays:
    """`answered`: tickets with a first response; `waiting`: those without. Means are over the answered, in microseconds:
    `first_response` from the report on, of it `dispatch` until somebody accepted, `handling` from then on; `dispatch_share`
    is dispatch over first_response (0 to 1). None where nothing was answered, or nobody waited."""

    answered: int
    waiting: int
    first_response: Micros | None
    dispatch: Micros | None
    handling: Micros | None
    dispatch_share: float | None


def delays(turn: Turn, entity: str, since: Micros, until: Micros) -> Delays:
    """The delays of tickets reported from `since` on and before `until`. Imported tickets do not count."""
    stories: dict[str, list[Event]] = defaultdict(list)
    for event in turn.rows(Event, _of_reported, entity=entity, since=since, until=until):
        stories[event.stream].append(event)
    told = [story for story in stories.values() if not story[0].data.get("imported")]
    waits = [wait for story in told if (wait := _waits(story)) is not None]
    total, dispatch = sum(total for total, _ in waits), sum(dispatch for _, dispatch in waits)
    count = len(waits)
    return Delays(
        answered=count,
        waiting=len(told) - count,
        first_response=total // count if count else None,
        dispatch=dispatch // count if count else None,
        handling=(total - dispatch) // count if count else None,
        dispatch_share=dispatch / total if total else None,
    )


def _waits(story: list[Event]) -> tuple[Micros, Micros] | None:
    """From the report to the first response, and of that to the first acceptance; None without a response.

    What was taken back has not happened. Who answers before anybody has accepted has waited for dispatch all the time.
    """
    undone = {event.data["cause"] for event in story if event.kind == Happened.UNDONE}
    stands = [event for event in story if event.cause not in undone]
    reported = story[0].at
    responded = min((event.at for event in stands if event.kind in RESPONSES), default=None)
    if responded is None:
        return None
    accepted = min((event.at for event in stands if event.kind == Happened.ACCEPTED), default=responded)
    return responded - reported, min(accepted, responded) - reported
