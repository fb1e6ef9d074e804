"""What must hold in the database after the desk was killed: every line of `faults_of` is a broken promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import text

from bots.emulated.wecom import WeComServer
from bots.wecom_kf import message_id
from core.store.database import Connection, Database
from core.words import SECOND, Micros
from tests import history
from tests.history import Shown
from tests.prove.people import Crowd
from tests.prove.provider import Call

CLOCKS = {
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    "postgresql": "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
}
"""The present instant, as the history writes it down."""
WRITERS = {"sqlite": "'desk'", "postgresql": "pg_backend_pid()::text"}
SET_UP = "town:"
"""How a complaint begins that is about the turns before the run: there, many people move in at once."""
TOGETHER = 5 * SECOND
"""What different turns say to the same person within so short a time has no order: two processes may write at once."""
OVER = ("withdrawn", "unclear")
"""States in which a call may end that was perhaps not made: somebody took the alarm, or nobody can tell."""
UNFINISHED = """
SELECT (SELECT count(*) FROM inbox WHERE state = 'new')
     + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'leased'))
     + (SELECT count(*) FROM job WHERE state IN ('waiting', 'leased'))
     + (SELECT count(*) FROM timer WHERE state = 'waiting' AND due_at <= {now})
"""
REPORTED = """
SELECT inbox.room, count(DISTINCT ticket.id),
       (SELECT count(*) FROM outbox WHERE outbox.room = inbox.room AND outbox.purpose = 'ack_created')
FROM inbox LEFT JOIN ticket ON ticket.room = inbox.room
WHERE inbox.channel = 'wecom_kf' GROUP BY inbox.room
"""
NOTES = """
SELECT inbox.room, event_private.data FROM inbox
JOIN event ON event.cause = 'inbox:' || inbox.id AND event.kind = 'ticket.noted'
JOIN event_private ON event_private.event_id = event.id
WHERE inbox.channel = 'wecom' ORDER BY event.stream, event.seq
"""


def keep_history(database: Database) -> None:
    """From now on the database writes down what happens to it, whoever is killed."""
    connection = database.connect()
    with connection.transaction():
        history.watch(connection, now=CLOCKS[connection.kind], process=WRITERS[connection.kind])
    connection.close()


def unfinished(database: Database, now: Micros) -> int:
    """How many rows still wait for something to be done now."""
    return number(database, UNFINISHED.format(now=now))


def faults_of(
    database: Database,
    platform: WeComServer,
    crowd: Crowd,
    calls: list[Call],
    numbers: Callable[[Connection], Iterable[Shown]],
) -> Iterator[str]:
    """Every broken promise, in words. `calls` is what the platform was handed, in that order; `numbers` what the provider of
    calls and SMS took."""
    with database.reading() as connection:
        yield from _of_inbox(connection, platform, crowd)
        yield from _of_tickets(connection, crowd)
        yield from _of_outbox(connection)
        yield from _of_notes(connection, platform, crowd)
        yield from _of_leases(connection)
        accepted = [*shown(connection, calls), *numbers(connection)]
        told = history.faults(connection, shown=accepted, now=platform.clock(), together=TOGETHER)
        yield from (fault for fault in told if not fault.startswith(SET_UP))


def shown(connection: Connection, calls: list[Call]) -> list[Shown]:
    """What the platform was handed, under the desk's own keys. An answer that its process did not live to write down is
    known by the next call with the same content."""
    rows = ask(
        connection,
        "SELECT key, room, channel, CASE purpose WHEN 'card_update' THEN 'anew:' ELSE '' END || ref FROM outbox "
        "WHERE channel IN ('wecom', 'wecom_kf')",
    )
    of_ref = {message_id(key) if channel == "wecom_kf" else ref: (key, room) for key, room, channel, ref in rows}
    named: dict[bytes, tuple[str, str]] = {}
    found = []
    for call in reversed(calls):
        who = of_ref.get(call.ref) or named.get(call.body) or (f"unknown {call.ref}", "")
        named[call.body] = who
        found.append(Shown(*who, begun=call.begun, at=call.begun))
    return found[::-1]


def _of_inbox(connection: Connection, platform: WeComServer, crowd: Crowd) -> Iterator[str]:
    """Every message that was taken has one row, and something came of it; nothing else is there."""
    rows = ask(connection, "SELECT key, state, outcome FROM inbox WHERE channel IN ('wecom', 'wecom_kf')")
    known = {key for key, _, _ in rows}
    taken = {
        f"wecom:{platform.agent_id}:{userid}:{msgid}" for userid, msgids in crowd.taken.items() for msgid in msgids
    }
    taken |= {f"wecom_kf:{platform.open_kfid}:{msgid}" for msgid in crowd.reported.values()}
    if len(known) != len(rows):
        yield "a message has two rows"
    yield from (f"lost: {key}" for key in taken - known)
    yield from (f"never said: {key}" for key in known - taken)
    yield from (f"{key} is {state}: {outcome}" for key, state, outcome in rows if state != "done" or not outcome)
    for (count,) in ask(connection, "SELECT count(*) FROM quarantine"):
        if count:
            yield f"{count} in quarantine"


def _of_tickets(connection: Connection, crowd: Crowd) -> Iterator[str]:
    """Every reported fault has one ticket, and its customer heard so once."""
    found = ask(connection, REPORTED)
    if len(found) != len(crowd.reported):
        yield f"{len(crowd.reported)} reported, {len(found)} rooms"
    yield from (
        f"{room}: {tickets} tickets, {acks} answers" for room, tickets, acks in found if (tickets, acks) != (1, 1)
    )


def _of_outbox(connection: Connection) -> Iterator[str]:
    """Everything was sent; of a call or an SMS it is known why not."""
    for ident, room, state, error in ask(
        connection,
        "SELECT id, room, state, error FROM outbox WHERE state <> 'sent' AND NOT "
        f"(channel IN ('sms', 'voice') AND state IN {OVER}) AND NOT (state = 'withdrawn' AND purpose = 'escalation') "
        "AND NOT (state = 'expired' AND purpose = 'card_update') ORDER BY id",
    ):
        yield f"message {ident} to {room} is {state}: {error}"


def _of_notes(connection: Connection, platform: WeComServer, crowd: Crowd) -> Iterator[str]:
    """What an engineer noted stands on his ticket once each, in the order in which he said it."""
    noted: dict[str, list[str]] = {}
    for room, data in ask(connection, NOTES):
        noted.setdefault(room, []).append(orjson.loads(data)["text"])
    for userid, msgids in crowd.taken.items():
        said = [f"第{number}次检查，密封圈正常" for number in range(1, len(msgids) + 1)]
        found = noted.get(f"wecom/{platform.agent_id}/{userid}", [])
        if found != said:
            yield f"{userid} said {len(said)} things; on the ticket stand: {found}"


def _of_leases(connection: Connection) -> Iterator[str]:
    """A process that is gone left nothing in its own name: no lease that nobody frees."""
    held = "SELECT key, lease FROM outbox WHERE lease IS NOT NULL UNION ALL SELECT key, lease FROM job WHERE lease IS NOT NULL"
    yield from (f"{key} is still held by {lease}" for key, lease in ask(connection, held))


def number(database: Database, sql: str) -> int:
    """The one number that a query tells."""
    return rows(database, sql)[0][0]


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """What a query tells, in words that both databases understand."""
    with database.reading() as connection:
        return ask(connection, sql)


def ask(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return connection.all(text(sql.replace(":", "\\:")))
