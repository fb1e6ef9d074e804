"""A turn: one thing that happened to the desk, and all that follows from it, kept together or not at all.

Verbs read through the turn, change the rows they were given, add new ones, and record events. Nothing is written before
the turn ends (or a query needs to see it); so a verb that refuses leaves no trace. Nobody but a turn writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.sql.elements import ClauseElement as Executable
from sqlalchemy.sql.selectable import Select

from core.house import House
from core.store import chain
from core.store.database import Connection
from core.store.model import WAITING_TIMERS, Event, Job, JobState, Outbox, Timer, TimerState
from core.store.numbers import RowIds, take
from core.store.rows import R, Row
from core.words import Micros

DEEPEST_CAUSE = 8
"""How many events may follow from one another within a turn: a loop of reactions stops here."""

T = TypeVar("T")


class TooDeep(RuntimeError):
    """Reactions set one another off without end."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What set a turn off (inbox:12, timer:7 …), who did it, and where."""

    text: str
    by: int | None = None
    via: str | None = None
    at: Micros | None = None


class Turn:
    """One unit of work on one connection. `token`: under which messages that it posts are taken in hand at once (none: they
    wait for whoever sends). `may_hold`: whether its process may take one more message of a channel, and of a priority, in hand."""

    def __init__(
        self, connection: Connection, house: House, now: Micros, cause: Cause, ids: RowIds, token: str, *,
        may_hold: Callable[[str, int], bool] = lambda channel, priority: True,
    ):  # fmt: skip
        self.connection, self.house, self.now, self.cause, self.token = connection, house, now, cause, token
        self._ids, self.may_hold = ids, may_hold
        self._known: dict[tuple[type[Row], Any], Row] = {}
        self._before: dict[tuple[type[Row], Any], dict[str, Any]] = {}
        self._of_kind: dict[type[Row], list[tuple[type[Row], Any]]] = {}
        self._locked: set[tuple[type[Row], Any]] = set()
        self._first: dict[tuple[type[Row], Any], dict[str, Any]] = {}
        self._new: dict[type[Row], list[Row]] = {}
        self._depth = 0
        self._guarded = False
        self._place: tuple[str | None] | None = None
        self.heads: dict[str, Event] = {}
        self.posts: list[Outbox] = []

    @property
    def place(self) -> str | None:
        """Where it happens, as the event log keeps it."""
        if self._place is None:
            self._place = (self.house.place(self),)
        return self._place[0]

    # ---- reading

    def get(self, kind: type[R], key: Any, *, lock: bool = False) -> R | None:
        """The row with this primary key; with `lock`, nobody else changes it until the turn is over."""
        place, lock = (kind, key), lock and self.connection.kind == "postgresql"
        known = self._known.get(place)
        if known is not None and (not lock or place in self._locked or place not in self._before):
            return known  # type: ignore[return-value]
        if lock:
            self._locked.add(place)
        found = self.connection.one(_by_key(kind, lock), key=key)
        return self._load(kind, found) if found else None

    def first(self, kind: type[R], statement: Select[Any], /, **values: Any) -> R | None:
        """The first row that the statement (a select of the whole table) finds."""
        self._show(kind)
        found = self.connection.one(statement, **values)
        return self._load(kind, found) if found else None

    def rows(self, kind: type[R], statement: Select[Any], /, **values: Any) -> list[R]:
        """All rows that the statement (a select of the whole table) finds."""
        self._show(kind)
        return [self._load(kind, found) for found in self.connection.all(statement, **values)]

    def ask(self, statement: Executable, /, **values: Any) -> list[tuple[Any, ...]]:
        """What a statement over several tables returns, with this turn's changes in it."""
        self.flush()
        return self.connection.all(statement, **values)

    def seen(self, kind: type[R]) -> list[R]:
        """Every row of this kind that the turn has read or added."""
        return [row for (known, _), row in self._known.items() if known is kind]  # type: ignore[misc]

    def before(self, row: Row) -> dict[str, Any] | None:
        """A row's fields as they were when the turn first saw them; None for a new row."""
        return self._first.get((type(row), row.__dict__[row.primary]))

    def adopt(self, row: R) -> R:
        """Take a row that was read outside the turn as one of its own."""
        place = (type(row), row.__dict__[row.primary])
        self._known[place] = row
        self._first[place] = _copy(row)
        self._stored(place, self._first[place])
        return row

    # ---- writing

    def new_id(self) -> int:
        return self._ids.next(self.connection)

    def next_arrival(self) -> int:
        """The id of a message that comes in now: higher than those of all that came before."""
        return self._ids.arrivals(self.connection, 1)[0]

    def next_number(self, name: str, first: int) -> int:
        """The next of a row of numbers that people see; given back if the turn fails."""
        self.guard()
        return take(self.connection, name, first=first)

    def add(self, row: R) -> R:
        """A new row; it is written when the turn ends."""
        self._new.setdefault(type(row), []).append(row)
        self._known[(type(row), row.__dict__[row.primary])] = row
        return row

    def record(
        self,
        kind: str,
        *,
        entity: str,
        stream: str,
        by: int | None = None,
        at: Micros | None = None,
        data: Mapping[str, Any] | None = None,
        private: Mapping[str, Any] | None = None,
    ) -> Event:
        """Record what happened, at the end of its stream's chain, and carry out what must follow from it."""
        event, hidden = chain.append(
            self,
            kind=kind,
            entity=entity,
            stream=stream,
            by=self.cause.by if by is None else by,
            at=at if at is not None else self.cause.at or self.now,
            data=dict(data or {}),
            private=dict(private) if private else None,
        )
        self.add(event)
        if hidden:
            self.add(hidden)
        if self._depth == DEEPEST_CAUSE:
            raise TooDeep(kind)
        self._depth += 1
        for react in self.house.reactions.get(kind, ()):
            react(self, event)
        self._depth -= 1
        return event

    def remind(
        self, kind: str, subject: str, due_at: Micros, *, episode: str = "", data: Mapping[str, Any] | None = None
    ) -> Timer:
        """Set a timer, or move the one that already stands for this (subject, kind, episode)."""
        timer = self.first(Timer, _timer_of, subject=subject, kind=kind, episode=episode)
        if timer is None:
            return self.add(
                Timer(
                    id=self.new_id(), subject=subject, kind=kind, episode=episode, due_at=due_at, data=dict(data or {})
                )
            )
        if timer.state in (TimerState.WAITING, TimerState.CANCELLED):
            timer.due_at, timer.state, timer.data = due_at, TimerState.WAITING, dict(data or {})
        return timer

    def forget(self, kind: str, subject: str) -> None:
        """Cancel the timers of this kind that wait for this subject."""
        for timer in self.rows(Timer, _timers_waiting, subject=subject, kind=kind):
            timer.state = TimerState.CANCELLED

    def start(self, kind: str, key: str, data: Mapping[str, Any]) -> Job | None:
        """Order long work, once per key."""
        if self.first(Job, _job_of, key=key) is not None:
            return None
        return self.add(
            Job(id=self.new_id(), key=key, kind=kind, data=dict(data), due_at=self.now, state=JobState.WAITING)
        )

    # ---- the end

    def flush(self) -> None:
        """Write what is new or changed. A savepoint guards the turn from its first write on."""
        changes = self._changes()
        if not changes and not self._new:
            return
        self.guard()
        with self.connection.batch() as batch:
            for kind, rows in self._new.items():
                self.connection.many(_insert(kind), [row.to_db() for row in rows])
                for row in rows:
                    self._stored((kind, row.__dict__[kind.primary]), _copy(row))
            for (kind, key), fields, known in changes:
                batch.change(_update(kind, tuple(fields), bool(known)), **fields, **known, key_=key)
        self._new = {}

    def guard(self) -> None:
        """Set the point to which the turn can be taken back. PostgreSQL needs it before the first statement."""
        if not self._guarded:
            self.connection.begin_turn()
            self._guarded = True

    def keep(self) -> None:
        """The turn is over and holds."""
        self.flush()
        if self._guarded:
            self.connection.keep_turn()

    def drop(self) -> None:
        """The turn is over and has not happened."""
        if self._guarded and self.connection.in_transaction:
            self.connection.drop_turn()
            self._ids.forget()

    def _load(self, kind: type[R], values: tuple[Any, ...]) -> R:
        row = kind.from_db(values)
        place = (kind, row.__dict__[kind.primary])
        known = self._known.get(place)
        if known is None:
            return self.adopt(row)
        if place in self._before and not self._differs(place):
            vars(known).update(vars(row))
            self._before[place] = _copy(row)
        return known  # type: ignore[return-value]

    def _stored(self, place: tuple[type[Row], Any], fields: dict[str, Any]) -> None:
        """This is how a row stands in the database."""
        if place not in self._before:
            self._of_kind.setdefault(place[0], []).append(place)
        self._before[place] = fields

    def _show(self, kind: type[Row]) -> None:
        """Let a query on this table see what the turn has done to it so far."""
        if self._new.get(kind) or any(self._differs(place) for place in self._of_kind.get(kind, ())):
            self.flush()

    def _differs(self, place: tuple[type[Row], Any]) -> bool:
        return self._known[place].__dict__ != self._before[place]

    def _changes(self) -> list[tuple[tuple[type[Row], Any], dict[str, Any], dict[str, Any]]]:
        """Where rows have changed, their new fields, and what these must still be in the database: a row that was read
        without a lock may have been changed by another process since."""
        changes = []
        for place, before in self._before.items():
            row = self._known[place]
            if row.__dict__ != before:
                after, kind = row.to_db(), place[0]
                fields = {name: after[name] for name in kind.columns if row.__dict__[name] != before[name]}
                unsure = self.connection.kind == "postgresql" and place not in self._locked
                changes.append(
                    (place, fields, {f"was_{name}": row.written(name, before[name]) for name in fields if unsure})
                )
                self._before[place] = _copy(row)
        return changes


