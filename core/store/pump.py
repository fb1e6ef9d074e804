"""The pump: takes what has come in, come due or come back, makes turns of it, and commits them in groups.

One group is one transaction (`core/store/group.py`): deliveries are stored, then page actions and outcomes, due timers and
waiting messages have their turns. After the commit, and not before, senders are answered and messages handed out. The pump
knows no thread and no loop; a driver calls `cycle`. Any number of processes may pump one PostgreSQL database.
"""

from __future__ import annotations

import logging
import queue
from collections import deque

from sqlalchemy import TextClause, bindparam, func, select

from core.house import House
from core.store import waking
from core.store.database import Conflict, Connection, Database, is_conflict
from core.store.group import GROUP, Group, Hears, Item, Made, messages_due
from core.store.hands import Hands, Ready, everywhere
from core.store.model import (
    UNFINISHED_JOBS,
    UNSENT,
    WAITING_MESSAGES,
    WAITING_TIMERS,
    Inbox,
    Job,
    Outbox,
    Timer,
)
from core.store.numbers import RowIds
from core.store.processes import ALIVE, GONE, Membership, OutOfDate
from core.store.recovering import free_all, free_token
from core.store.rows import Row
from core.words import FOR_EVER, SECOND, Clock, Micros

log = logging.getLogger("huiying.pump")

OUTCOMES = 192
"""Most outcomes that one transaction writes down, besides GROUP other items."""
MOST_CONFLICTS = 5
"""So often in a row a group that met another process is done again, the later times one turn of each sort at a time; then
whatever still stands in the way counts as the failure of its turn."""
LOOK_OVER = 1 * SECOND
"""How often, at least, all unsent messages are looked over, however many wait; those that follow from a turn are found in
their rooms at once."""
__all__ = ["GROUP", "Hears", "Item", "Made", "Pump"]


