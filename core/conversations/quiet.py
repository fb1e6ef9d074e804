"""Quiet hours: what the desk tells of its own accord about progress waits for the morning (rules.md, Limits)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select

from core.store.model import Outbox, OutboxState, Timer
from core.store.turn import Turn
from core.wording import local
from core.words import SECOND, Micros

MORNING = "quiet_over"
"""The timer that lets go what was held back over night."""

_outbox = Outbox.table.c
_later_news = (
    select(_outbox.id)
    .where(
        _outbox.room == bindparam("room"),
        _outbox.subject == bindparam("subject"),
        _outbox.created_at > bindparam("since"),
        or_(*(_outbox.state == state for state in (OutboxState.SENT, OutboxState.LEASED, OutboxState.WAITING))),
    )
    .limit(1)
)


def quiet_until(turn: Turn, at: Micros | None = None) -> Micros | None:
    """When the quiet hours that hold now, or `at` an instant, are over; None if none do."""
    policy, now = turn.house.policies.reaching, local(turn.now if at is None else at, turn.house.zone)
    begins, ends, clock = policy.quiet_from, policy.quiet_until, now.time()
    in_them = begins <= clock < ends if begins < ends else begins != ends and (clock >= begins or clock < ends)
    if not in_them:
        return None
    day = now.date() + timedelta(days=1 if clock >= ends else 0)
    return round(datetime.combine(day, ends, turn.house.zone).timestamp()) * SECOND


def until_morning(turn: Turn, rows: Sequence[Outbox]) -> None:
    """In quiet hours, keep these back. They are held, and so keep nothing else from its room."""
    until = quiet_until(turn)
    for row in rows if until is not None else ():
        assert until is not None
        row.state, row.lease, row.due_at = OutboxState.HELD, None, until
        turn.remind(MORNING, f"outbox:{row.id}", until, data={"outbox": row.id})


def in_the_morning(turn: Turn, timer: Timer) -> None:
    """What was held back goes out, unless there has been later news of the same."""
    row = turn.get(Outbox, timer.data["outbox"], lock=True)
    if row is None or row.state != OutboxState.HELD:
        return
    later = row.subject and turn.ask(_later_news, room=row.room, subject=row.subject, since=row.created_at)
    row.state, row.due_at = OutboxState.EXPIRED if later else OutboxState.WAITING, turn.now


TIMERS = {MORNING: in_the_morning}
