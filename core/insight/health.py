"""Whether the desk keeps its promises at this instant: what waits too long, and what was set aside for a person to look at.

Every question is answered from an index that holds only what waits or was set aside, so that it costs the same on a desk
with a million tickets. An auditor that is too slow to be run is switched off, and then nobody notices anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from core.store import checkpoints
from core.store.checkpoints import Checkpoint
from core.store.database import Connection
from core.store.model import (
    DEAD,
    DEAD_JOBS,
    FAILED,
    PARKED,
    QUARANTINED,
    UNFINISHED_JOBS,
    UNSENT,
    WAITING_MESSAGES,
    WAITING_TIMERS,
    Inbox,
    Job,
    Outbox,
    Process,
    Quarantine,
    Timer,
)
from core.words import HOUR, MINUTE, Micros

TIMER_LATE = 1 * MINUTE
"""A timer that is due for longer shows that the pump does not keep up, or does not turn."""
MESSAGE_LATE = 1 * MINUTE
"""The same for a message that came in and has not had its turn (a failing one is given up after six seconds)."""
NOTICE_LATE = 15 * MINUTE
"""A message on its way out that could have gone for so long was forgotten: a dead process's lease ends after two minutes,
and one before it in its room waits ten minutes at most before it is tried again."""
RETRYING = 30 * MINUTE
"""A message that has failed at least once and is still unsent after so long: its platform is down or refuses us."""
JOB_LATE = 15 * MINUTE
"""The same for long work; its longest lease is five minutes."""
DEAD_LATELY = 20
"""More messages than these, given up within DEAD_WITHIN, are no matter of single addresses."""
DEAD_WITHIN = 1 * HOUR
CHECKPOINT_LATE = 2 * checkpoints.PERIOD + checkpoints.MARGIN
"""A checkpoint that is older shows that none is made any more."""


@dataclass(frozen=True, slots=True)
class Health:
    """How long the oldest of each kind has waited (0 if none does), and how many were set aside.

    `timer`, `message`, `notice`, `job`: overdue by so much. `retrying`: the age of the oldest notice that failed and is not
    sent yet. `dead_lately`: of `dead`, those given up within DEAD_WITHIN. `checkpoint`: the age of the last one; None
    if there is none. `unsent`: notices that wait, due or not. `processes` that show that they live (PostgreSQL).
    """

    timer: Micros
    message: Micros
    notice: Micros
    retrying: Micros
    job: Micros
    unsent: int
    dead: int
    dead_lately: int
    parked: int
    failed: int
    dead_jobs: int
    quarantined: int
    checkpoint: Micros | None
    processes: int

    @property
    def stalled(self) -> list[str]:
        """The bounds that do not hold, by the name of their field: an alarm for whoever keeps the machines."""
        late = {
            "timer": self.timer > TIMER_LATE,
            "message": self.message > MESSAGE_LATE,
            "notice": self.notice > NOTICE_LATE,
            "retrying": self.retrying > RETRYING,
            "job": self.job > JOB_LATE,
            "dead_lately": self.dead_lately > DEAD_LATELY,
            "checkpoint": self.checkpoint is not None and self.checkpoint > CHECKPOINT_LATE,
        }
        return [name for name, so in late.items() if so]

    @property
    def set_aside(self) -> dict[str, int]:
        """What a person must look at, by the name of its field; only what there is."""
        found = {name: getattr(self, name) for name in ("dead", "parked", "failed", "dead_jobs", "quarantined")}
        return {name: count for name, count in found.items() if count}


def health(connection: Connection, now: Micros) -> Health:
    """How the desk stands at this instant."""

    def late(statement: object) -> Micros:
        found = connection.one(statement)  # type: ignore[arg-type]
        return max(now - found[0], 0) if found and found[0] is not None else 0

    def count(statement: object, **values: Micros) -> int:
        found = connection.one(statement, **values)  # type: ignore[arg-type]
        return found[0] if found else 0

    made = connection.one(_checkpoint)
    return Health(
        timer=late(_timer),
        message=late(_message),
        notice=late(_notice),
        retrying=late(_retrying),
        job=late(_job_due),
        unsent=count(_unsent),
        dead=count(_dead),
        dead_lately=count(_dead_lately, since=now - DEAD_WITHIN),
        parked=count(_parked),
        failed=count(_failed),
        dead_jobs=count(_dead_jobs),
        quarantined=count(_quarantined),
        checkpoint=now - made[0] if made else None,
        processes=count(_living, now=now),
    )


_out, _in, _job = Outbox.table.c, Inbox.table.c, Job.table.c
_timer = select(func.min(Timer.table.c.due_at)).where(WAITING_TIMERS)
_message = select(_in.received_at).where(WAITING_MESSAGES).order_by(_in.id).limit(1)
_notice = select(func.min(_out.due_at)).where(UNSENT)
_retrying = select(func.min(_out.created_at)).where(UNSENT, _out.attempts > 0)
_job_due = select(func.min(_job.due_at)).where(UNFINISHED_JOBS)
_unsent = select(func.count()).select_from(Outbox.table).where(UNSENT)
_dead = select(func.count()).select_from(Outbox.table).where(DEAD)
_dead_lately = _dead.where(_out.due_at > bindparam("since"))
_parked = select(func.count()).select_from(Timer.table).where(PARKED)
_failed = select(func.count()).select_from(Inbox.table).where(FAILED)
_dead_jobs = select(func.count()).select_from(Job.table).where(DEAD_JOBS)
_quarantined = select(func.count()).select_from(Quarantine.table).where(QUARANTINED)
_checkpoint = select(Checkpoint.table.c.at).order_by(Checkpoint.table.c.number.desc()).limit(1)
_living = select(func.count()).select_from(Process.table).where(Process.table.c.until > bindparam("now"))
