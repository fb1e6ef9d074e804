"""Runs jobs outside any transaction, a few at a time, and reports how each ended."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from core.reports.press import CannotPrint
from core.store.jobs import Finished
from core.store.model import Job
from core.words import CannotFetch

log = logging.getLogger("huiying.jobs")

AT_ONCE = 4
"""Jobs of one kind that run side by side in one process: no kind waits for another."""
LONGEST = 240.0
"""Seconds after which a job is given up for this time; shorter than its lease."""

Work = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


class Worker:
    """Takes leased jobs and does them. `report` hears how each ended."""

    def __init__(self, kinds: Mapping[str, Work], report: Callable[[Finished], None]):
        self._kinds, self._report = kinds, report
        self._places: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """How many tasks are under way."""
        return len(self._tasks)

    def take(self, jobs: Sequence[Job]) -> None:
        """Begin these jobs as soon as there is room."""
        for job in jobs:
            task = asyncio.ensure_future(self._do(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop; what was under way is taken up again when its lease ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _do(self, job: Job) -> None:
        async with self._places[job.kind]:
            try:
                async with asyncio.timeout(LONGEST):
                    result = await self._kinds[job.kind](job.data)
            except (CannotFetch, CannotPrint) as error:
                self._report(Finished(job.id, job.lease or "", error=str(error)[:500] or "gone", final=True))
            except Exception as error:
                log.warning("job failed", exc_info=True, extra={"job": job.id, "kind": job.kind})
                self._report(Finished(job.id, job.lease or "", error=f"{type(error).__name__}: {error}"[:500]))
            else:
                self._report(Finished(job.id, job.lease or "", result=result))
