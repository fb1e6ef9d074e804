"""Outgoing messages are rows: fitted, keyed, in order per room, and born in the hands of the process that made them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import TextClause, bindparam, or_, select, text

from core.fitting import fit
from core.store.database import Connection
from core.store.model import UNSENT, Outbox, OutboxState, RoomRow
from core.store.numbers import ARRIVAL, series
from core.store.turn import Turn
from core.words import MINUTE, SECOND, Micros, Receipt, Room, Say

log = logging.getLogger("huiying.outgoing")

LEASE = 2 * MINUTE
"""How long a process may hold a message before another one takes it up."""
SETTLE = 10 * SECOND
"""A message is not begun when less than this is left of its lease."""
BACK_OFF = (2 * SECOND, 10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE)
"""How long a message waits after each failure, unless the platform names a longer time."""
ALARM_BACK_OFF = BACK_OFF[:3]
"""The same for an alarm of which nothing was shown: it leaves half a minute after a provider's storm."""
LAPSED, UNKNOWN = "the lease ran out", "unknown"
"""How the error of a message begins that was perhaps shown: nobody lived to tell, or nobody could."""
ASKED = "asked"
"""Why an outcome stays unknown for good: the provider was asked, and cannot tell either."""
BEHIND = "behind"
"""Why a message goes back that was not tried, because one before it in its room has to wait."""
BUNDLE = "bundle"
"""Stands in Say.also of a message that tells of several things: it belongs to none of them alone, and is not taken back."""
MOST_ATTEMPTS = 12
MOST_ALARM_ATTEMPTS = 120
"""After so many failures a message is dead and a person must look at it: both take an hour, longer than storms last."""

MOST_ALARMS = 64
"""Alarms that one group takes."""

_outbox = Outbox.table
_busy = (
    select(_outbox.c.id)
    .where(
        _outbox.c.room == bindparam("room"),
        UNSENT,
        or_(
            _outbox.c.lease.is_(None),
            _outbox.c.lease.not_like(bindparam("mine")),
            _outbox.c.due_at < bindparam("soon"),
        ),
    )
    .limit(1)
)
"""Whether something unsent in a room is not in this process's hands, or has too little of its lease left to be begun."""

_places = select(ARRIVAL.next_value(), _busy.exists()).select_from(series(bindparam("count")))
"""Both in one round trip."""
_UNSENT_OF = "{0}.state IN ('waiting', 'leased')"
_CLAIM = f"""UPDATE outbox SET state = 'leased', lease = :token, due_at = :until,
 attempts = attempts + CASE WHEN state = 'leased' THEN 1 ELSE 0 END,
 error = CASE WHEN state = 'leased' THEN '{LAPSED}' ELSE error END
 WHERE id IN ({{due}}) RETURNING {", ".join(Outbox.columns)}"""
"""Lease messages. A lease that has run out counts as an attempt: perhaps it was shown before its outcome was lost."""
_MAY_TAKE = "claimed.due_at <= :now AND (claimed.state = 'waiting' OR :lapsed)"
_FIRST = f"""SELECT claimed.id FROM outbox AS claimed
 WHERE {_UNSENT_OF.format("claimed")} AND {_MAY_TAKE} AND {{which}} AND NOT EXISTS (
 SELECT 1 FROM outbox AS earlier WHERE earlier.room = claimed.room AND earlier.id < claimed.id
 AND {_UNSENT_OF.format("earlier")} AND {{behind}})
 ORDER BY claimed.due_at, claimed.id LIMIT :most"""
"""Due messages that are the first unsent ones of their rooms: nothing overtakes, whatever has been put off."""
_FIRST_IN = f"""SELECT claimed.id FROM outbox AS claimed WHERE {_MAY_TAKE} AND {{not_full}} AND claimed.id IN (
 SELECT (SELECT one.id FROM outbox AS one WHERE one.room = rooms.value AND {_UNSENT_OF.format("one")} ORDER BY one.id LIMIT 1)
 FROM {{rooms}}) ORDER BY claimed.due_at, claimed.id LIMIT :most"""
