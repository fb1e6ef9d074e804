"""What one process has lived through since it started, counted where it happens: how its channels, groups and timers do."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.words import SECOND, Clock, Micros

LATENESS_S = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""Bounds of the histogram of how late timers fired, seconds: a promise of 15 s and one of an hour can both be judged."""
GROUP_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Bounds of the histogram of how long a group took, seconds."""

LISTENING_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
"""Bounds of the histogram of how long it took to find out the words of a recording, seconds."""


@dataclass
class Histogram:
    """How many values lay at or under each bound, and over all of them; and their sum."""

    bounds: Sequence[float]
    counts: list[int] = field(default_factory=list)
    sum: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


@dataclass
class ChannelPulse:
    """One channel. `down_since`: its loop has died and not lived on yet; `failing_since`: no post has succeeded since, and
    `failures` have failed."""

    heard_at: Micros | None = None
    posted_at: Micros | None = None
    down_since: Micros | None = None
    failing_since: Micros | None = None
    failures: int = 0
    restarts: int = 0
    posts: Counter[str] = field(default_factory=Counter)


class Pulse:
    """Counts; never raises, never waits. The pump's thread tells of groups, the event loop of channels."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self.channels: dict[str, ChannelPulse] = {}
        self.turns = self.groups = self.refused = 0
        self.rankings: Counter[str] = Counter()
        self.recordings: Counter[str] = Counter()
        self.listening_seconds = Histogram(LISTENING_S)
        self.lateness, self.group_seconds = Histogram(LATENESS_S), Histogram(GROUP_S)

    def group(self, turns: int, seconds: float, lateness: Sequence[Micros]) -> None:
        """A group was committed: its turns, how long it took, and how late each timer fired."""
        self.groups += 1
        self.turns += turns
        self.group_seconds.add(seconds)
        for late in lateness:
            self.lateness.add(late / SECOND)

    def refuse(self) -> None:
        """The store refused a group."""
        self.refused += 1

    def ranked(self, what: str) -> None:
        """An engine elsewhere was asked about a message: answered, or why not."""
        self.rankings[what] += 1

    def listened(self, engine: str, seconds: float) -> None:
        """A recording was listened to: who wrote its words down, and how long that took."""
        self.recordings[engine] += 1
        self.listening_seconds.add(seconds)

    def channel(self, name: str) -> ChannelPulse:
        return self.channels.setdefault(name, ChannelPulse())

    def heard(self, name: str) -> None:
        """A channel has brought something, and it is stored."""
        self.channel(name).heard_at = self._clock()

    def posted(self, name: str, state: str) -> None:
        """A channel has answered a post: sent, later, unknown, refused, gone. A refusal says nothing about the channel."""
        channel, now = self.channel(name), self._clock()
        channel.posts[state] += 1
        if state == "sent":
            channel.posted_at, channel.failing_since, channel.failures = now, None, 0
        elif state in ("later", "unknown"):
            channel.failing_since = channel.failing_since or now
            channel.failures += 1

    def died(self, name: str) -> None:
        """A channel's own loop has died; it will be started again."""
        channel = self.channel(name)
        channel.restarts += 1
        channel.down_since = channel.down_since or self._clock()

    def lives(self, name: str) -> None:
        """A channel's own loop has run long enough to be called well, or has nothing to do."""
        self.channel(name).down_since = None
