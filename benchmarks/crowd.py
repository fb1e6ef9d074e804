"""Several processes on one PostgreSQL database: how many messages they hear in a second, and that each is heard once, in order."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import func, select

from benchmarks.figures import Table
from benchmarks.growth import town
from benchmarks.past import PRESENT, Past, ticket_id
from benchmarks.postgres import NoServer, Server, server
from benchmarks.silent import Said, SilentApp, by_engineer
from benchmarks.towns import FOLDER
from benchmarks.worker import Working
from core.store.database import Connection, Database
from core.store.intake import Delivery, store
from core.store.model import UNSENT, WAITING_MESSAGES, Event, EventPrivate, Inbox, Outbox
from core.store.numbers import RowIds
from core.tickets.events import Happened
from core.tickets.model import Status
from core.words import Micros

PROCESSES = (1, 4)
TICKETS, MESSAGES = 20_000, 6_000
EACH = 4
"""Messages that wait in a room."""
PHRASE = "备注 {number} 第{count}步更换密封圈后试机正常"
PATIENCE = 300.0
"""Seconds after which a crowd that has not finished counts as broken."""
LOOK = 0.1
"""Seconds between two looks at what is left to do."""

_event, _private = Event.table.c, EventPrivate.table.c
_waiting = select(func.count()).select_from(Inbox.table).where(WAITING_MESSAGES)
_unsent = select(func.count()).select_from(Outbox.table).where(UNSENT)
_unheard = select(func.count()).select_from(Inbox.table).where(Inbox.table.c.error.is_not(None))
_notes = (
    select(_event.stream, _private.data)
    .join(EventPrivate.table, _private.event_id == _event.id)
    .where(_event.kind == Happened.NOTED)
    .order_by(_event.stream, _event.seq)
)


class OutOfOrder(RuntimeError):
    """A message was heard twice, not at all, or before an earlier one of its room."""


class Worker:
    """A process that obeys."""

    def __init__(self, working: Working):
        command = [sys.executable, "-m", "benchmarks.worker", working.words()]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hear()

    def tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Its answer. Raises RuntimeError if it has died."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a process of the desk ended with {self.process.wait()}")
        return json.loads(line)

    def stop(self) -> dict[str, Any]:
        self.tell("stop")
        told = self.hear()
        self.process.wait()
        return told


@contextmanager
def crowd(working: Working, count: int) -> Iterator[list[Worker]]:
    """So many processes, ready to begin; whoever has not stopped is killed at the end."""
    workers: list[Worker] = []
    try:
        for _ in range(count):
            workers.append(Worker(working))
        yield workers
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()


def processes(table: Table, tickets: int = TICKETS, messages: int = MESSAGES) -> None:
    """One round: the same messages wait in many rooms, and are heard by one process, then by four."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(server(FOLDER))
        except NoServer as error:
            table.not_run(f"postgresql: {error}")
            return
        for count in PROCESSES:
            _heard_by(table, running, count, tickets, messages)


def _heard_by(table: Table, running: Server, count: int, tickets: int, messages: int) -> None:
    with ExitStack() as stack:
        filled = stack.enter_context(town(running, tickets))
        working = Working(filled.url, time.time())
        said = notes(filled.past, messages)
        database = Database(filled.url)
        stack.callback(database.close)
        lay(database, said, filled.past)
        workers = stack.enter_context(crowd(working, count))
        before, started = running.backends(), time.perf_counter()
        for worker in workers:
            worker.tell("go")
            worker.hear()
        heard = until(database, lambda connection: left(connection, _waiting) == 0) - started
        until(database, lambda connection: left(connection, _unsent) == 0)
        everything = time.perf_counter() - started
        backend = running.backends() - before
        told = [worker.stop() for worker in workers]
        must_be_in_order(database, said)
    name = f"{count} process{'es' if count > 1 else ''}"
    table.add(f"{name}: messages heard", len(said) / heard, "/s")
    table.add(f"{name}: turns, those of their answers' outcomes counted", 2 * len(said) / everything, "/s")
    table.add(f"{name}: CPU of the processes", sum(one["cpu"] for one in told) / len(said) * 1e3, "ms/message")
    table.add(f"{name}: CPU of PostgreSQL", backend / len(said) * 1e3, "ms/message")


def notes(past: Past, most: int) -> list[tuple[Said, int, int]]:
    """What engineers say of their open tickets, EACH times of one: the words, the ticket's place, which time."""
    of_engineer: dict[int, int] = {}
    for place in range(past.size - past.size // 5, past.size):
        if past.is_open(place) and past.status_of(place) in (Status.ACCEPTED, Status.ON_SITE):
            of_engineer.setdefault(past.engineer_of(place), place)
    chosen = list(of_engineer.items())[: max(1, most // EACH)]
    return [
        (by_engineer("noting", engineer, PHRASE.format(number=past.number_of(place), count=count)), place, count)
        for count in range(-(-most // len(chosen)))
        for engineer, place in chosen
    ][:most]


def lay(database: Database, said: Sequence[tuple[Said, int, int]], past: Past) -> None:
    """Store the messages as channels do; nobody has heard them yet."""
    now: Micros = PRESENT
    deliveries = [
        Delivery("wecom", tuple(SilentApp.read(one.raw(number, now))), (), None)
        for number, (one, _, _) in enumerate(said)
    ]
    connection = database.connect()
    with connection.transaction():
        store(connection, deliveries, now, RowIds())
    connection.close()


def until(database: Database, done: Callable[[Connection], bool]) -> float:
    """The instant (perf_counter) at which it was so. Raises RuntimeError after PATIENCE seconds."""
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        with database.reading() as connection:
            if done(connection):
                return time.perf_counter()
        time.sleep(LOOK)
    raise RuntimeError("the desk has not finished its work")


def left(connection: Connection, statement: Any) -> int:
    found = connection.one(statement)
    return found[0] if found else 0


def must_be_in_order(database: Database, said: Sequence[tuple[Said, int, int]]) -> None:
    """Raises OutOfOrder unless each note stands in its ticket's chain once, in the order in which they were said."""
    expected: dict[str, list[str]] = defaultdict(list)
    for one, place, _ in said:
        expected[f"ticket:{ticket_id(place)}"].append(one.text.split(" ", 2)[2])
    found: dict[str, list[str]] = defaultdict(list)
    with database.reading() as connection:
        failed = left(connection, _unheard)
        for stream, data in connection.all(_notes):
            found[stream].append(json.loads(data)["text"])
    wrong = [stream for stream, texts in expected.items() if found[stream] != texts]
    if wrong or failed:
        raise OutOfOrder(f"{len(wrong)} of {len(expected)} rooms, {failed} messages failed, such as {wrong[:1]}")
