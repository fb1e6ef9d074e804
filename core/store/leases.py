"""What only one process may do at a time, such as holding the one connection that a platform allows, under a lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import bindparam, or_, select

from core.store.model import Lease
from core.store.turn import Turn
from core.words import SECOND, Clock

HOLD = 30 * SECOND
"""How long a lease lasts unless its holder renews it; a dead holder is waited for so long."""
RENEW = 10 * SECOND
"""How often the holder renews it."""
LAST = 5 * SECOND
"""A holder that could not renew in time stops so long before somebody else can begin."""
LOOK = 5 * SECOND
"""How often those who wait look whether it is free."""

Act = Callable[[Callable[[Turn], Any]], Awaitable[Any]]
Pause = Callable[[float], Awaitable[None]]


class Leases:
    """The leases of one process."""

    def __init__(self, act: Act, clock: Clock, holder: str, pause: Pause = asyncio.sleep):
        self._act, self._clock, self._holder, self._pause = act, clock, holder, pause

    async def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, then work under it until the work ends. Work is cancelled in time if the lease cannot be
        renewed, and begun anew when it can be had again. Raises what the work raises."""
        while True:
            until = await self._seize(name)
            if until is None:
                await self._pause(LOOK / SECOND)
                continue
            working = asyncio.ensure_future(work())
            renewing = asyncio.ensure_future(self._renew(name, until))
            try:
                await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return working.result()
            finally:
                for task in (working, renewing):
                    task.cancel()
                await asyncio.gather(working, renewing, return_exceptions=True)
                await self._act(lambda turn: release(turn, name, self._holder))

    async def _renew(self, name: str, until: int) -> None:
        """Returns when the lease is lost, or can no more be counted on."""
        while True:
            await self._pause(RENEW / SECOND)
            try:
                async with asyncio.timeout(max(until - LAST - self._clock(), 0) / SECOND):
                    renewed = await self._seize(name)
            except TimeoutError:
                return
            except Exception:
                renewed = until
            if renewed is None or renewed - LAST <= self._clock():
                return
            until = renewed

    async def _seize(self, name: str) -> int | None:
        """Until when we have it; None while somebody else does."""
        return await self._act(lambda turn: seize(turn, name, self._holder))


def seize(turn: Turn, name: str, holder: str) -> int | None:
    """Until when the holder has the lease; None while somebody else does, or is just taking it: nobody waits for it, since
    with a turn waits its whole group."""
    lease = turn.first(Lease, _free, name=name, me=holder, now=turn.now)
    if lease is None:
        if turn.get(Lease, name) is not None:
            return None
        lease = turn.add(Lease(name=name, holder="", until=0))
    lease.holder, lease.until = holder, turn.now + HOLD
    return lease.until


def release(turn: Turn, name: str, holder: str) -> None:
    """Whoever holds the lease gives it back."""
    lease = turn.get(Lease, name, lock=True)
    if lease and lease.holder == holder:
        lease.holder, lease.until = "", 0


_lease = Lease.table.c
_free = (
    select(Lease.table)
    .where(
        _lease.name == bindparam("name"),
        or_(_lease.holder == "", _lease.holder == bindparam("me"), _lease.until <= bindparam("now")),
    )
    .with_for_update(skip_locked=True)
)
