"""A desk that starts on a hundred thousand unsent messages: how soon a P0 gets out, how fast the rest, in how much memory."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import ExitStack

import orjson
from sqlalchemy import func, insert, select

from benchmarks.crowd import Worker, crowd, left, until
from benchmarks.figures import Table
from benchmarks.growth import content, town
from benchmarks.past import PRESENT, Past, customer_id, customer_room, ticket_id
from benchmarks.postgres import NoServer, server
from benchmarks.towns import FOLDER
from benchmarks.worker import Working
from core.store.database import Database
from core.store.model import UNSENT, Outbox, OutboxState
from core.store.numbers import rise_above
from core.words import HOUR, Say

TICKETS, UNSENT_ROWS = 100_000, 100_000
TEXT = "已由工程师接单，他会尽快与您约定上门时间。"

_unsent = select(func.count()).select_from(Outbox.table).where(UNSENT)
_sent_of_backlog = select(func.count()).where(
    Outbox.table.c.key.like("backlog:%"), Outbox.table.c.state == OutboxState.SENT
)


class NotSentOnce(RuntimeError):
    """A message of the backlog was lost, or posted more than once."""


def backlog(table: Table, databases: Sequence[str], seed: int, tickets: int = TICKETS, rows: int = UNSENT_ROWS) -> None:
    """One round on each kind of database."""
    for kind in databases:
        with ExitStack() as stack:
            try:
                running = stack.enter_context(server(FOLDER)) if kind == "postgresql" else None
            except NoServer as error:
                table.not_run(f"{kind}: {error}")
                continue
            filled = stack.enter_context(town(running, tickets))
            lay(filled.url, filled.past, rows)
            working = Working(filled.url, time.time(), own_mind=True)
            [worker] = stack.enter_context(crowd(working, 1))
            _drain(
                table, f"{kind}, {rows:,} unsent", worker, filled.url, content(filled.past, random.Random(seed)), rows
            )


def lay(url: str, past: Past, rows: int) -> None:
    """Messages that have fallen due and were not sent, spread over the rooms of all customers."""
    database = Database(url)
    connection = database.connect()
    say = orjson.loads(orjson.dumps(Say("engineer_assigned", TEXT)))
    waiting = [
        Outbox(
            id=past.last_id + number,
            key=f"backlog:{number}",
            channel="wecom_kf",
            room=customer_room(number % past.customers),
            person_id=customer_id(number % past.customers),
            subject=f"ticket:{ticket_id(number % past.size)}",
            purpose="engineer_assigned",
            say=say,
            created_at=PRESENT - HOUR,
            due_at=PRESENT - HOUR,
        ).to_db()
        for number in range(rows)
    ]
    with connection.transaction():
        connection.many(insert(Outbox.table), waiting)
        rise_above(connection, past.last_id + rows)
    connection.close()
    database.close()


def _drain(table: Table, name: str, worker: Worker, url: str, customer: int, rows: int) -> None:
    started = time.perf_counter()
    worker.tell("go")
    worker.hear()
    worker.tell(f"alarm {customer}")
    alarm = worker.hear()["seconds"]
    database = Database(url)
    drained = until(database, lambda connection: left(connection, _unsent) == 0) - started
    with database.reading() as connection:
        sent = left(connection, _sent_of_backlog)
    database.close()
    told = worker.stop()
    if sent != rows:
        raise NotSentOnce(f"{sent} of {rows} were sent")
    table.add(f"{name}: P0 reported to its first message posted", alarm, "s", "< 5")
    table.add(f"{name}: posts a second until all were sent", told["posted"] / drained, "/s")
    table.add(f"{name}: CPU of the desk", told["cpu"] / told["posted"] * 1e3, "ms/post")
    table.add(f"{name}: most memory of the desk, its own understanding loaded", told["rss"] / 1e6, "MB", "< 300")
