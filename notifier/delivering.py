"""Delivery: messages that were handed out under a lease are posted, in order per room and at each channel's pace."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from core.store.model import Outbox
from core.store.outgoing import ASKED, BEHIND, SETTLE, Outcome, in_doubt
from core.words import FOR_EVER, Channel, Clock, Micros, Receipt, Room, Say
from notifier.pacing import Pace, Pause

log = logging.getLogger("huiying.delivery")


async def always(row: Outbox) -> bool:
    """Nobody takes a message back."""
    return True


class Deliverer:
    """Posts messages and reports what became of each. Knows no database; a lost report is a lease that runs out.

    While `draining` it begins no post; what waits goes back.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        clock: Clock,
        report: Callable[[Outcome], None],
        pause: Pause = asyncio.sleep,
        holds_until: Callable[[], Micros] = lambda: FOR_EVER,
        processes: Callable[[], int] = lambda: 1,
        posted: Callable[[str, str], None] = lambda channel, state: None,
        still: Callable[[Outbox], Awaitable[bool]] = always,
    ):
        """`holds_until` tells how long this process may count on its leases, `processes` how many share a channel's rate;
        `posted` hears what a channel answered; `still` looks once more whether a message whose repetition does harm is
        to be posted."""
        self._channels, self._clock, self._report, self._pause = channels, clock, report, pause
        self._holds_until, self._posted, self._still = holds_until, posted, still
        self.draining = False
        self._waiting: dict[str, deque[Outbox]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._paces = {name: Pace(channel.can, clock, pause, processes) for name, channel in channels.items()}

    @property
    def busy(self) -> int:
        """How many tasks are under way."""
        return len(self._tasks)

    def take(self, rows: Sequence[Outbox]) -> None:
        """Post these in time; a room's messages go one after another."""
        for row in rows:
            queue = self._waiting.get(row.room)
            if queue is not None:
                _line_up(queue, row)
                continue
            self._waiting[row.room] = deque([row])
            task = asyncio.ensure_future(self._serve(row.room))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop; what was not posted is taken up again when its lease ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, room: str) -> None:
        queue = self._waiting[room]
        try:
            while queue:
                row = queue[0]
                receipt = await self._post(row)
                queue.popleft()
                self._report(Outcome(row.id, row.lease or "", receipt, self._clock()))
                if receipt.why != BEHIND:
                    self._posted(row.channel, receipt.state)
                if receipt.state in ("later", "unknown"):
                    self._put_back(queue, receipt)
        finally:
            del self._waiting[room]

    async def _post(self, row: Outbox) -> Receipt:
        """The receipt. What is no news any more goes back, and what has too little of its lease left to begin."""
        channel = self._channels.get(row.channel)
        if channel is None:
            return Receipt("refused", why=f"no channel {row.channel}")
        async with self._paces[row.channel].turn(row.room, row.priority):
            now = self._clock()
            expired = row.expires_at is not None and row.expires_at <= now
            if self.draining or expired or min(row.due_at, self._holds_until()) - now < SETTLE:
                return Receipt("later", after=0.0, why=BEHIND)
            try:
                known = await _reconciled(channel, row)
                if known is not None:
                    return known
                if channel.can.once and not await self._still(row):
                    return Receipt("later", after=0.0, why=BEHIND)
                return await channel.post(Room.of(row.room), Say.of(row.say), row.key)
            except Exception as error:
                log.exception("post failed", extra={"outbox": row.id, "channel": row.channel})
                return Receipt("unknown", why=type(error).__name__)

    def _put_back(self, queue: deque[Outbox], receipt: Receipt) -> None:
        """The room must wait: those behind go back too, so that none overtakes."""
        after = receipt.after if receipt.after is not None else 1.0
        while queue:
            row = queue.popleft()
            self._report(Outcome(row.id, row.lease or "", Receipt("later", after=after, why=BEHIND), self._clock()))


async def _reconciled(channel: Channel, row: Outbox) -> Receipt | None:
    """What a carrier of numbers knows of a message that was perhaps shown; None if it is to be posted."""
    ask = getattr(channel, "ask", None)
    if ask is None or not in_doubt(row):
        return None
    known: Receipt | None = await ask(Room.of(row.room), row.key, row.ref)
    if known is None or known.state != "unknown":
        return known
    return Receipt("unknown", known.ref, why=ASKED) if channel.can.once else None


def _line_up(queue: deque[Outbox], row: Outbox) -> None:
    """At the end of its room's line; an alarm goes before lesser news, though not before what is under way."""
    place = len(queue)
    while row.priority == 0 and place > 1 and queue[place - 1].priority > 0:
        place -= 1
    queue.insert(place, row)
