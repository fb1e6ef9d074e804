"""The processes that work on one database: each shows that it lives, and what a dead one held is taken over.

A process whose row is gone has been taken for dead: others may do its work already, so that it must end at once (`Fenced`).
One that is older than the database allows takes nothing new, writes down what it has under way, and ends (`OutOfDate`).
"""

from __future__ import annotations

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert  # SQLite understands the same ON CONFLICT

from core.store.database import Connection
from core.store.model import Process, ShelfRow
from core.store.recovering import free_process
from core.store.schema import REVISION
from core.words import SECOND, Micros

BEAT = 2 * SECOND
"""How often a process shows that it lives."""
ALIVE = 30 * SECOND
"""How long it counts as alive after that, be it ever so slow, as long as its connection to the database stands."""
GONE = 6 * SECOND
"""How long it counts as alive once its connection is gone, which the system of a killed process sees to at once: one that
lives has connected again by then. With BEAT, less than the ten seconds for which WeCom recognises a repetition."""
STEADY = 10 * SECOND
"""A process declares others dead only after it has itself lived so long without a gap: when the database comes back
after an outage, everybody has time to say so."""
GATE = "gate:schema"
"""Name of the shelf value that holds the oldest schema revision whose programs may work on the database."""

_process, _shelf = Process.table, ShelfRow.table
_join = _process.insert()
_stay = _process.update().where(_process.c.holder == bindparam("me")).values(until=bindparam("new_until"))
_leave = _process.delete().where(_process.c.holder == bindparam("who"))
_silent = (
    select(_process.c.holder, _process.c.until)
    .where(_process.c.until <= bindparam("silent"))
    .with_for_update(skip_locked=True)
)
_number = func.hashtextextended(bindparam("who"), 0)
_show_connection = select(func.pg_try_advisory_lock(_number))
_has_no_connection = select(func.pg_try_advisory_xact_lock(_number))
_living = select(func.count()).select_from(_process).where(_process.c.until > bindparam("now"))
_old = select(_process.c.holder).where(_process.c.until > bindparam("now"), _process.c.revision < bindparam("revision"))
_gate = select(_shelf.c.value).where(_shelf.c.name == GATE)
_shut = (
    insert(_shelf)
    .values(name=GATE, value=bindparam("oldest"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": bindparam("oldest")})
)


class Fenced(RuntimeError):
    """This process was taken for dead, and its work given to others."""


class OutOfDate(RuntimeError):
    """The database has been brought to a version that this program does not know."""


class Membership:
    """One process's place among those that work on a database.

    `until`: how long it may count on its leases. `living`: how many processes there are. Both as of the last commit.
    `outdated`: why it must take no new work, if so.
    """

    def __init__(self, holder: str, revision: int = REVISION):
        self.until: Micros = 0
        self.living = 1
        self.outdated: OutOfDate | None = None
        self._holder, self._revision = holder, revision
        self._beat_at: Micros | None = None
        self._steady_since: Micros = 0
        self._written: tuple[Micros, int] | None = None
        self._shown_on: Connection | None = None
        self._connected_at: Micros = 0

    @property
    def joined(self) -> bool:
        """Whether others know of this process."""
        return self._beat_at is not None

    def keep(self, connection: Connection, now: Micros) -> bool:
        """In a group: show that we live, take over from the dead, and see whether we may go on. True if what a dead process
        held is free now. Raises Fenced."""
        self._written = None
        gate = gate_of(connection)
        if gate > self._revision and self.outdated is None:
            self.outdated = OutOfDate(f"the database asks for schema {gate}, this program knows {self._revision}")
        if not self._shown(connection):
            self._steady_since = self._connected_at = now
        elif self._beat_at is not None and 0 <= now - self._beat_at < BEAT:
            return False
        if self._beat_at is None:
            connection.run(_join, holder=self._holder, revision=self._revision, since=now, until=now + ALIVE)
        elif not connection.run(_stay, me=self._holder, new_until=now + ALIVE):
            raise Fenced(f"process {self._holder} was taken for dead")
        buried = self._bury(connection, now)
        living = connection.one(_living, now=now)
        self._written = now, living[0] if living else 1
        return buried

    def kept(self) -> None:
        """The group was committed."""
        if self._written is None:
            return
        now, self.living = self._written
        if not self._timely(now):
            self._steady_since = now
        self._beat_at, self.until, self._written = now, now + ALIVE, None

    def leave(self, connection: Connection, now: Micros) -> None:
        """An orderly end: nobody has to wait until we count as dead. A transaction of its own."""
        with connection.transaction():
            free_process(connection, self._holder, now)
            connection.run(_leave, who=self._holder)

    def _shown(self, connection: Connection) -> bool:
        """Whether others could tell already that we have this connection: by a lock that PostgreSQL drops with it."""
        if connection is self._shown_on or connection.kind != "postgresql":
            return True
        row = connection.one(_show_connection, who=self._holder)
        self._shown_on = connection if row and row[0] else None
        return False

    def _timely(self, now: Micros) -> bool:
        return self._beat_at is not None and 0 <= now - self._beat_at <= 2 * BEAT

    def steady(self, now: Micros) -> bool:
        """Whether we have lived without a gap for so long that whoever has something to write down has had time to."""
        return self._timely(now) and now - self._steady_since >= STEADY

    def _bury(self, connection: Connection, now: Micros) -> bool:
        """Whoever is silent for too long, if we ourselves are steady; and, be we ever so slow, whoever has no connection any
        more, if ours has stood for so long that those who live would have one again."""
        shared, steady = connection.kind == "postgresql", self.steady(now)
        certain = shared and now - self._connected_at >= STEADY
        found = connection.all(_silent, silent=now + ALIVE - GONE if certain else now)
        dead = [
            holder for holder, until in found if (steady and until <= now) or (certain and _is_gone(connection, holder))
        ]
        for holder in dead:
            free_process(connection, holder, now)
            connection.run(_leave, who=holder)
        return bool(dead)


def _is_gone(connection: Connection, holder: str) -> bool:
    """Whether nobody has its connection any more."""
    row = connection.one(_has_no_connection, who=holder)
    return bool(row and row[0])


def older_than(connection: Connection, revision: int, now: Micros) -> list[str]:
    """Living processes whose program does not know this schema."""
    return [row[0] for row in connection.all(_old, revision=revision, now=now)]


def gate_of(connection: Connection) -> int:
    """The oldest schema whose programs may work on the database."""
    gate = connection.one(_gate)
    return int(gate[0]) if gate else 0


def shut_gate(connection: Connection, oldest: int) -> None:
    """From now on only programs that know this schema may work; in the running transaction."""
    connection.run(_shut, oldest=str(oldest))
