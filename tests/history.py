"""The history of a run, kept by the database itself, and every promise that it shows to be broken.

`watch` makes the database write down each change of state of what came in, goes out, is due or takes long, in the very
transaction that makes it: whoever is killed, whatever is rolled back, the history is true. `faults` reads it. Both work on
SQLite and PostgreSQL, for the simulation as for real processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from core.store import chain
from core.store.database import Connection
from core.words import HOUR, Micros

KEEP = 8 * HOUR
"""How long the desk must know a delivery: platforms repeat one up to seven hours later."""

WATCHED = {
    "inbox": ("key", "NULL", "due_at"),
    "outbox": ("key", "lease", "due_at"),
    "timer": ("subject || ' ' || {row}.kind || ' ' || {row}.episode", "NULL", "due_at"),
    "job": ("key", "lease", "due_at"),
}
"""Table → what names a row, its lease, and the instant that it waits for or until which it is leased."""

_TABLE = {
    "sqlite": "CREATE TABLE history (seq INTEGER PRIMARY KEY AUTOINCREMENT, ",
    "postgresql": "CREATE TABLE history (seq bigserial PRIMARY KEY, ",
}
_COLUMNS = (
    "sort text NOT NULL, row_id bigint NOT NULL, name text NOT NULL, before text, after text, lease text, until bigint, "
    "now bigint, process text)"
)
_CHANGES = {"new": "INSERT", "changed": "UPDATE", "gone": "DELETE"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that a provider accepted: under which key, in which room, when it was begun and when accepted."""

    key: str
    room: str
    begun: Micros
    at: Micros


def watch(connection: Connection, *, now: str = "NULL", process: str = "NULL") -> None:
    """Have the database keep the history from now on. `now` and `process`: SQL that tells the instant and who changes."""
    connection.say(_TABLE[connection.kind] + _COLUMNS)
    for table, (name, lease, until) in WATCHED.items():
        for change, verb in _CHANGES.items():
            row = "OLD" if change == "gone" else "NEW"
            old = {part: f"OLD.{part}" if part != "NULL" else part for part in (lease, until)}
            values = ", ".join(
                (
                    f"'{table}', {row}.id, {row}.{name.format(row=row)}",
                    "NULL" if change == "new" else "OLD.state",
                    "NULL" if change == "gone" else "NEW.state",
                    *(("NULL", "NULL") if change == "new" else old.values()),
                    f"{now}, {process}",
                )
            )
            insert = (
                f"INSERT INTO history (sort, row_id, name, before, after, lease, until, now, process) VALUES ({values})"
            )
            _trigger(connection, table, change, verb, lease, insert)


def faults(
    connection: Connection,
    *,
    shown: Iterable[Shown] | None = None,
    now: Micros | None = None,
    together: Micros = 0,
) -> Iterator[str]:
    """Every broken promise, in words; nothing if all were kept.

    `shown`: what the providers accepted, in this order, if that is known. `now`: if given, the run has come to rest at this
    instant and nothing may be left undone. `together`: two messages to a room that were written within so short a time by
    different turns have no order.
    """
    yield from _of_inbox(connection)
    yield from _of_timers(connection)
    yield from _of_outbox(connection)
    yield from _of_effects(connection)
    if shown is not None:
        yield from _of_delivery(connection, list(shown), together)
    if now is not None:
        yield from _left_undone(connection, now)
    yield from chain.faults(connection)


# ---- what came in


def _of_inbox(connection: Connection) -> Iterator[str]:
    """Every delivery has one row and one outcome, and is known for as long as it may be repeated."""
    for key, state, error in _ask(connection, "SELECT key, state, error FROM inbox WHERE state = 'failed' ORDER BY id"):
        yield f"message {key} is {state}: {error}"
    for (key,) in _ask(connection, "SELECT key FROM inbox WHERE state = 'done' AND outcome IS NULL ORDER BY id"):
        yield f"message {key} was heard and nothing is known to have come of it"
    stored = (
        "SELECT name, count(*) FROM history WHERE sort = 'inbox' AND before IS NULL GROUP BY name HAVING count(*) > 1"
    )
    for key, count in _ask(connection, stored):
        yield f"message {key} was taken {count} times for a new one"
    for name, before, received, gone in _ask(
        connection,
        "SELECT gone.name, gone.before, stored.now, gone.now FROM history AS gone JOIN history AS stored "
        "ON stored.sort = 'inbox' AND stored.row_id = gone.row_id AND stored.before IS NULL "
        "WHERE gone.sort = 'inbox' AND gone.after IS NULL ORDER BY gone.seq",
    ):
        if before == "new":
            yield f"message {name} was forgotten unheard"
        elif gone is not None and received is not None and gone - received < KEEP:
            yield f"message {name} was forgotten after {(gone - received) / HOUR:.1f} h, while its platform may repeat it"


