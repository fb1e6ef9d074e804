"""An event loop whose time is the world's, and which runs one round of its work when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Any

from core.words import SECOND, Clock, Micros


class Loop(asyncio.BaseEventLoop):
    """No thread, no socket, no waiting: what is ready runs in its order, and time is what `clock` says."""

    def __init__(self, clock: Clock):
        self._clock, self._begun = clock, clock()
        super().__init__()
        self._selector = self
        self._tasks: list[asyncio.Task[Any]] = []

    def time(self) -> float:
        return (self._clock() - self._begun) / SECOND

    def one_round(self) -> None:
        """Everything that is ready now. Raises what a SystemExit inside raised."""
        self.stop()
        self.run_forever()

    @property
    def busy(self) -> bool:
        """Whether something is ready to run."""
        due_at = self.next_due()
        return bool(self._ready) or (due_at is not None and due_at <= self._clock())  # type: ignore[attr-defined]

    def next_due(self) -> Micros | None:
        """The instant for which the first sleeper waits."""
        sleepers = self._scheduled  # type: ignore[attr-defined]
        if not sleepers:
            return None
        return self._begun + ceil(sleepers[0].when() * SECOND)

    def create_task(self, coro: Any, **more: Any) -> asyncio.Task[Any]:
        task = super().create_task(coro, **more)
        self._tasks = [known for known in self._tasks if not known.done()]
        self._tasks.append(task)
        return task

    def drop(self) -> None:
        """Forget everything, as if the process had never been."""
        self.set_exception_handler(lambda loop, context: None)
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            with suppress(BaseException):
                task.get_coro().close()  # type: ignore[union-attr]
        self.close()

    def run_in_executor(self, executor: Any, work: Callable[..., Any], *given: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Done on the spot: there are no threads here."""
        done = self.create_future()
        done.set_result(work(*given))
        return done

    # ---- what BaseEventLoop asks of its kind

    def select(self, timeout: float | None) -> list[Any]:
        return []

    def _process_events(self, events: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass
