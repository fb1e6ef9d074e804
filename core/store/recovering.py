"""After a crash: what the dead process held is free again at once, where nobody else can hold anything."""

from __future__ import annotations

from sqlalchemy import bindparam

from core.store.database import Connection
from core.store.model import Job, JobState, Outbox, OutboxState
from core.words import Micros

_messages = (
    Outbox.table.update()
    .where(Outbox.table.c.state == OutboxState.LEASED)
    .values(state=OutboxState.WAITING, lease=None, due_at=bindparam("now"))
)
_jobs = (
    Job.table.update()
    .where(Job.table.c.state == JobState.LEASED)
    .values(state=JobState.WAITING, lease=None, due_at=bindparam("now"))
)


def free_all(connection: Connection, now: Micros) -> None:
    """Messages and jobs that were under way are taken up again."""
    with connection.transaction():
        connection.run(_messages, now=now)
        connection.run(_jobs, now=now)
