"""How PostgreSQL processes wake one another: every commit says in which rooms there is news, and whether work is left over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson
from sqlalchemy import bindparam, func, select

from core.store.database import Connection, Database

log = logging.getLogger("huiying.waking")

WORD = "huiying"
"""Name of the notification."""
MOST_BYTES = 7_900
"""PostgreSQL carries 8,000 bytes; rooms beyond that are found by a page's own look."""
LISTENING = 1.0
"""Seconds between two looks whether to stop."""
AGAIN = (0.2, 1.0, 5.0)
"""Seconds before the listener connects again."""

_notify = select(func.pg_notify(bindparam("word"), bindparam("news")))


@dataclass(frozen=True, slots=True)
class News:
    """What another process has committed. `more`: it left work that somebody else could take up."""

    rooms: tuple[str, ...]
    more: bool


def tell(connection: Connection, holder: str, rooms: Iterable[str], *, more: bool) -> None:
    """Part of the running transaction: heard by all processes when it is committed, and not before."""
    named, size = [], 100
    for room in rooms:
        size += len(room.encode()) + 3
        if size > MOST_BYTES:
            break
        named.append(room)
    connection.one(_notify, word=WORD, news=orjson.dumps([holder, more, named]).decode())


class Listener:
    """Hears the other processes in a thread of its own. `heard` is called in that thread."""

    def __init__(self, database: Database, holder: str, heard: Callable[[News], None]):
        self._database, self._holder, self._heard = database, holder, heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when it has stopped."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                connection = self._database.connect()
                try:
                    connection.say(f"LISTEN {WORD}")
                    self._heard(News((), more=True))
                    failures = 0
                    self._listen(connection)
                finally:
                    connection.close()
            except Exception:
                log.warning("not listening to the other processes for a while", exc_info=failures == 0)
                self._stopping.wait(AGAIN[min(failures, len(AGAIN) - 1)])
                failures += 1

    def _listen(self, connection: Connection) -> None:
        while not self._stopping.is_set():
            for notice in connection.raw.notifies(timeout=LISTENING):
                news = _read(notice.payload, self._holder)
                if news is not None:
                    self._heard(news)


def _read(payload: str, holder: str) -> News | None:
    """What a notification says; None if it is our own, or nobody's that we know."""
    try:
        teller, more, rooms = orjson.loads(payload)
        return None if teller == holder else News(tuple(rooms), bool(more))
    except (ValueError, TypeError):
        return None
