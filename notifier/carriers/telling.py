"""Facts that a carrier learns of its own accord, on their way to the core: in order, and kept until they are durable."""

from __future__ import annotations

import asyncio
from collections import deque

from core.words import Accept


class Telling:
    """What a carrier has to tell. A fact that could not be stored stays first in line for the next `run`."""

    def __init__(self) -> None:
        self._facts: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._more = asyncio.Event()

    def tell(self, raw: bytes) -> asyncio.Future[None]:
        """Put a fact in line; what is returned is done once the fact is durable."""
        durable = asyncio.get_running_loop().create_future()
        self._facts.append((raw, durable))
        self._more.set()
        return durable

    async def run(self, accept: Accept) -> None:
        """Hand over, for ever. Raises what `accept` raises."""
        while True:
            await self._more.wait()
            self._more.clear()
            while self._facts:
                facts = list(self._facts)
                try:
                    await accept([raw for raw, _ in facts])
                except BaseException:
                    self._more.set()
                    raise
                for _, durable in facts:
                    self._facts.popleft()
                    if not durable.done():
                        durable.set_result(None)