"""The same in some rooms, however many messages wait there."""
_ROOMS = {"sqlite": "json_each(:rooms) AS rooms", "postgresql": "unnest(CAST(:rooms AS text[])) AS rooms(value)"}
_NOT_FULL = {
    "sqlite": "claimed.channel NOT IN (SELECT value FROM json_each(:full))",
    "postgresql": "claimed.channel <> ALL(CAST(:full AS text[]))",
}
_LOCK = {"sqlite": "", "postgresql": " FOR UPDATE OF claimed SKIP LOCKED"}


def _claiming(due: str) -> dict[str, TextClause]:
    return {
        kind: text(_CLAIM.format(due=due.format(rooms=_ROOMS[kind], not_full=_NOT_FULL[kind]) + lock))
        for kind, lock in _LOCK.items()
    }


_alarms = _claiming(_FIRST.format(which="claimed.priority = 0 AND {not_full}", behind="earlier.priority = 0"))
_rest = _claiming(_FIRST.format(which="{not_full}", behind="true"))
_in_rooms = _claiming(_FIRST_IN)
_expire = (
    _outbox.update()
    .where(
        _outbox.c.expires_at <= bindparam("now"),
        UNSENT,
        or_(_outbox.c.state == OutboxState.WAITING, _outbox.c.due_at <= bindparam("now")),
    )
    .values(state=OutboxState.EXPIRED, lease=None)
)
_held = (
    select(_outbox)
    .where(_outbox.c.room == bindparam("room"), _outbox.c.state == OutboxState.HELD)
    .order_by(_outbox.c.id)
)
_held_by = select(_outbox.c.id).where(
    _outbox.c.id == bindparam("id"),
    _outbox.c.lease == bindparam("lease"),
    _outbox.c.state == OutboxState.LEASED,
)
_TAKEN_BACK = (OutboxState.WAITING, OutboxState.HELD)
_unsent = select(_outbox).where(
    _outbox.c.subject == bindparam("subject"),
    or_(_outbox.c.state == OutboxState.WAITING, _outbox.c.state == OutboxState.HELD),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message that was handed out under a lease."""

    id: int
    lease: str
    receipt: Receipt
    at: Micros


def post(
    turn: Turn,
    room: Room,
    say: Say,
    *,
    person_id: int | None = None,
    subject: str | None = None,
    priority: int = 1,
    due_at: Micros | None = None,
    expires_at: Micros | None = None,
    held: bool = False,
) -> list[Outbox]:
    """Say something in a room: as many rows as its channel needs messages. `held` keeps it until somebody writes there.

    A link is one person's own, and never said in a group.
    """
    say = turn.house.guard(turn, say, room, person_id, subject)
    say = replace(say, link=None) if room.group else say
    address, parts = str(room), fit(say, turn.house.cans[room.channel])
    ids, busy = _place(turn, address, len(parts))
    free = bool(turn.token) and not held and due_at is None and not busy and turn.may_hold(room.channel, priority)
    rows = []
    for part, row_id in zip(parts, ids, strict=True):
        row = Outbox(
            id=row_id,
            key=f"{turn.cause.text}.{len(turn.posts)}",
            channel=room.channel,
            room=address,
            person_id=person_id,
            subject=subject,
            purpose=part.purpose,
            say=orjson.loads(orjson.dumps(part)),
            state=OutboxState.HELD if held else OutboxState.LEASED if free else OutboxState.WAITING,
            priority=priority,
            created_at=turn.now,
            due_at=turn.now + LEASE if free else due_at or turn.now,
            expires_at=expires_at,
            lease=turn.token if free else None,
        )
        turn.posts.append(turn.add(row))
        rows.append(row)
    return rows


def _place(turn: Turn, address: str, count: int) -> tuple[list[int], bool]:
    """Ids for so many messages, and whether something unsent in this room is not safely in this process's hands."""
    given = {"room": address, "mine": f"{turn.token.rpartition('.')[0]}.%", "soon": turn.now + SETTLE}
    if turn.connection.kind == "sqlite":
        return [turn.new_id() for _ in range(count)], turn.connection.one(_busy, **given) is not None
    found = turn.connection.all(_places, count=count, **given)
    return [row[0] for row in found], any(row[1] for row in found)


def claim(
    connection: Connection, token: str, now: Micros, most: int, full: Collection[str] = (), away: Collection[str] = (),
    *, lapsed: bool = True,
) -> list[Outbox]:  # fmt: skip
    """Take due messages that nobody holds: alarms first, even before what waits in their own room, the rest as they fell
    due, but none of channels that are `full`, and no alarm of those that are `away`. What is no news any more is not sent.

    `lapsed`: also those whose lease has run out.
    """
    connection.run(_expire, now=now)
    how = {"now": now, "token": token, "lapsed": lapsed}
    rows = _take(connection, _alarms, most=most, full=_listed(connection, away), **how)
    if len(rows) < most:
        rows += _take(connection, _rest, most=most - len(rows), full=_listed(connection, full), **how)
    return rows


def claim_in(
    connection: Connection, token: str, now: Micros, rooms: Collection[str], most: int, full: Collection[str] = (),
    away: Collection[str] = (), *, lapsed: bool = True,
) -> list[Outbox]:  # fmt: skip
    """Take at most so many of those that come next in rooms in which something has changed, and due alarms wherever they are."""
    how = {"now": now, "token": token, "lapsed": lapsed}
    rows = _take(connection, _alarms, most=MOST_ALARMS, full=_listed(connection, away), **how)
    if rooms:
        given = _listed(connection, rooms)
        rows += _take(connection, _in_rooms, rooms=given, most=most, full=_listed(connection, full), **how)
    return rows


def _listed(connection: Connection, words: Collection[str]) -> Any:
    """Words as a statement takes them."""
    return orjson.dumps(list(words)).decode() if connection.kind == "sqlite" else list(words)


def _take(connection: Connection, statement: Mapping[str, TextClause], *, now: Micros, **values: Any) -> list[Outbox]:
    found = connection.all(statement[connection.kind], now=now, until=now + LEASE, **values)
    return sorted(map(Outbox.from_db, found), key=lambda row: row.id)


def settle(turn: Turn, outcome: Outcome) -> Outbox | None:
    """Write down what became of a message; None if its lease had passed to somebody else.

    One that was withdrawn in the meantime stays so, unless it had begun after all.
    """
    row = turn.get(Outbox, outcome.id, lock=True)
    if row is None or row.lease != outcome.lease or row.state not in (OutboxState.LEASED, OutboxState.WITHDRAWN):
        return None
    receipt, withdrawn = outcome.receipt, row.state == OutboxState.WITHDRAWN
    row.lease = None
    if receipt.why != BEHIND:
        row.attempts += 1
        row.error = receipt.why if receipt.state != "unknown" else f"{UNKNOWN}: {receipt.why or ''}"
    match receipt.state:
        case "sent":
            row.state, row.sent_at, row.ref = OutboxState.SENT, outcome.at, receipt.ref
            _count_against_window(turn, row)
        case "unknown":
            row.ref = receipt.ref or row.ref
            row.state = OutboxState.UNCLEAR if withdrawn else _after_unknown(turn, row, receipt)
            row.due_at = turn.now + _back_off(row, BACK_OFF)
        case _ if withdrawn:
            pass
        case "later":
            row.state, row.due_at = OutboxState.WAITING, turn.now + _again_in(row, receipt)
            if row.attempts >= (MOST_ATTEMPTS if row.priority > 0 else MOST_ALARM_ATTEMPTS):
                row.state = OutboxState.DEAD
        case "refused" if receipt.why == "window":
            hold(turn, row, row.due_at - LEASE)
        case "refused" | "gone":
            row.state = OutboxState.DEAD
    if row.state in (OutboxState.DEAD, OutboxState.UNCLEAR):
        log.warning(
            "a message was not delivered", extra={"outbox": row.id, "channel": row.channel, "status": row.state}
        )
    return row


def _after_unknown(turn: Turn, row: Outbox, receipt: Receipt) -> OutboxState:
    """A carrier of numbers is asked first. What does harm twice is never repeated, other news only where that is safe."""
    can, asked = turn.house.cans[row.channel], receipt.why == ASKED
    if row.channel in turn.house.accounts and not asked:
        return OutboxState.WAITING
    if can.once or (not can.safe and row.priority > 0):
        return OutboxState.UNCLEAR
    return OutboxState.DEAD if row.attempts >= MOST_ATTEMPTS else OutboxState.WAITING


def hold(turn: Turn, row: Outbox, begun: Micros) -> None:
    """The platform lets us say no more in this room, whatever we had counted: the message is kept until somebody writes
    there, and goes out at once if he has since it was `begun`."""
    room = turn.get(RoomRow, row.room)
    if room and (room.last_in_at or 0) > begun:
        row.state, row.due_at = OutboxState.WAITING, turn.now
        return
    row.state = OutboxState.HELD
    if room and room.window_left:
        room.window_left = 0


def in_doubt(row: Outbox) -> bool:
    """Whether a message that is to be posted was perhaps shown before."""
    return row.error is not None and row.error.startswith((LAPSED, UNKNOWN))


def expire(turn: Turn, row: Outbox) -> None:
    """A notice whose time has passed is not sent any more."""
    row.state, row.lease = OutboxState.EXPIRED, None


def release(turn: Turn, room: str) -> list[Outbox]:
    """The reply window is open again: the newest of what was held on each subject may go, older news on it is no news; a file
    is not news, and goes in any case."""
    newest: dict[str | None, Outbox] = {}
    for row in turn.rows(Outbox, _held, room=room):
        if row.say.get("file"):
            row.state, row.due_at = OutboxState.WAITING, turn.now
            newest[row.key] = row
            continue
        stale = newest.get(row.subject) if row.subject else None
        if stale is not None:
            stale.state = OutboxState.EXPIRED
        newest[row.subject or row.key] = row
        row.state, row.due_at = OutboxState.WAITING, turn.now
    return list(newest.values())


def withdraw(turn: Turn, subject: str, purposes: Sequence[str]) -> list[Outbox]:
    """Take back notices about a subject that have not been handed out; the rows withdrawn."""
    rows = [row for row in turn.rows(Outbox, _unsent, subject=subject) if row.purpose in purposes]
    for row in rows:
        row.state = OutboxState.WITHDRAWN
    return rows


def withdraw_row(turn: Turn, row: Outbox) -> None:
    """Take one message back, even from the hands of whoever is about to post it; one that tells of others too goes all the
    same."""
    if BUNDLE not in row.say.get("also", ()) and row.state in (*_TAKEN_BACK, OutboxState.LEASED):
        row.state = OutboxState.WITHDRAWN


def still_held(connection: Connection, row: Outbox) -> bool:
    """Whether a message that was handed out is still to be posted by whoever has it in hand."""
    return connection.one(_held_by, id=row.id, lease=row.lease) is not None


def _again_in(row: Outbox, receipt: Receipt) -> Micros:
    """Platforms name seconds even when they are down for hours: each failure makes the wait longer nevertheless."""
    named = int((receipt.after or 0) * SECOND)
    if receipt.why == BEHIND:
        return named
    return max(named, _back_off(row, BACK_OFF if row.priority > 0 else ALARM_BACK_OFF))


def _back_off(row: Outbox, waits: Sequence[Micros]) -> Micros:
    return waits[min(row.attempts, len(waits)) - 1]


def _count_against_window(turn: Turn, row: Outbox) -> None:
    """Words and a file are two messages where messages are counted."""
    room = turn.get(RoomRow, row.room) if turn.house.cans[row.channel].push else None
    shown = 2 if row.say.get("file") and row.say.get("text") else 1
    if room and room.window_left:
        room.window_left = max(room.window_left - shown, 0)