class Pump:
    """One process's share of the desk's work on one connection. While `draining` it takes up nothing new; messages of
    channels that are not `ready` here it leaves to others."""

    def __init__(
        self, database: Database, house: House, hears: Hears, clock: Clock, holder: str, ready: Ready = everywhere
    ):
        self.house, self.clock, self.holder = house, clock, holder
        self.membership = Membership(holder)
        self.conflicts = 0
        self.draining = False
        self._database, self._hears = database, hears
        self._connection: Connection | None = None
        self._ids = RowIds()
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._hands = Hands(house.cans, ready)
        self._wanting: set[str] = set()
        self._kept: deque[Item] = deque()
        self._groups = 0
        self._doubtful: list[str] = []
        self._looked_at: Micros = 0
        self._look_over_at: Micros = 0

    def submit(self, item: Item) -> None:
        """Hand something to the next cycle; any thread."""
        (self._outcomes if item.again else self._items).put(item)

    @property
    def pending(self) -> bool:
        """Whether items wait for a cycle."""
        return bool(self._kept) or not (self._items.empty() and self._outcomes.empty())

    @property
    def holds_until(self) -> Micros:
        """Until when this process may count on what it has leased; not for long without a connection."""
        if not self._database.shared:
            return FOR_EVER
        return self.membership.until if self._connection is not None else self.membership.until - (ALIVE - GONE)

    @property
    def outdated(self) -> OutOfDate | None:
        """Why this process takes nothing new and must end, once it has written down what it has under way."""
        return self.membership.outdated

    def begin(self) -> None:
        """Called once, before the first cycle: where nobody else works, a dead process's leases are void."""
        if not self._database.shared:
            free_all(self._connect(), self.clock())

    def cycle(self) -> Made:
        """One group. Raises what the database raises; then nothing of the group has happened, as far as anybody knows.

        Raises Fenced if this process must end at once.
        """
        for attempt in range(MOST_CONFLICTS + 1):
            items = self._take_items(GROUP if attempt == 0 else 1)
            try:
                return self._group(items, GROUP if attempt == 0 else 1, patient=attempt == MOST_CONFLICTS)
            except Exception as error:
                self._ids.forget()
                if isinstance(error, Conflict) or (is_conflict(error) and self._database.kind == "postgresql"):
                    log.info("another process stood in the way: once more", extra={"cause": str(error)[:200]})
                    self.conflicts += 1
                    self._kept.extendleft(reversed(items))
                    continue
                if self._connection is not None and self._connection.in_doubt:
                    self._doubtful.append(self._token)
                self._disconnect()
                self._give_back(items, error)
                raise
        return Made()

    def next_due(self) -> Micros | None:
        """The next instant at which a cycle has something to do of its own accord, after what the last one saw."""
        return min((at for kind in _NEXT if (at := self._next(kind)) is not None), default=None)

    def close(self) -> None:
        """Let go of the store; what this process held is free for others at once."""
        if self.membership.joined:
            try:
                self.membership.leave(self._connect(), self.clock())
            except Exception:
                log.warning("could not say good-bye to the database", exc_info=True)
        self._disconnect()

    # ---- one group

    @property
    def _token(self) -> str:
        """Under which the group leases what it hands out."""
        return f"{self.holder}.{self._groups}"

    def _group(self, items: list[Item], most: int, *, patient: bool) -> Made:
        connection = self._connect()
        self._groups += 1
        waiting = self._look(connection)
        with connection.transaction():
            now = self._looked_at = self.clock()
            for doubtful in self._doubtful:
                free_token(connection, doubtful, now)
                self._look_over_at = 0
            if self._database.shared and self.membership.keep(connection, now):
                self._look_over_at = 0
            token = self._token
            group = Group(
                connection, self.house, self._hears, self._ids, now, token,
                hands=self._hands, most=most, patient=patient,
            )  # fmt: skip
            if self.outdated is None:
                group.store(items)
            for item in items:
                group.act(item)
            if self.outdated is None and not self.draining:
                group.fire_timers()
                group.hear(waiting)
                lapsed = not self._database.shared or self.membership.steady(now)
                group.claim(everywhere=now >= self._look_over_at, lapsed=lapsed)
            elif self.outdated is not None:
                group.refuse(items, self.outdated)
            if connection.kind == "postgresql" and group.made.anything:
                waking.tell(connection, self.holder, group.made.rooms, more=group.made.more)
            if group.made.exhausted:
                self._look_over_at = min(self._next(Outbox) or FOR_EVER, now + LOOK_OVER)
            self._look_over_at = min(self._look_over_at, max(group.made.next_post, now + 1))
        self._doubtful.clear()
        self.membership.kept()
        self._count(items, group.made)
        return group.made

    def _count(self, items: list[Item], made: Made) -> None:
        """What this process has in hand after a group; what there was no hand for is looked for when there is."""
        self._hands.settle(item.message for item in items if item.message is not None)
        self._hands.take(made.messages)
        if any(self._hands.half_empty(channel) for channel in self._wanting):
            self._wanting.clear()
            self._look_over_at = 0
        self._wanting.update(self._hands.full())

    def _look(self, connection: Connection) -> list[Inbox]:
        """The messages whose turn it is, and what they mean: found out before the transaction where nobody else can take
        them first."""
        if connection.kind == "postgresql":
            return []
        waiting = messages_due(connection, self.clock())
        self._hears.prepare(waiting)
        return waiting

    def _take_items(self, most: int) -> list[Item]:
        """Outcomes first, and many: they must keep up with what is handed out, or a kill would repeat it."""
        items: list[Item] = []
        while self._kept and len(items) < most:
            items.append(self._kept.popleft())
        for waiting, bound in ((self._outcomes, OUTCOMES if most > 1 else most), (self._items, most)):
            taken = 0
            while taken < bound and (most > 1 or not items):
                try:
                    items.append(waiting.get_nowait())
                except queue.Empty:
                    break
                taken += 1
        return items

    def _next(self, kind: type[Row]) -> Micros | None:
        """When the next row of this kind falls due, after what the last look saw."""
        found = self._connect().one(_NEXT[kind], now=self._looked_at)
        return found[0] if found else None

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
                self._outcomes.put(item)
            elif item.done:
                item.done(error)


_WAITS: dict[type[Row], TextClause] = {
    Timer: WAITING_TIMERS,
    Inbox: WAITING_MESSAGES,
    Outbox: UNSENT,
    Job: UNFINISHED_JOBS,
}
_NEXT = {
    kind: select(func.min(kind.table.c.due_at)).where(waits, kind.table.c.due_at > bindparam("now"))
    for kind, waits in _WAITS.items()
}
"""What was due at the last look and is still there waits for something else, not for its time."""
