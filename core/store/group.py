"""One group: what is taken up together, turned, and committed by one transaction, each turn guarded by a savepoint."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select

from core.house import House
from core.refused import Refused
from core.store import jobs, outgoing
from core.store.database import Conflict, Connection, is_conflict, is_outage
from core.store.hands import Hands
from core.store.intake import Delivery, store
from core.store.late import came_late
from core.store.model import (
    WAITING_MESSAGES,
    WAITING_TIMERS,
    Inbox,
    InboxState,
    Job,
    Outbox,
    OutboxState,
    RoomRow,
    Timer,
    TimerState,
)
from core.store.numbers import RowIds
from core.store.turn import Cause, Turn
from core.words import FOR_EVER, SECOND, Micros, Receipt

log = logging.getLogger("huiying.pump")

GROUP = 64
"""Most deliveries, actions and turns of each sort in one transaction."""
ROOMS_AT_ONCE = 64
"""Most rooms whose messages one transaction takes up (SQLite: one process, no other to wait for us)."""
ROOMS_SHARED = 8
"""The same on PostgreSQL, where other processes want rooms too."""
HEARD = 32
"""Most messages that one transaction hears, however many lie in its rooms: whoever brings another one waits for its end."""
MESSAGES_SEEN = 512
"""How far a process looks down the waiting messages for rooms that no other process holds."""
TRIES = (1 * SECOND, 5 * SECOND)
"""A message or timer whose turn fails is tried again after these times, then set aside as failed."""

Act = Callable[[Turn], Any]


@dataclass(frozen=True, slots=True)
class Item:
    """Something handed to the pump from outside: a delivery to store, or an action to carry out as a turn.

    `done` hears the result, or the exception, after the commit. `again` keeps the item for the next group if this one fails
    (an outcome must not be lost; a sender whose delivery was not stored will repeat it). `message`: whose outcome it is.
    """

    work: Delivery | Act
    cause: Cause | None = None
    done: Callable[[Any], None] | None = None
    again: bool = False
    message: int | None = None


@dataclass
class Made:
    """What a committed group leaves to be done outside.

    `more`: work that another process could take up at once; `exhausted`: a look over all messages found no more that could go;
    `next_post`: when the first message that its turns left waiting is due; `lateness`: how late each timer fired.
    """

    answers: list[tuple[Callable[[Any], None], Any]] = field(default_factory=list)
    messages: list[Outbox] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    rooms: dict[str, None] = field(default_factory=dict)
    lateness: list[Micros] = field(default_factory=list)
    turns: int = 0
    more: bool = False
    exhausted: bool = False
    next_post: Micros = FOR_EVER

    @property
    def anything(self) -> bool:
        return bool(self.answers or self.messages or self.jobs or self.turns)


@dataclass(frozen=True)
class Hears:
    """What the rooms above do with turns: `hear` a message (None: not yet, it waits until its new `due_at`), say `sorry`
    for one that failed for good, `prepare` for messages before their turns (understanding takes milliseconds; on SQLite the
    transaction is not even open yet), hear what is said `late` of a post."""

    hear: Callable[[Turn, Inbox], str | None]
    sorry: Callable[[Turn, Inbox], None]
    prepare: Callable[[list[Inbox]], None] = lambda rows: None
    late: Callable[[Turn, str, str, Receipt], Any] = came_late


class Group:
    """One transaction's work. `most` bounds each sort of turn; `patient` counts a conflict as the failure of its turn."""

    def __init__(
        self, connection: Connection, house: House, hears: Hears, ids: RowIds, now: Micros, token: str, *,
        hands: Hands, most: int = GROUP, patient: bool = False,
    ):  # fmt: skip
        self.made = Made()
        self._connection, self._house, self._hears, self._ids = connection, house, hears, ids
        self._now, self._token, self._most, self._patient = now, token, most, patient
        self._touched: set[str] = set()
        self._hands, self._born = hands, Counter[str]()

    # ---- what was handed in

    def store(self, items: list[Item]) -> None:
        """Deliveries become rows, all in one statement."""
        brought = [item for item in items if isinstance(item.work, Delivery)]
        if brought:
            store(self._connection, [item.work for item in brought], self._now, self._ids)  # type: ignore[misc]
            self.made.turns += len(brought)
            self.made.answers += [(item.done, None) for item in brought if item.done]
            self.made.more |= len(brought) > ROOMS_SHARED
        for delivery in (item.work for item in brought if isinstance(item.work, Delivery)):
            for ref, receipt in delivery.late:
                self._come_late(delivery.channel, ref, receipt)

    def _come_late(self, channel: str, ref: str, receipt: Receipt) -> None:
        """What is said of a post is written down, also where what follows from it fails."""
        cause = Cause(f"late:{channel}:{ref}")
        if isinstance(self.turn(cause, lambda turn: self._hears.late(turn, channel, ref, receipt)), Exception):
            self.turn(cause, lambda turn: came_late(turn, channel, ref, receipt))

    def refuse(self, items: list[Item], why: Exception) -> None:
        """Deliveries are not taken: whoever brings them hears so, and brings them to another process."""
        self.made.answers += [(item.done, why) for item in items if isinstance(item.work, Delivery) and item.done]

    def act(self, item: Item) -> None:
        """An action has its turn."""
        if not isinstance(item.work, Delivery):
            result = self.turn(item.cause or Cause("act"), item.work)
            if item.done:
                self.made.answers.append((item.done, result))

    # ---- what has come due

    def fire_timers(self) -> None:
        """Due timers have their turns, in the order in which they fell due."""
        connection = self._connection
        statement = _timers_due_locked if connection.kind == "postgresql" else _timers_due
        for values in connection.all(statement, now=self._now, most=self._most):
            timer = Timer.from_db(values)
            failure = self.turn(Cause(f"timer:{timer.id}"), lambda turn, key=timer.id: self.fire(turn, key))
            if isinstance(failure, Exception):
                connection.run(
                    _timer_failed, **self._after_failure(timer.id, timer.attempts, failure, TimerState.PARKED)
                )
                if timer.attempts >= len(TRIES):
                    log.error("a timer was parked after failing", extra={"timer": timer.id})

    def fire(self, turn: Turn, key: int) -> None:
        """One timer's turn: its state and all that follows from it are kept together."""
        timer = turn.get(Timer, key)
        if timer is None or timer.state != TimerState.WAITING:
            return
        act = self._house.timers.get(timer.kind)
        if act is None:
            timer.state, timer.error = TimerState.PARKED, "unknown kind"
            log.error("a timer of an unknown kind was parked", extra={"timer": timer.id})
            return
        timer.state, timer.fired_at = TimerState.FIRED, turn.now
        self.made.lateness.append(turn.now - timer.due_at)
        act(turn, timer)

    # ---- what has been said

    def hear(self, waiting: list[Inbox]) -> None:
        """Messages have their turns, in order within each room. On PostgreSQL a room is ours while we hold its row."""
        heard, shared = 0, self._connection.kind == "postgresql"
        for rows in self._taken() if shared else self._found(waiting):
            for row in rows:
                if heard == HEARD:
                    self.made.more = True
                    return
                heard += 1
                if row.due_at > self._now or not self.hear_one(row):
                    break

    def hear_one(self, row: Inbox) -> bool:
        """One message's turn; False if the rest of its room must wait."""

        def act(turn: Turn) -> None:
            turn.adopt(row)
            row.outcome = self._hears.hear(turn, row)
            row.state = InboxState.NEW if row.outcome is None else InboxState.DONE

        cause = Cause(f"inbox:{row.id}", via=row.room, at=row.at)
        failure = self.turn(cause, act)
        if not isinstance(failure, Exception):
            return row.state == InboxState.DONE
        failed = self._after_failure(row.id, row.attempts, failure, InboxState.FAILED)
        self._connection.run(_message_failed, **failed)
        if row.attempts < len(TRIES):
            return False
        log.error("a message was set aside as failed", extra={"inbox": row.id})
        self.turn(Cause(f"inbox:{row.id}:sorry"), lambda turn: self._hears.sorry(turn, row))
        return True

    def _found(self, waiting: list[Inbox]) -> Iterator[list[Inbox]]:
        """The waiting messages of each room, where no other process can have them."""
        for room in list(dict.fromkeys(row.room for row in waiting))[: self._most]:
            yield [Inbox.from_db(values) for values in self._connection.all(_messages_of, room=room)]

    def _taken(self) -> list[list[Inbox]]:
        """The waiting messages of rooms that no other process is busy with, those that wait longest first."""
        most = min(self._most, ROOMS_SHARED)
        waiting = [room for (room,) in self._connection.all(_rooms_waiting, now=self._now, most=MESSAGES_SEEN)]
        taken = [room for (room,) in self._connection.all(_rooms_taken, rooms=waiting, most=most)] if waiting else []
        found = self._connection.all(_messages_in, rooms=taken) if taken else []
        rooms: dict[str, list[Inbox]] = {room: [] for room in taken}
        for row in map(Inbox.from_db, found):
            rooms[row.room].append(row)
        self.made.more |= len(taken) == most
        self._hears.prepare([row for rows in rooms.values() for row in rows])
        return list(rooms.values())

    # ---- what goes out

    def claim(self, *, everywhere: bool, lapsed: bool) -> None:
        """Take what is due to be sent or done and in nobody's hands; messages in the rooms that this group has touched, or
        `everywhere`; with `lapsed` also those whose lease has run out."""
        full, away = self._full(), self._hands.away()
        if everywhere:
            messages = outgoing.claim(self._connection, self._token, self._now, self._most, full, away, lapsed=lapsed)
            self.made.exhausted = len(messages) < self._most
        else:
            messages = outgoing.claim_in(
                self._connection, self._token, self._now, self._touched, self._most, full, away, lapsed=lapsed
            )
            if len(messages) >= self._most:
                self.made.next_post = self._now
        work = jobs.claim(self._connection, self._token, self._now, self._most)
        self.made.messages += messages
        self.made.jobs += work
        self.made.more |= self._most in (len(messages), len(work))

    # ---- a turn

    def turn(self, cause: Cause, act: Act) -> Any:
        """Carry out one turn; its result, or the exception because of which it has not happened. Raises Conflict, and what
        the database raises when it cannot go on at all."""
        connection, made = self._connection, self.made
        turn = Turn(connection, self._house, self._now, cause, self._ids, self._token, may_hold=self._may_hold)
        if connection.kind == "postgresql":
            turn.guard()
        try:
            result = act(turn)
            turn.keep()
        except Exception as error:
            connection.must_be_in_transaction()
            if is_conflict(error) and connection.kind == "postgresql" and not self._patient:
                raise Conflict(f"{cause.text}: {error}") from error
            if is_outage(error):
                raise
            turn.drop()
            if not isinstance(error, Refused):
                log.exception("turn failed", extra={"cause": cause.text})
            return error
        made.turns += 1
        born = [row for row in turn.posts if row.state == OutboxState.LEASED]
        self._born.update(row.channel for row in born)
        made.messages += born
        made.rooms.update(dict.fromkeys(row.room for row in turn.posts))
        made.more |= any(row.state == OutboxState.WAITING and not self._hands.ready(row.channel) for row in turn.posts)
        for row in turn.seen(Outbox):
            self._touched.add(row.room)
            if row.state == OutboxState.WAITING:
                made.next_post = min(made.next_post, row.due_at)
        return result

    def _may_hold(self, channel: str, priority: int) -> bool:
        return self._hands.ready(channel) if priority == 0 else self._hands.free(channel, self._born[channel])

    def _full(self) -> list[str]:
        return [channel for channel in {*self._hands.full(), *self._born} if not self._may_hold(channel, 1)]

    def _after_failure(self, key: int, attempts: int, error: Exception, last: str) -> dict[str, Any]:
        tried_out = attempts >= len(TRIES)
        return {
            "id_": key,
            "attempts": attempts + 1,
            "due_at": self._now if tried_out else self._now + TRIES[attempts],
            "state": last if tried_out else ("waiting" if last == TimerState.PARKED else InboxState.NEW),
            "error": f"{type(error).__name__}: {error}"[:500],
        }