# ---- what is due


def _of_timers(connection: Connection) -> Iterator[str]:
    """At most one firing per (subject, kind, episode), and none dropped."""
    fired = (
        "SELECT name, count(*) FROM history WHERE sort = 'timer' AND before <> 'fired' AND after = 'fired' "
        "GROUP BY name HAVING count(*) > 1"
    )
    for name, count in _ask(connection, fired):
        yield f"timer {name} fired {count} times"
    for name, before in _ask(
        connection, "SELECT name, before FROM history WHERE sort = 'timer' AND after IS NULL AND before = 'waiting'"
    ):
        yield f"timer {name} was dropped while it was {before}"
    for ident, subject, kind, error in _ask(
        connection, "SELECT id, subject, kind, error FROM timer WHERE state = 'parked' ORDER BY id"
    ):
        yield f"timer {ident} ({subject} {kind}) was parked: {error}"
    for (ident,) in _ask(connection, "SELECT id FROM timer WHERE (state = 'fired') <> (fired_at IS NOT NULL)"):
        yield f"timer {ident} does not know whether it has fired"
    silent = (
        "SELECT timer.id, subject FROM timer WHERE kind = 'conversation.answer' AND state = 'fired' AND NOT EXISTS "
        "(SELECT 1 FROM outbox WHERE outbox.key = 'timer:' || timer.id || '.0')"
    )
    for ident, subject in _ask(connection, silent):
        yield f"timer {ident} of {subject} fired and nobody was answered"


def _of_effects(connection: Connection) -> Iterator[str]:
    """One cause does a thing to a ticket once; a report makes one ticket. Several promises about one may be broken at once."""
    twice = (
        "SELECT cause, kind, stream, count(*) FROM event WHERE cause LIKE 'timer:%' OR kind = 'ticket.reported' "
        "GROUP BY cause, kind, stream, CASE WHEN kind = 'ticket.escalated' THEN data ELSE '' END HAVING count(*) > 1"
    )
    for cause, kind, stream, count in _ask(connection, twice):
        yield f"{cause} led {count} times to {kind} on {stream}"
    for cause, count in _ask(
        connection,
        "SELECT cause, count(*) FROM event WHERE kind = 'ticket.reported' GROUP BY cause HAVING count(*) > 1",
    ):
        yield f"{cause} made {count} tickets"
    for number, count in _ask(
        connection, "SELECT number, count(*) FROM ticket GROUP BY entity, number HAVING count(*) > 1"
    ):
        yield f"{count} tickets are called {number}"


# ---- what goes out

_REASONS = {
    "dead": "error IS NOT NULL",
    "unclear": "error IS NOT NULL OR attempts > 0",
    "expired": "expires_at IS NOT NULL OR subject IS NOT NULL",
}
"""State in which a message may end unsent → what must tell why."""
_ENDS = ("sent", "expired", "withdrawn", "dead", "unclear")
_LATE = {
    *((before, after) for before in ("sent", "unclear") for after in ("held", "dead")),
    ("unclear", "sent"),
    ("withdrawn", "sent"),
    ("withdrawn", "unclear"),
}
"""A platform may tell later that a message was not delivered after all, or that it was; what was taken back may have begun."""
_AGAIN = {("dead", "waiting"), ("unclear", "waiting")}
"""A person may send a dead letter, or one that perhaps was shown, again."""


_ASIDE = ("held", "dead", "unclear", "withdrawn", "expired")
"""What was held back or given up for a reason: an earlier call of which nothing was heard may still arrive after others."""


def _of_outbox(connection: Connection) -> Iterator[str]:
    """No message is dropped, none that is over is taken up again, and one that ended unsent says why."""
    for state, reason in _REASONS.items():
        unexplained = f"SELECT key FROM outbox WHERE state = '{state}' AND NOT ({reason}) ORDER BY id"
        for (key,) in _ask(connection, unexplained):
            yield f"message {key} is {state}, and nobody knows why"
    for name, before in _ask(
        connection,
        "SELECT name, before FROM history WHERE sort = 'outbox' AND after IS NULL "
        "AND before NOT IN ('sent', 'expired', 'withdrawn') ORDER BY seq",
    ):
        yield f"message {name} was dropped while it was {before}"
    for name, before, after in _ask(
        connection,
        "SELECT name, before, after FROM history WHERE sort = 'outbox' AND before <> after ORDER BY seq",
    ):
        if before in _ENDS and (before, after) not in _LATE | _AGAIN:
            yield f"message {name} was {before}, and then {after}"


