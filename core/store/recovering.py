"""After a crash: what a dead process held is free again."""

from __future__ import annotations

from sqlalchemy import bindparam

from core.store.database import Connection
from core.store.model import LET_GO, Job, JobState, Lease, Outbox, OutboxState
from core.store.outgoing import LAPSED
from core.words import Micros

_messages = (
    Outbox.table.update()
    .where(Outbox.table.c.state == OutboxState.LEASED)
    .values(
        state=OutboxState.WAITING,
        lease=None,
        due_at=bindparam("now"),
        attempts=Outbox.table.c.attempts + 1,
        error=LAPSED,
    )
)
"""Perhaps it was shown before its outcome was lost: that counts as an attempt."""
_withdrawn = Outbox.table.update().where(LET_GO).values(lease=None, error=LAPSED)
"""Taken back from the hands of a process that then died: it stays withdrawn, and nobody will tell what became of it."""
_jobs = (
    Job.table.update()
    .where(Job.table.c.state == JobState.LEASED)
    .values(state=JobState.WAITING, lease=None, due_at=bindparam("now"))
)


_leased = (
    _messages.where(Outbox.table.c.lease.like(bindparam("pattern"))),
    _withdrawn.where(Outbox.table.c.lease.like(bindparam("pattern"))),
    _jobs.where(Job.table.c.lease.like(bindparam("pattern"))),
)


_held = Lease.table.update().where(Lease.table.c.holder == bindparam("who")).values(holder="", until=0)


def free_all(connection: Connection, now: Micros) -> None:
    """Messages and jobs that were under way are taken up again: where nobody else can hold any."""
    with connection.transaction():
        connection.run(_messages, now=now)
        connection.run(_withdrawn)
        connection.run(_jobs, now=now)


def free_token(connection: Connection, token: str, now: Micros) -> None:
    """Those of one group of which nobody knows whether it was kept; in the running transaction."""
    for statement in _leased:
        connection.run(statement, pattern=token, now=now)


def free_process(connection: Connection, holder: str, now: Micros) -> None:
    """Those of a process that is dead or leaves; in the running transaction."""
    free_token(connection, f"{holder}.%", now)
    connection.run(_held, who=holder)