def messages_due(connection: Connection, now: Micros) -> list[Inbox]:
    """A first look, outside the transaction, at the messages whose turn it is."""
    return [Inbox.from_db(values) for values in connection.all(_messages_due, now=now, most=ROOMS_AT_ONCE)]


_inbox, _timer, _room = Inbox.table.c, Timer.table.c, RoomRow.table.c
_messages_due = (
    select(Inbox.table)
    .where(WAITING_MESSAGES, _inbox.due_at <= bindparam("now"))
    .order_by(_inbox.id)
    .limit(bindparam("most"))
)
_first_seen = _messages_due.with_only_columns(_inbox.room, _inbox.id).subquery()
_rooms_waiting = select(_first_seen.c.room).group_by(_first_seen.c.room).order_by(func.min(_first_seen.c.id))
_rooms = bindparam("rooms", type_=ARRAY(Text))
_rooms_taken = (
    select(_room.room)
    .where(_room.room == any_(_rooms))
    .order_by(func.array_position(_rooms, _room.room))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_messages_of = (
    select(Inbox.table).where(_inbox.room == bindparam("room"), WAITING_MESSAGES).order_by(_inbox.id).limit(HEARD)
)
_messages_in = select(Inbox.table).where(_inbox.room == any_(_rooms), WAITING_MESSAGES).order_by(_inbox.id)
_timers_due = (
    select(Timer.table)
    .where(WAITING_TIMERS, _timer.due_at <= bindparam("now"))
    .order_by(_timer.due_at, _timer.id)
    .limit(bindparam("most"))
)
_timers_due_locked = _timers_due.with_for_update(skip_locked=True)
_failed = {name: bindparam(name) for name in ("attempts", "due_at", "state", "error")}
_timer_failed = Timer.table.update().where(_timer.id == bindparam("id_")).values(_failed)
_message_failed = Inbox.table.update().where(_inbox.id == bindparam("id_")).values(_failed)
