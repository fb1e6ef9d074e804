"""Looking through what others have written and were shown: whatever leads to a person is taken out, some rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from core.privacy.traces import Traces
from core.store.turn import Turn

BATCH = 500
"""Rows that are looked through in one turn."""


@dataclass(frozen=True, slots=True)
class Combed:
    """A table, its key, and the columns in which people's words may stand."""

    table: str
    key: str
    columns: tuple[str, ...]

    @property
    def first(self) -> int | str:
        """What comes before every key."""
        return "" if self.table == "conversation" else -1


TALK = ("question", "menu", "burst", "draft", "spoken", "photos", "whereabouts", "scan")
TABLES = (
    Combed("outbox", "id", ("say",)),
    Combed("event_private", "event_id", ("data",)),
    Combed("job", "id", ("data", "result")),
    Combed("timer", "id", ("data",)),
    Combed("recording", "id", ("media",)),
    Combed("quarantine", "id", ("raw",)),
    Combed("last_verb", "person_id", ("before", "after")),
    Combed("conversation", "id", TALK),
    Combed("inbox", "id", ("said", "raw")),
)


def comb(turn: Turn, combed: Combed, after: int | str, traces: Traces) -> int | str | None:
    """Look through the next rows of a table; the last key seen, or None at its end.

    Words beside an event stand under a hash and cannot be changed: they go whole, where they surely speak of him.
    """
    turn.flush()
    turn.guard()
    rows = turn.connection.all(_next[combed.table, turn.connection.kind], after=after, most=BATCH)
    for key, *values in rows:
        if combed.table == "event_private":
            if traces.found(values[0]):
                turn.connection.run(_without_words, key=key)
            continue
        cleaned = [_cleaned(value, traces) for value in values]
        if cleaned != values:
            turn.connection.run(_change[combed.table], key=key, **dict(zip(combed.columns, cleaned, strict=True)))
    return rows[-1][0] if len(rows) == BATCH else None


def _cleaned(value: Any, traces: Traces) -> Any:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        readable = raw.decode("utf-8", "surrogateescape")
        return traces.hidden(readable).encode("utf-8", "surrogateescape") if traces.spoken_of(readable) else value
    return traces.hidden(value) if isinstance(value, str) else value


def _select(combed: Combed, kind: str) -> str:
    lock = " FOR UPDATE" if kind == "postgresql" else ""
    columns = ", ".join(f'"{name}"' for name in (combed.key, *combed.columns))
    return f'SELECT {columns} FROM "{combed.table}" WHERE "{combed.key}" > :after ORDER BY "{combed.key}" LIMIT :most{lock}'


_next = {(one.table, kind): text(_select(one, kind)) for one in TABLES for kind in ("sqlite", "postgresql")}
_change = {
    one.table: text(
        f'UPDATE "{one.table}" SET '
        + ", ".join(f'"{name}" = :{name}' for name in one.columns)
        + f' WHERE "{one.key}" = :key'
    )
    for one in TABLES
}
_without_words = text("DELETE FROM event_private WHERE event_id = :key")
