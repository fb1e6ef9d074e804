"""Long work: claimed under a lease, done outside any transaction, its result a turn of its own."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, text

from core.store.database import Connection
from core.store.model import Job, JobState
from core.store.turn import Turn
from core.words import MINUTE, SECOND, Micros

log = logging.getLogger("huiying.jobs")

LEASE = 5 * MINUTE
"""How long a process may work on a job before another one takes it up."""
BACK_OFF = (2 * SECOND, 10 * SECOND, 1 * MINUTE, 10 * MINUTE)
"""How long a failed job waits before the next attempt."""

_job = Job.table
_row = _job.alias("claimed")
_claim = (
    _job.update()
    .where(
        _job.c.id.in_(
            select(_row.c.id)
            .where(text("claimed.state in ('waiting', 'leased')"), _row.c.due_at <= bindparam("now"))
            .order_by(_row.c.due_at, _row.c.id)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )
    )
    .values(state=JobState.LEASED, lease=bindparam("token"), due_at=bindparam("until"))
    .returning(_job)
)


@dataclass(frozen=True, slots=True)
class Finished:
    """How a job ended: its result, or why it failed; `final` says that trying again is no use."""

    id: int
    lease: str
    result: dict[str, Any] | None = None
    error: str | None = None
    final: bool = False


def claim(connection: Connection, token: str, now: Micros, most: int) -> list[Job]:
    """Take due jobs that nobody holds."""
    found = connection.all(_claim, now=now, most=most, token=token, until=now + LEASE)
    return sorted(map(Job.from_db, found), key=lambda job: job.id)


def finish(turn: Turn, finished: Finished) -> None:
    """Write down how a job ended and let its kind act on it; nothing if its lease had passed to somebody else."""
    job = _held(turn, finished)
    if job is None:
        return
    kind = turn.house.jobs[job.kind]
    job.attempts += 1
    job.lease, job.error = None, finished.error
    if finished.error is None:
        job.state, job.result = JobState.DONE, finished.result
        kind.done(turn, job)
    elif finished.final or job.attempts >= kind.attempts:
        job.state = JobState.DEAD
        log.error("a job was given up", extra={"job": job.id})
        kind.failed(turn, job)
    else:
        job.state = JobState.WAITING
        job.due_at = turn.now + BACK_OFF[min(job.attempts, len(BACK_OFF)) - 1]


def set_aside(turn: Turn, finished: Finished) -> None:
    """The turn in which a job should have ended failed: it is dead, and a person must look at it."""
    job = _held(turn, finished)
    if job is not None:
        job.attempts += 1
        job.state, job.lease, job.error = JobState.DEAD, None, finished.error or "its end could not be carried out"
        log.error("a job whose end failed was given up", extra={"job": job.id})


def _held(turn: Turn, finished: Finished) -> Job | None:
    """The job, if it is still in the hands of whoever has finished it."""
    job = turn.get(Job, finished.id, lock=True)
    return job if job and job.state == JobState.LEASED and job.lease == finished.lease else None
