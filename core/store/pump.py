"""The pump: takes what has come in, come due or come back, makes turns of it, and commits them in groups.

One group is one transaction: deliveries are stored, then page actions and outcomes, due timers and waiting messages have
their turns, each guarded by a savepoint of its own. After the commit, and not before, senders are answered and messages
handed out. The pump knows no thread and no loop; a driver calls `cycle`.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, func, select

from core.house import House
from core.refused import Refused
from core.store import jobs, outgoing
from core.store.database import Connection, Database
from core.store.intake import Delivery, store
from core.store.model import (
    UNFINISHED_JOBS,
    UNSENT,
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
from core.store.recovering import free_all
from core.store.turn import Cause, Turn
from core.words import SECOND, Clock, Micros

log = logging.getLogger("huiying.pump")

GROUP = 64
"""Most deliveries, actions and turns of each sort in one transaction."""
ROOMS_AT_ONCE = 64
"""Most rooms whose messages one transaction takes up (SQLite: one process, no other to wait for us)."""
ROOMS_SHARED = 8
"""The same on PostgreSQL, where other processes want rooms too."""
TRIES = (1 * SECOND, 5 * SECOND)
"""A message or timer whose turn fails is tried again after these times, then set aside as failed."""

Act = Callable[[Turn], Any]


@dataclass(frozen=True, slots=True)
class Item:
    """Something handed to the pump from outside: a delivery to store, or an action to carry out as a turn.

    `done` hears the result, or the exception, after the commit. `again` keeps the item for the next group if this one fails
    (an outcome must not be lost; a sender whose delivery was not stored will repeat it).
    """

    work: Delivery | Act
    cause: Cause | None = None
    done: Callable[[Any], None] | None = None
    again: bool = False


@dataclass
class Made:
    """What a committed group leaves to be done outside."""

    answers: list[tuple[Callable[[Any], None], Any]] = field(default_factory=list)
    messages: list[Outbox] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    turns: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.answers or self.messages or self.jobs or self.turns)


@dataclass(frozen=True)
class Hears:
    """What the rooms above do with turns: `hear` a message, say `sorry` for one that failed for good, `prepare` for
    messages before the transaction opens (understanding takes milliseconds, the transaction should not)."""

    hear: Callable[[Turn, Inbox], str]
    sorry: Callable[[Turn, Inbox], None]
    prepare: Callable[[list[Inbox]], None] = lambda rows: None


class Pump:
    """One process's share of the desk's work on one connection."""

    def __init__(self, database: Database, house: House, hears: Hears, clock: Clock, holder: str):
        self.house, self.clock, self.holder = house, clock, holder
        self._database, self._hears = database, hears
        self._connection: Connection | None = None
        self._ids = RowIds()
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()

    def submit(self, item: Item) -> None:
        """Hand something to the next cycle; any thread."""
        self._items.put(item)

    @property
    def pending(self) -> bool:
        """Whether items wait for a cycle."""
        return not self._items.empty()

    def begin(self) -> None:
        """Called once, before the first cycle: on SQLite, one file and one desk, a dead process's leases are void."""
        if self._database.kind == "sqlite":
            free_all(self._connect(), self.clock())

    def cycle(self) -> Made:
        """One group. Raises what the database raises; then nothing of the group has happened."""
        items = self._take_items()
        made = Made()
        try:
            connection = self._connect()
            waiting = self._waiting(connection)
            self._hears.prepare(waiting)
            with connection.transaction():
                now = self.clock()
                self._store(connection, items, now, made)
                for item in items:
                    self._act(connection, item, now, made)
                self._settle_timers(connection, now, made)
                self._hear_all(connection, waiting, now, made)
                made.messages += outgoing.claim(connection, self.holder, now, GROUP)
                made.jobs += jobs.claim(connection, self.holder, now, GROUP)
        except Exception as error:
            self._ids.forget()
            self._disconnect()
            self._give_back(items, error)
            raise
        return made

    def next_due(self) -> Micros | None:
        """The next instant at which a cycle has something to do of its own accord."""
        times = [self._connect().one(statement) for statement in _NEXT]
        return min((time[0] for time in times if time and time[0] is not None), default=None)

    def close(self) -> None:
        self._disconnect()

    # ---- one group

    def _take_items(self) -> list[Item]:
        items = []
        while len(items) < GROUP:
            try:
                items.append(self._items.get_nowait())
            except queue.Empty:
                break
        return items

    def _store(self, connection: Connection, items: list[Item], now: Micros, made: Made) -> None:
        brought = [item for item in items if isinstance(item.work, Delivery)]
        if brought:
            store(connection, [item.work for item in brought], now, self._ids)  # type: ignore[misc]
            made.turns += len(brought)
            made.answers += [(item.done, None) for item in brought if item.done]

    def _act(self, connection: Connection, item: Item, now: Micros, made: Made) -> None:
        if not isinstance(item.work, Delivery):
            result = self._turn(connection, item.cause or Cause("act"), item.work, now, made)
            if item.done:
                made.answers.append((item.done, result))

    def _settle_timers(self, connection: Connection, now: Micros, made: Made) -> None:
        statement = _timers_due_locked if connection.kind == "postgresql" else _timers_due
        for values in connection.all(statement, now=now, most=GROUP):
            timer = Timer.from_db(values)
            failure = self._turn(
                connection, Cause(f"timer:{timer.id}"), lambda turn, key=timer.id: self._fire(turn, key), now, made
            )
            if isinstance(failure, Exception):
                connection.run(
                    _timer_failed, **_after_failure(timer.id, timer.attempts, failure, now, TimerState.PARKED)
                )

    def _fire(self, turn: Turn, key: int) -> None:
        timer = turn.get(Timer, key)
        if timer is None or timer.state != TimerState.WAITING:
            return
        act = self.house.timers.get(timer.kind)
        if act is None:
            timer.state, timer.error = TimerState.PARKED, "unknown kind"
            return
        timer.state, timer.fired_at = TimerState.FIRED, turn.now
        act(turn, timer)

    def _waiting(self, connection: Connection) -> list[Inbox]:
        """A first look, outside the transaction, at the messages whose turn it is."""
        return [Inbox.from_db(values) for values in connection.all(_messages_due, now=self.clock(), most=ROOMS_AT_ONCE)]

    def _hear_all(self, connection: Connection, waiting: list[Inbox], now: Micros, made: Made) -> None:
        for room in dict.fromkeys(row.room for row in waiting):
            if connection.kind == "postgresql" and connection.one(_room_locked, room=room) is None:
                continue
            for values in connection.all(_messages_of, room=room):
                row = Inbox.from_db(values)
                if row.due_at > now or not self._hear(connection, row, now, made):
                    break

    def _hear(self, connection: Connection, row: Inbox, now: Micros, made: Made) -> bool:
        """One message's turn; False if the rest of its room must wait."""

        def act(turn: Turn) -> None:
            turn.adopt(row)
            row.outcome, row.state = self._hears.hear(turn, row), InboxState.DONE

        cause = Cause(f"inbox:{row.id}", via=row.room, at=row.at)
        failure = self._turn(connection, cause, act, now, made)
        if not isinstance(failure, Exception):
            return True
        if row.attempts < len(TRIES):
            connection.run(_message_failed, **_after_failure(row.id, row.attempts, failure, now, InboxState.FAILED))
            return False
        connection.run(_message_failed, **_after_failure(row.id, row.attempts, failure, now, InboxState.FAILED))
        self._turn(connection, Cause(f"inbox:{row.id}:sorry"), lambda turn: self._hears.sorry(turn, row), now, made)
        return True

    def _turn(self, connection: Connection, cause: Cause, act: Act, now: Micros, made: Made) -> Any:
        """Carry out one turn; its result, or the exception because of which it has not happened."""
        turn = Turn(connection, self.house, now, cause, self._ids, self.holder)
        if connection.kind == "postgresql":
            turn.guard()
        try:
            result = act(turn)
            turn.keep()
        except Exception as error:
            connection.must_be_in_transaction()
            turn.drop()
            if not isinstance(error, Refused):
                log.exception("turn failed", extra={"cause": cause.text})
            return error
        made.turns += 1
        made.messages += [row for row in turn.posts if row.state == OutboxState.LEASED]
        return result

    # ---- the connection

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _give_back(self, items: list[Item], error: Exception) -> None:
        for item in items:
            if item.again:
                self._items.put(item)
            elif item.done:
                item.done(error)