def _of_delivery(connection: Connection, shown: list[Shown], together: Micros) -> Iterator[str]:
    """What was sent was accepted, nothing was begun after its time, and each room heard things in their order."""
    first: dict[str, int] = {}
    for place, one in enumerate(shown):
        first.setdefault(one.key, place)
    rows = _ask(connection, "SELECT id, key, room, state, expires_at, created_at, priority FROM outbox ORDER BY id")
    expiry = {key: expires_at for _, key, _, _, expires_at, *_ in rows if expires_at is not None}
    for one in shown:
        if one.begun > expiry.get(one.key, one.begun):
            yield f"message {one.key} was begun {(one.begun - expiry[one.key]) / 1e6:.1f} s after it expired"
    for key, *what in _ask(
        connection, "SELECT key, channel, purpose, ref FROM outbox WHERE state = 'sent' ORDER BY id"
    ):
        if key not in first:
            yield f"message {key} counts as sent, and no provider has it ({', '.join(map(str, what))})"
    yield from (f"a provider has {key}, which nobody wrote" for key in first.keys() - {row[1] for row in rows})
    aside = {
        name
        for (name,) in _ask(
            connection,
            f"SELECT DISTINCT name FROM history WHERE sort = 'outbox' AND after IN {_ASIDE}",
        )
    }
    rooms: dict[str, list[tuple[str, int, Micros]]] = {}
    for _, key, room, _, _, created_at, priority in rows:
        if key in first and key not in aside:
            rooms.setdefault(room, []).append((key, priority, created_at))
    for room, written in rooms.items():
        for later, earlier in _overtaken(written, first, together):
            yield f"message {later} overtook {earlier} in {room}"


def _overtaken(
    written: list[tuple[str, int, Micros]], first: dict[str, int], together: Micros
) -> Iterator[tuple[str, str]]:
    """Messages of one room that were accepted before one that was written earlier. An alarm (priority 0) may overtake what
    is none; what was held back or given up for a reason is not compared."""
    last: dict[int, tuple[str, Micros]] = {}
    for key, priority, at in written:
        for earlier, earlier_at in (one for rank, one in last.items() if rank <= priority):
            one_turn = earlier.rpartition(".")[0] == key.rpartition(".")[0]
            if first[earlier] > first[key] and (one_turn or at - earlier_at >= together):
                yield key, earlier
        last[priority] = (key, at)


def _left_undone(connection: Connection, now: Micros) -> Iterator[str]:
    """What nobody took up although it was time."""
    for sql in (
        "SELECT 'message ' || key || ' was not heard' FROM inbox WHERE state = 'new'",
        "SELECT 'message ' || key || ' is still ' || state FROM outbox WHERE state IN ('waiting', 'leased') "
        f"AND NOT (state = 'waiting' AND channel IN ('sms', 'voice') AND due_at > {now})",
        "SELECT 'job ' || key || ' is still ' || state FROM job WHERE state IN ('waiting', 'leased')",
        f"SELECT 'timer ' || subject || ' ' || kind || ' is overdue' FROM timer WHERE state = 'waiting' AND due_at <= {now}",
    ):
        yield from (line for (line,) in _ask(connection, sql))


# ---- asking


def _trigger(connection: Connection, table: str, change: str, verb: str, lease: str, insert: str) -> None:
    name = f"history_{table}_{change}"
    differs = "OLD.state <> NEW.state"
    if lease != "NULL":
        differs += f" OR OLD.{lease} IS DISTINCT FROM NEW.{lease}"
    when = f" WHEN ({differs})" if change == "changed" else ""
    if connection.kind == "sqlite":
        connection.say(f"CREATE TRIGGER {name} AFTER {verb} ON {table}{when} BEGIN {insert}; END")
        return
    connection.say(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert}; RETURN NULL; END $$"
    )
    connection.say(f"CREATE TRIGGER {name} AFTER {verb} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION {name}()")


def _ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Rows; none from the history of a database that was not watched."""
    if "history" in sql and not _is_watched(connection):
        return []
    return connection.all(text(sql.replace(":", "\\:")))


def _is_watched(connection: Connection) -> bool:
    place = {
        "sqlite": "SELECT name FROM sqlite_master WHERE name = 'history'",
        "postgresql": "SELECT relname FROM pg_class WHERE relname = 'history'",
    }
    return connection.one(text(place[connection.kind])) is not None