def _copy(row: Row) -> dict[str, Any]:
    """The row's fields as they are now; JSON fields are copied, since their content may be changed in place."""
    before = dict(row.__dict__)
    for name in row.json_columns:
        value = before[name]
        before[name] = value.copy() if isinstance(value, dict | list) else value
    return before


_timer = Timer.table.c
_timer_of = select(Timer.table).where(
    _timer.subject == bindparam("subject"), _timer.kind == bindparam("kind"), _timer.episode == bindparam("episode")
)
_timers_waiting = select(Timer.table).where(
    _timer.subject == bindparam("subject"), _timer.kind == bindparam("kind"), WAITING_TIMERS
)
_job_of = select(Job.table).where(Job.table.c.key == bindparam("key"))


_statements: dict[tuple[Any, ...], Any] = {}
"""Statements that are built for a table once: (what it does, table, more) → statement."""


def _by_key(kind: type[Row], lock: bool) -> Any:
    def build() -> Any:
        found = select(kind.table).where(kind.table.c[kind.primary] == bindparam("key"))
        return found.with_for_update() if lock else found

    return _built(("select", kind, lock), build)


def _insert(kind: type[Row]) -> Any:
    return _built(("insert", kind), lambda: insert(kind.table))


def _update(kind: type[Row], columns: tuple[str, ...], unsure: bool) -> Any:
    def build() -> Any:
        changed = {name: bindparam(name) for name in columns}
        found = update(kind.table).where(kind.table.c[kind.primary] == bindparam("key_"))
        for name in columns if unsure else ():
            found = found.where(kind.table.c[name].is_not_distinct_from(bindparam(f"was_{name}")))
        return found.values(changed)

    return _built(("update", kind, columns, unsure), build)


def _built(what: tuple[Any, ...], build: Callable[[], Any]) -> Any:
    statement = _statements.get(what)
    if statement is None:
        statement = _statements[what] = build()
    return statement
