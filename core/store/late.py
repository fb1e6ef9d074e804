"""Receipts that come late: what a platform or a provider says of a message after it had taken it, once, twice, or too early."""

from __future__ import annotations

import orjson
from sqlalchemy import bindparam, select

from core.store.model import Outbox, OutboxState, ShelfRow
from core.store.outgoing import hold, in_doubt
from core.store.turn import Turn
from core.words import DAY, Receipt

KEPT = DAY
"""How long a receipt is kept that has overtaken the outcome of its message."""

AGAIN = ".again"
"""Ends the key of a message that its platform took and did not show: under the old one it would never show it any more."""

_outbox = Outbox.table.c
_by_ref = select(Outbox.table).where(_outbox.channel == bindparam("channel"), _outbox.ref == bindparam("ref"))
_under_way = (
    select(_outbox.id).where(_outbox.channel == bindparam("channel"), _outbox.state == OutboxState.LEASED).limit(1)
)


def came_late(turn: Turn, channel: str, ref: str, receipt: Receipt) -> Outbox | None:
    """Write down what is said of the message that its platform knows by `ref`; the row if that changes anything."""
    found = turn.first(Outbox, _by_ref, channel=channel, ref=ref)
    row = turn.get(Outbox, found.id, lock=True) if found else None
    if row is None:
        if turn.ask(_under_way, channel=channel):
            _keep(turn, channel, ref, receipt)
        return None
    return row if _applied(turn, row, receipt) else None


def came_early(turn: Turn, row: Outbox) -> bool:
    """Apply the receipt that was there before the outcome of its message; whether there was one."""
    kept = turn.get(ShelfRow, _name(row.channel, row.ref)) if row.ref else None
    if kept is None or not kept.value:
        return False
    receipt, kept.value, kept.until = Receipt(**orjson.loads(kept.value)), "", turn.now
    return _applied(turn, row, receipt)


def proven(turn: Turn, row: Outbox, ref: str | None) -> None:
    """Something is told of what came of a message: so it did go, whatever was unknown of it."""
    row = turn.get(Outbox, row.id, lock=True) or row
    if row.state == OutboxState.UNCLEAR or (row.state == OutboxState.WAITING and in_doubt(row)):
        row.state, row.sent_at, row.error, row.ref = OutboxState.SENT, turn.now, None, ref or row.ref


def _applied(turn: Turn, row: Outbox, receipt: Receipt) -> bool:
    """What was said last counts, as long as nobody has given the message up."""
    if row.state not in (OutboxState.SENT, OutboxState.UNCLEAR):
        return False
    if receipt.state == "sent":
        if row.state == OutboxState.SENT:
            return False
        row.state, row.sent_at, row.error = OutboxState.SENT, turn.now, None
    elif receipt.state in ("refused", "gone"):
        row.state, row.error = OutboxState.DEAD, receipt.why
        if receipt.why == "window":
            row.key = f"{row.key}{AGAIN}"
            hold(turn, row, row.sent_at or turn.now)
    else:
        return False
    return True


def _keep(turn: Turn, channel: str, ref: str, receipt: Receipt) -> None:
    name, value = _name(channel, ref), orjson.dumps(receipt).decode()
    kept = turn.get(ShelfRow, name)
    if kept is None:
        turn.add(ShelfRow(name=name, value=value, until=turn.now + KEPT))
    else:
        kept.value, kept.until = value, turn.now + KEPT


def _name(channel: str, ref: str) -> str:
    return f"late:{channel}:{ref}"
