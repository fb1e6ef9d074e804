"""What Prometheus reads: figures without personal data, their labels drawn from the few channels, kinds and states there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from config.standing import ALLOWED, Standing
from core.clocks.calendar import Calendar
from core.insight.channels import is_deaf
from core.insight.health import Health
from core.pulse import Histogram, Pulse
from core.words import SECOND, Clock

WAITS = ("timer", "message", "notice", "retrying", "job")
"""Fields of Health that say how long the oldest waits."""
SET_ASIDE = ("dead", "dead_lately", "parked", "failed", "dead_jobs", "quarantined")
"""Fields of Health that count."""


class Metrics:
    """All figures of one process and of the desk, gathered when they are asked for."""

    def __init__(
        self, pulse: Pulse, look: Callable[[], Standing], conflicts: Callable[[], int], clock: Clock, calendar: Calendar
    ):
        self._pulse, self._look, self._conflicts, self._clock, self._calendar = pulse, look, conflicts, clock, calendar
        self._registry = CollectorRegistry()
        self._registry.register(self)  # type: ignore[arg-type]

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing is known before it is asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        found = self._look()
        yield gauge(
            "huiying_up", "1 if the pump turns and the store can be read", found.turning and found.store is not None
        )
        yield gauge("huiying_well", "1 if every bound holds: the heartbeat is sent", not found.broken)
        yield gauge("huiying_disk_free_bytes", "free where the data lies", found.disk_free)
        unknown = self._calendar.unknown_year(self._clock()) or 0
        yield gauge("huiying_holidays_unknown_year", "a near year without public holidays, 0 if none", unknown)
        if found.store is not None:
            yield from _store(found.store)
        yield from self._process()
        yield from self._channels()

    def _process(self) -> Iterator[Metric]:
        pulse = self._pulse
        yield counter("huiying_turns", "turns that were committed by this process", pulse.turns)
        yield counter("huiying_groups", "transactions that this process committed", pulse.groups)
        yield counter("huiying_group_refusals", "groups that the store refused", pulse.refused)
        yield counter("huiying_conflicts", "groups done again because another process was quicker", self._conflicts())
        rankings = CounterMetricFamily(
            "huiying_rankings", "messages by what the engine elsewhere made of them", labels=["outcome"]
        )
        for outcome, count in list(pulse.rankings.items()):
            rankings.add_metric([outcome], count)
        yield rankings
        recordings = CounterMetricFamily(
            "huiying_recordings", "voice messages by who wrote them down", labels=["engine"]
        )
        for engine, count in list(pulse.recordings.items()):
            recordings.add_metric([engine], count)
        yield recordings
        yield histogram("huiying_listening_seconds", "how long that took", pulse.listening_seconds)
        yield histogram("huiying_group_seconds", "how long a group took", pulse.group_seconds)
        yield histogram("huiying_timer_lateness_seconds", "how late timers fired", pulse.lateness)

    def _channels(self) -> Iterator[Metric]:
        now = self._clock()
        posts = CounterMetricFamily("huiying_posts", "posts by outcome", labels=["channel", "state"])
        restarts = CounterMetricFamily("huiying_channel_restarts", "deaths of a channel's loop", labels=["channel"])
        deaf = GaugeMetricFamily(
            "huiying_channel_deaf", "1 if a channel is out of order for too long", labels=["channel"]
        )
        since = GaugeMetricFamily(
            "huiying_channel_silent_seconds", "since a channel last brought (in) or took (out) something",
            labels=["channel", "way"],
        )  # fmt: skip
        for name, channel in list(self._pulse.channels.items()):
            for state, count in list(channel.posts.items()):
                posts.add_metric([name, state], count)
            restarts.add_metric([name], channel.restarts)
            deaf.add_metric([name], is_deaf(channel, now))
            for way, at in (("in", channel.heard_at), ("out", channel.posted_at)):
                if at is not None:
                    since.add_metric([name, way], (now - at) / SECOND)
        yield from (posts, restarts, deaf, since)


def _store(found: Health) -> Iterator[Metric]:
    waits = GaugeMetricFamily("huiying_oldest_seconds", "how long the oldest of a kind is overdue", labels=["kind"])
    allowed = GaugeMetricFamily("huiying_oldest_allowed_seconds", "the bound of each kind", labels=["kind"])
    for name in WAITS:
        waits.add_metric([name], getattr(found, name) / SECOND)
        allowed.add_metric([name], ALLOWED[name] / SECOND)
    yield from (waits, allowed)
    aside = GaugeMetricFamily("huiying_set_aside", "what was set aside for a person, by kind", labels=["kind"])
    for name in SET_ASIDE:
        aside.add_metric([name], getattr(found, name))
    yield aside
    yield gauge("huiying_unsent", "messages on their way out", found.unsent)
    yield gauge("huiying_processes", "processes that show that they live (PostgreSQL)", found.processes)
    if found.checkpoint is not None:
        yield gauge("huiying_checkpoint_age_seconds", "age of the last audit checkpoint", found.checkpoint / SECOND)


def gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(name, what, value=value)


def histogram(name: str, what: str, values: Histogram) -> Metric:
    """Prometheus counts, at each bound, everything beneath it."""
    beneath, buckets = 0, []
    for bound, count in zip([*map(str, values.bounds), "+Inf"], values.counts, strict=True):
        beneath += count
        buckets.append((bound, beneath))
    return HistogramMetricFamily(name, what, buckets=buckets, sum_value=values.sum)
