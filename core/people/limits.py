"""What keeps people from being rung and written to without end: limits per number, and a day's spending (rules.md, Limits)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, func, or_, select

from core.people.numbers import NumberUse
from core.people.policy import MOST_WAIT, Allowance, ReachingPolicy
from core.store.model import Outbox, OutboxState
from core.store.turn import Turn
from core.wording import local
from core.words import FOR_EVER, SECOND, Micros

ONE_AT_A_TIME = "number_use"
"""Name of the counter that orders the processes: what one has used, the next one sees."""
ONE_SMS, PART = 70, 67
"""Characters of an SMS, and of each part of a longer one: each part is paid for."""
CEILING_REACHED, RESERVE_USED_UP = "spending.ceiling_reached", "spending.reserve_used_up"
"""Events, once a day each: nothing but alarms goes any more; nothing goes any more."""
NOT_USED = (OutboxState.WITHDRAWN, OutboxState.EXPIRED)
"""What was taken back before anybody had tried to send it has used nothing."""

_use, _outbox = NumberUse.table.c, Outbox.table.c
_counts = or_(
    _outbox.state.is_(None),
    _outbox.lease.is_not(None),
    _outbox.attempts > 0,
    and_(*(_outbox.state != state for state in NOT_USED)),
)
_used = (
    select(_use.id, _use.at, _outbox.state, _outbox.due_at, _outbox.lease)
    .outerjoin(Outbox.table, _outbox.id == _use.id)
    .where(
        _use.channel == bindparam("channel"),
        _use.number == bindparam("number"),
        _counts,
    )
    .order_by(_use.at.desc())
    .limit(bindparam("most"))
)
_waiting = (
    select(Outbox.table)
    .where(_outbox.room == bindparam("room"), _outbox.state == OutboxState.WAITING)
    .order_by(_outbox.id)
)
_spent = (
    select(func.coalesce(func.sum(_use.fen), 0))
    .outerjoin(Outbox.table, _outbox.id == _use.id)
    .where(_use.at >= bindparam("since"), _counts)
)


def one_at_a_time(turn: Turn) -> None:
    """From here until the turn's group is committed, no other process uses a number."""
    turn.next_number(ONE_AT_A_TIME, 1)


def earliest(turn: Turn, channel: str, number: str) -> Micros | None:
    """When a number may be used next by a channel, or None if that is too far off to wait for."""
    allowances = _allowances(turn, channel)
    used = sorted(_uses(turn, channel, number).values(), reverse=True)
    at = allowed_at(used, allowances, turn.now)
    return at if at - turn.now <= MOST_WAIT.get(channel, FOR_EVER) else None


def _allowances(turn: Turn, channel: str) -> Sequence[Allowance]:
    return turn.house.policies.reaching.allowances.get(channel, ())


def _uses(turn: Turn, channel: str, number: str, more: int = 0) -> dict[int, Micros]:
    """Message → when it used the number or will, as many as matter and so many `more`; what is in somebody's hands, or should
    have gone long ago, goes now."""
    most = max((allowance.most for allowance in _allowances(turn, channel)), default=0) + more
    found = {}
    for message, at, state, due_at, lease in turn.ask(_used, channel=channel, number=number, most=most) if most else ():
        if state == OutboxState.WAITING:
            at = max(at, due_at)
        found[message] = max(at, turn.now) if state == OutboxState.WAITING or lease is not None else at
    return found


def allowed_at(used: Sequence[Micros], allowances: Sequence[Allowance], now: Micros) -> Micros:
    """When a number that was used at these instants (newest first) may be used again."""
    return max([now, *(used[one.most - 1] + one.span for one in allowances if len(used) >= one.most)])


def may_spend(turn: Turn, fen: int, *, urgent: bool) -> bool:
    """Whether so much more may be spent today; alarms have a reserve. That it is used up is on record once a day."""
    policy = turn.house.policies.reaching
    if not policy.ceiling:
        return True
    spent = turn.ask(_spent, since=_midnight(turn))[0][0] + fen
    if spent > policy.ceiling:
        _note_once(turn, CEILING_REACHED)
    if urgent and spent > policy.ceiling + policy.reserve:
        _note_once(turn, RESERVE_USED_UP)
    return spent <= policy.ceiling + (policy.reserve if urgent else 0)


def price(policy: ReachingPolicy, channel: str, text: str) -> int:
    """What one message costs, in fen."""
    parts = 1 if channel != "sms" or len(text) <= ONE_SMS else -(-len(text) // PART)
    return policy.prices.get(channel, 0) * parts


def note_use(turn: Turn, row: Outbox, number: str) -> NumberUse:
    """A message has been ordered for a number: it counts from when it may go."""
    at = max(row.due_at, turn.now) if row.state == OutboxState.WAITING else turn.now
    fen = price(turn.house.policies.reaching, row.channel, row.say.get("text", ""))
    return turn.add(NumberUse(id=row.id, channel=row.channel, number=number, at=at, fen=fen))


def note_attempt(turn: Turn, row: Outbox, at: Micros) -> None:
    """A message has gone: that is when its number was used. Those that wait for the same number wait from then on."""
    use = turn.get(NumberUse, row.id)
    if use is None:
        return
    use.at = max(use.at, at)
    waiting = turn.rows(Outbox, _waiting, room=row.room)
    if waiting:
        _put_off(turn, use, waiting)


def _put_off(turn: Turn, use: NumberUse, waiting: Sequence[Outbox]) -> None:
    """Each as long as the number is spared after the one before."""
    turn.flush()
    uses = _uses(turn, use.channel, use.number, len(waiting))
    used = sorted((at for message, at in uses.items() if message not in {row.id for row in waiting}), reverse=True)
    for row in waiting:
        at = allowed_at(used, _allowances(turn, use.channel), turn.now)
        its_use = turn.get(NumberUse, row.id)
        row.due_at = max(row.due_at, at)
        if its_use is not None:
            its_use.at = max(its_use.at, row.due_at)
            used.insert(0, row.due_at)


def _note_once(turn: Turn, kind: str) -> None:
    if turn.next_number(f"{kind}:{local(turn.now, turn.house.zone).date()}", 1) == 1:
        entity = turn.house.policies.entity
        turn.record(kind, entity=entity, stream=f"spending:{entity}")


def _midnight(turn: Turn) -> Micros:
    today = local(turn.now, turn.house.zone).date()
    return int(datetime.combine(today, datetime.min.time(), turn.house.zone).timestamp()) * SECOND
