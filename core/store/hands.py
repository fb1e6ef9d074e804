"""What a process has taken in hand to send and not yet written down: bounded, since that is what a kill could repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from core.store.model import Outbox
from core.words import Can

AHEAD_S = 2.0
"""A process takes so many seconds of a channel's rate in hand …"""
LEAST, MOST = 64, 500
"""… but at least, and at most, so many messages."""


Ready = Callable[[str], bool]
"""Whether what is posted on a channel can leave from this process (see `Connected` in core/words.py)."""


def everywhere(channel: str) -> bool:
    """Most channels need no connection of their own to post."""
    return True


class Hands:
    """Messages in hand, by channel. Alarms are taken however many there are, but nothing that cannot leave from here."""

    def __init__(self, cans: Mapping[str, Can], ready: Ready = everywhere):
        self._cans, self.ready = cans, ready
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
        return self.ready(channel) and self._counts[channel] + more < self._limit(channel)

    def full(self) -> list[str]:
        """Channels of which no more may be taken."""
        return [channel for channel in {*self._cans, *self._counts} if not self.free(channel)]

    def away(self) -> list[str]:
        """Channels of which nothing may be taken, not even an alarm."""
        return [channel for channel in self._cans if not self.ready(channel)]

    def half_empty(self, channel: str) -> bool:
        """Whether it is worth while to look for more of a channel that was full."""
        return self.ready(channel) and self._counts[channel] <= self._limit(channel) // 2

    def _limit(self, channel: str) -> int:
        can = self._cans.get(channel)
        return min(max(LEAST, int(can.rate * AHEAD_S)), MOST) if can else LEAST
