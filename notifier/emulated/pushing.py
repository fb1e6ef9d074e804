"""How a provider pushes reports: when they are due, again when they were not taken, twice or in the wrong order if told so."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import httpx

from core.words import MINUTE, SECOND, Answer, Clock, Hook, Micros

AGAIN = (1 * MINUTE, 5 * MINUTE, 10 * MINUTE)
"""When a push that was not taken comes again, each counted from the one before."""
PATIENCE_SECONDS = 5.0
"""How long a provider waits for the answer to a push."""

_log = logging.getLogger(__name__)

Receiver = Callable[[Hook], Awaitable[Answer]]


def over_http(url: str) -> Receiver:
    """Pushes posted to a web address, as a provider does it."""

    async def post(hook: Hook) -> Answer:
        address = f"{url}?{urlencode(hook.query)}" if hook.query else url
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
            response = await client.request(hook.method, address, content=hook.body, headers=dict(hook.headers))
        return Answer(response.status_code, response.content, response.headers.get("content-type", ""))

    return post


@dataclass(frozen=True)
class Push:
    """A report on its way, and how often it was tried."""

    at: Micros
    hook: Hook
    tries: int = 0


class Pushes:
    """Reports of a provider to one address, whose `query` was told to it. `answers` are what it heard.

    `twice` pushes everything two times, `backwards` the newest first, `late` so many microseconds after its time; `again`
    is when a push that was not taken is repeated.
    """

    def __init__(self, clock: Clock, again: tuple[Micros, ...] = AGAIN) -> None:
        self.receiver: Receiver | None = None
        self.query: tuple[tuple[str, str], ...] = ()
        self.twice = self.backwards = False
        self.late: Micros = 0
        self.answers: list[Answer] = []
        self.lost: list[Hook] = []
        self._clock, self._again = clock, again
        self._waiting: list[Push] = []

    def add(self, hook: Hook, seconds: float = 0.0) -> None:
        """Push it in so many seconds."""
        push = Push(self._clock() + round(seconds * SECOND) + self.late, hook)
        self._waiting += [push, push] if self.twice else [push]

    async def deliver(self) -> None:
        """Push whatever is due by now."""
        while due := [push for push in self._waiting if push.at <= self._clock()]:
            push = max(due, key=lambda push: push.at) if self.backwards else min(due, key=lambda push: push.at)
            self._waiting.remove(push)
            if await self._taken(push.hook):
                continue
            if push.tries < len(self._again):
                self._waiting.append(replace(push, at=self._clock() + self._again[push.tries], tries=push.tries + 1))
            else:
                self.lost.append(push.hook)

    async def _taken(self, hook: Hook) -> bool:
        if self.receiver is None:
            return True
        try:
            answer = await self.receiver(replace(hook, query=[*self.query, *hook.query]))
        except Exception:
            _log.warning("a push failed", exc_info=True)
            answer = Answer(500)
        self.answers.append(answer)
        return 200 <= answer.status < 300
