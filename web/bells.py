"""Bells: whoever waits for news of something is woken when it is rung. In memory; a page that missed one looks by itself."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Bells:
    """Named bells of one process. Rung and heard on its event loop."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closed = False
        self.listeners = 0

    def ring(self, name: str) -> None:
        """There is news of this."""
        for rung in self._listeners.get(name, ()):
            rung.set()

    @contextmanager
    def listening(self, name: str) -> Iterator[asyncio.Event]:
        """An event that is set at each ring; clear it before looking."""
        rung = asyncio.Event()
        self._listeners[name].add(rung)
        self.listeners += 1
        try:
            yield rung
        finally:
            self.listeners -= 1
            self._listeners[name].discard(rung)
            if not self._listeners[name]:
                del self._listeners[name]

    def close(self) -> None:
        """Wake everybody for good: the desk is closing."""
        self.closed = True
        for name in list(self._listeners):
            self.ring(name)
