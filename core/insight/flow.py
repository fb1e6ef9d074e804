"""How tickets flow: how long a hand-over takes, how often they change hands, and how many come too late (S61, S62).

Computed from events alone, so that every figure can be computed again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.clocks.account import State, account
from core.clocks.history import history_of, standing
from core.clocks.recorded import bounds_since
from core.insight.stories import STORIES
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.words import Micros

SENT = frozenset({Happened.OFFERED, Happened.TRANSFERRED})
"""A ticket is on its way to somebody."""
ANSWERED = SENT | {Happened.ACCEPTED, Happened.TRANSFER_REFUSED, Happened.OFFER_UNANSWERED}
"""It has arrived there, came back, or was sent on."""
DECIDED = frozenset({State.MET, State.BREACHED, State.STOPPED})


@dataclass(frozen=True, slots=True)
class Flow:
    """`steps`: hand-overs that were answered, `step`: their mean time (单次流转). `handed_over`: transfers from one owner to another,
    `often`: tickets with more of them than the policy allows. `decided`: tickets of which every promise was kept or broken, or
    one was broken already; `overdue`: those with a broken one; `overdue_rate` 0 to 1. None where there is nothing to divide by."""

    tickets: int
    steps: int
    step: Micros | None
    handed_over: int
    often: int
    decided: int
    overdue: int
    overdue_rate: float | None


def flow(turn: Turn, entity: str, since: Micros, until: Micros) -> Flow:
    """The flow of tickets reported from `since` on and before `until`, as it stands now. Imported tickets do not count."""
    stories: dict[str, list[Event]] = defaultdict(list)
    for event in turn.rows(Event, STORIES, entity=entity, since=since, until=until):
        stories[event.stream].append(event)
    told = [story for story in stories.values() if not story[0].data.get("imported")]
    steps = [step for story in told for step in hand_over_steps(story)]
    handed = [sum(_is_transfer(event) for event in standing(story)) for story in told]
    verdicts = [verdict for story in told if (verdict := _overdue(turn, entity, story)) is not None]
    return Flow(
        tickets=len(told),
        steps=len(steps),
        step=sum(steps) // len(steps) if steps else None,
        handed_over=sum(handed),
        often=sum(count > turn.house.policies.tickets.most_handovers for count in handed),
        decided=len(verdicts),
        overdue=sum(verdicts),
        overdue_rate=sum(verdicts) / len(verdicts) if verdicts else None,
    )


def hand_over_steps(story: Sequence[Event]) -> list[Micros]:
    """How long each hand-over took, from sending to its answer; one that is still on its way does not count."""
    found: list[Micros] = []
    sent_at: Micros | None = None
    for event in standing(story):
        if event.kind in ANSWERED and sent_at is not None:
            found.append(event.at - sent_at)
            sent_at = None
        if event.kind in SENT:
            sent_at = event.at
    return found


def _is_transfer(event: Event) -> bool:
    return event.kind == Happened.TRANSFERRED and not event.data["assigned"]


def _overdue(turn: Turn, entity: str, story: Sequence[Event]) -> bool | None:
    """Whether a promise was broken; None while that is open."""
    history = history_of(None, story)
    found = account(history, bounds_since(turn, entity, history.recorded_at), turn.now).reckonings
    if any(one.state == State.BREACHED for one in found):
        return True
    return False if all(one.state in DECIDED for one in found) else None
