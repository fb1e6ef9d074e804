"""What a process has taken in hand to send and not yet written down: bounded, since that is what a kill could repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from core.store.model import Outbox
from core.words import Can

AHEAD_S = 2.0
"""A process takes so many seconds of a channel's rate in hand …"""
LEAST, MOST = 64, 500
"""… but at least, and at most, so many messages."""


class Hands:
    """Messages in hand, by channel. Alarms are taken however many there are."""

    def __init__(self, cans: Mapping[str, Can]):
        self._cans = cans
        self._held: dict[int, str] = {}
        self._counts: Counter[str] = Counter()

    def take(self, rows: Iterable[Outbox]) -> None:
        """These were handed out."""
        for row in rows:
            if row.id not in self._held:
                self._counts[row.channel] += 1
            self._held[row.id] = row.channel

    def settle(self, ids: Iterable[int]) -> None:
        """Their outcomes are written down."""
        for row_id in ids:
            channel = self._held.pop(row_id, None)
            if channel is not None:
                self._counts[channel] -= 1

    def free(self, channel: str, more: int = 0) -> bool:
        """Whether one more may be taken, besides `more` that are about to be."""
        return self._counts[channel] + more < self._limit(channel)

    def full(self) -> list[str]:
        """Channels of which no more may be taken."""
        return [channel for channel in self._counts if not self.free(channel)]

    def half_empty(self, channel: str) -> bool:
        """Whether it is worth while to look for more of a channel that was full."""
        return self._counts[channel] <= self._limit(channel) // 2

    def _limit(self, channel: str) -> int:
        can = self._cans.get(channel)
        return min(max(LEAST, int(can.rate * AHEAD_S)), MOST) if can else LEAST
