"""What must hold in the database after the desk was killed: every line of `faults_of` is a broken promise."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bots.emulated.wecom import WeComServer
from core.store import chain
from core.store.database import Database
from core.words import Micros
from tests.prove.people import Crowd

UNFINISHED = """
SELECT (SELECT count(*) FROM inbox WHERE state = 'new')
     + (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'leased'))
     + (SELECT count(*) FROM job WHERE state IN ('waiting', 'leased'))
     + (SELECT count(*) FROM timer WHERE state = 'waiting' AND due_at <= ?)
"""
REPORTED = """
SELECT inbox.room, count(DISTINCT ticket.id),
       (SELECT count(*) FROM outbox WHERE outbox.room = inbox.room AND outbox.purpose = 'ack_created')
FROM inbox LEFT JOIN ticket ON ticket.room = inbox.room
WHERE inbox.channel = 'wecom_kf' GROUP BY inbox.room
"""
NOTES = """
SELECT event.id, json_extract(event_private.data, '$.text') FROM inbox
JOIN event ON event.cause = 'inbox:' || inbox.id AND event.kind = 'ticket.noted'
JOIN event_private ON event_private.event_id = event.id
WHERE inbox.room = ? ORDER BY event.stream, event.seq
"""


def unfinished(path: Path, now: Micros) -> int:
    """Rows that still wait for something to be done now."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(UNFINISHED, (now,)).fetchone()[0]


def faults_of(path: Path, platform: WeComServer, crowd: Crowd) -> Iterator[str]:
    """Every broken promise, in words."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        yield from _of_inbox(database, platform, crowd)
        yield from _of_tickets(database, crowd)
        yield from _of_timers(database)
        yield from _of_outbox(database)
        yield from _of_order(database, platform, crowd)
    reading = Database(f"sqlite:///{path}")
    with reading.reading() as connection:
        yield from chain.faults(connection)
    reading.close()


def _of_inbox(database: sqlite3.Connection, platform: WeComServer, crowd: Crowd) -> Iterator[str]:
    """Every message that was taken has one row, and something came of it; nothing else is there."""
    rows = database.execute("SELECT key, state, outcome FROM inbox").fetchall()
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
    for (count,) in database.execute("SELECT count(*) FROM quarantine"):
        if count:
            yield f"{count} in quarantine"


def _of_tickets(database: sqlite3.Connection, crowd: Crowd) -> Iterator[str]:
    """Every reported fault has one ticket, and its customer heard so once."""
    found = database.execute(REPORTED).fetchall()
    if len(found) != len(crowd.reported):
        yield f"{len(crowd.reported)} reported, {len(found)} rooms"
    yield from (
        f"{room}: {tickets} tickets, {acks} answers" for room, tickets, acks in found if (tickets, acks) != (1, 1)
    )
    for number, count in database.execute(
        "SELECT number, count(*) FROM ticket GROUP BY entity, number HAVING count(*) > 1"
    ):
        yield f"{count} tickets are called {number}"


def _of_timers(database: sqlite3.Connection) -> Iterator[str]:
    """Every timer that fired has fired once, as the messages show that it set off."""
    for ident, state, error in database.execute("SELECT id, state, error FROM timer WHERE state = 'parked'"):
        yield f"timer {ident} is {state}: {error}"
    for (ident,) in database.execute("SELECT id FROM timer WHERE (state = 'fired') <> (fired_at IS NOT NULL)"):
        yield f"timer {ident} does not know whether it has fired"
    twice = """SELECT cause, count(*) FROM event WHERE cause LIKE 'timer:%' GROUP BY cause, stream, kind HAVING count(*) > 1"""
    yield from (f"{cause} did the same {count} times" for cause, count in database.execute(twice))
    silent = """SELECT timer.id FROM timer WHERE kind = 'conversation.answer' AND state = 'fired'
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.key = 'timer:' || timer.id || '.0')"""
    yield from (f"timer {ident} fired and nobody heard" for (ident,) in database.execute(silent))


def _of_outbox(database: sqlite3.Connection) -> Iterator[str]:
    """Everything was sent, under a key of its own, in each room in the order in which it was said."""
    for key, count in database.execute("SELECT key, count(*) FROM outbox GROUP BY key HAVING count(*) > 1"):
        yield f"{count} messages have the key {key}"
    for ident, room, state, error in database.execute(
        "SELECT id, room, state, error FROM outbox WHERE state <> 'sent'"
    ):
        yield f"message {ident} to {room} is {state}: {error}"
    overtaken = """SELECT earlier.id, later.id FROM outbox AS earlier JOIN outbox AS later
        ON later.room = earlier.room AND later.id > earlier.id AND later.sent_at < earlier.sent_at"""
    yield from (f"message {later} went before {earlier}" for earlier, later in database.execute(overtaken))


def _of_order(database: sqlite3.Connection, platform: WeComServer, crowd: Crowd) -> Iterator[str]:
    """What an engineer noted stands on his ticket once each, in the order in which he said it."""
    for userid, msgids in crowd.taken.items():
        room = f"wecom/{platform.agent_id}/{userid}"
        said = [f"第{number}次检查，密封圈正常" for number in range(1, len(msgids) + 1)]
        noted = [text for _, text in database.execute(NOTES, (room,))]
        if noted != said:
            yield f"{userid} said {len(said)} things; on the ticket stand: {noted}"
