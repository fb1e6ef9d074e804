"""A message waits for an engine elsewhere: its question is a job, its answer lets the message have its turn.

The message stays in the inbox, so whatever its room brings after it keeps its order, and a kill loses nothing: its deadline is
its due date, and when that comes first the message is heard as the engine of this process understands it. What was answered
stands in the job's row: however often the turn is taken up again, it hears the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from core.house import JobKind
from core.store.model import Inbox, InboxState, Job, JobState
from core.store.turn import Turn
from core.store.working import Work
from core.words import SECOND
from dialogue.understanding.engine import NoAnswer, Ranked, Remote

RANK = "rank"
"""The job that asks an engine elsewhere: data {inbox, text}; its result is a Ranked, or {why}."""
GRACE = 2.0
"""Seconds beyond an engine's own time after which a message waits no longer: a process that asked may be gone."""

_LOG = logging.getLogger("huiying.ranking")
_of_message = select(Job.table).where(Job.table.c.key == bindparam("key"))


def is_ranked(words: str) -> bool:
    """Whether an engine could make something of these words: of a lone number nothing but what is read exactly here."""
    return any(map(str.isalpha, words))


def must_wait(turn: Turn, row: Inbox, text: str, remote: Remote) -> bool:
    """Whether the message waits for its ranking, which is asked for at its first turn. It has the next one when the answer has
    come, or its deadline has."""
    if turn.start(RANK, _key(row), {"inbox": row.id, "text": text}) is None:
        return False
    row.due_at = turn.now + int((remote.seconds + GRACE) * SECOND)
    return True


def ranked(turn: Turn, row: Inbox, count: Callable[[str], None]) -> Ranked | None:
    """What the engine made of the message; None, and a word in the log, if it made nothing of it. `count` hears what came."""
    job = turn.first(Job, _of_message, key=_key(row))
    if job is None:
        return None
    result = job.result or {"why": "failed" if job.state == JobState.DEAD else "late"}
    if "ranking" in result:
        count("answered")
        return Ranked.of(result)
    _LOG.warning(
        "no ranking from the engine elsewhere (%s): understood without it",
        result["why"],
        extra={"inbox": row.id, "job": job.id, "status": result["why"]},
    )
    count(result["why"])
    return None


def asking(remote: Remote | None) -> Work:
    """The work itself. What an engine does not answer is an answer too: a message has no time for another attempt."""

    async def ask(data: Mapping[str, Any]) -> dict[str, Any]:
        if remote is None:
            return {"why": "off"}
        try:
            ranking = await remote.ask(data["text"])
        except NoAnswer as no:
            return {"why": no.why}
        return Ranked(remote.name, remote.thresholds, ranking, remote.proposes).to_json()

    return ask


def let_through(turn: Turn, job: Job) -> None:
    """The message has its turn now; its words do not stand in the job any longer."""
    row = turn.get(Inbox, job.data["inbox"], lock=True)
    job.data = {"inbox": job.data["inbox"]}
    if row is not None and row.state == InboxState.NEW:
        row.due_at = min(row.due_at, turn.now)


def _key(row: Inbox) -> str:
    return f"{RANK}:{row.id}"


JOBS = {RANK: JobKind(let_through, let_through, attempts=1)}