def _after_failure(key: int, attempts: int, error: Exception, now: Micros, last: str) -> dict[str, Any]:
    tried_out = attempts >= len(TRIES)
    return {
        "id_": key,
        "attempts": attempts + 1,
        "due_at": now if tried_out else now + TRIES[attempts],
        "state": last if tried_out else ("waiting" if last == TimerState.PARKED else InboxState.NEW),
        "error": f"{type(error).__name__}: {error}"[:500],
    }


_inbox, _timer, _job, _out = Inbox.table.c, Timer.table.c, Job.table.c, Outbox.table.c
_messages_due = (
    select(Inbox.table)
    .where(WAITING_MESSAGES, _inbox.due_at <= bindparam("now"))
    .order_by(_inbox.id)
    .limit(bindparam("most"))
)
_messages_of = select(Inbox.table).where(_inbox.room == bindparam("room"), WAITING_MESSAGES).order_by(_inbox.id)
_room_locked = select(RoomRow.table).where(RoomRow.table.c.room == bindparam("room")).with_for_update(skip_locked=True)
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
_NEXT = (
    select(func.min(_timer.due_at)).where(WAITING_TIMERS),
    select(func.min(_inbox.due_at)).where(WAITING_MESSAGES),
    select(func.min(_out.due_at)).where(UNSENT),
    select(func.min(_job.due_at)).where(UNFINISHED_JOBS),
)
