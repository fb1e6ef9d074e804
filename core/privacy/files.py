"""Files leave the store when no row names them any more: one file may belong to several rows, and a stop may have left one behind."""

from __future__ import annotations

from collections.abc import Iterator

from core.house import JobKind
from core.store.database import Connection
from core.store.model import Job
from core.store.streaming import each
from core.store.turn import Turn

FILES_JOB = "privacy.files"
"""The job that looks through a part of the store: data {place}; result {removed, kept}."""
PLACES = "0123456789abcdef"
"""The parts of the store, by how the names of their files begin."""
NAMED = (
    ("attachment", "hash"),
    ("attachment", "marked"),
    ("report", "hash"),
    ("report", "signed_hash"),
    ("form_upload", "hash"),
    ("privacy_request", "hash"),
)
"""Columns that name a file."""
WRITTEN = (
    ("outbox", "say", "state = 'waiting' OR state = 'leased' OR state = 'held'"),
    ("job", "data", "state = 'waiting' OR state = 'leased'"),
    ("job", "result", "state = 'waiting' OR state = 'leased'"),
    ("conversation", "photos", "photos IS NOT NULL"),
    ("recording", "media", "stage <> 'done'"),
    ("inbox", "said", "state = 'new'"),
)
"""Columns in whose JSON a file may be named, and the rows in which that still matters."""


def order(turn: Turn) -> None:
    """Have the whole store looked through, a part after the other."""
    _order(turn, f"{turn.cause.text}:{turn.now}", 0)


def looked_through(turn: Turn, job: Job) -> None:
    """A part is done: the next one."""
    if job.data["place"] + 1 < len(PLACES):
        _order(turn, job.data["run"], job.data["place"] + 1)


def not_looked_through(turn: Turn, job: Job) -> None:
    """The next run finds what this one left."""


def named(connection: Connection, place: str) -> set[str]:
    """The files of a part of the store that some row names; inside a transaction."""
    found = {
        name
        for table, column in NAMED
        for (name,) in each(connection, f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
        if name.startswith(place)
    }
    return found | {name for name in _in_words(connection) if name.startswith(place)}


def _in_words(connection: Connection) -> Iterator[str]:
    for table, column, where in WRITTEN:
        for (words,) in each(
            connection, f"SELECT {column} FROM {table} WHERE ({where}) AND {column} LIKE '%\"hash\"%'"
        ):
            for part in words.split('"hash":')[1:]:
                yield part.strip().removeprefix('"')[:64]


JOBS = {FILES_JOB: JobKind(looked_through, not_looked_through)}
"""Kind of job → the turns in which it ends."""


def _order(turn: Turn, run: str, place: int) -> None:
    turn.start(FILES_JOB, f"{FILES_JOB}:{run}:{place}", {"run": run, "place": place})
