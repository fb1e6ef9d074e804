"""A rule as data: when it applies, and what it asks for (规则, S58, S81). Industry packs and settings bring them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from core.rules.containing import holds
from core.tickets.model import Priority


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at: where and when something was said, what, by what grade of customer, how urgent it is."""

    channel: str
    text: str
    clock: time
    priority: Priority
    level: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """All that is named must hold; what is empty holds always. `since` to `until` is local time, end excluded, and may pass
    midnight."""

    channels: frozenset[str] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    words: tuple[str, ...] = ()
    levels: frozenset[str] = frozenset()
    since: time | None = None
    until: time | None = None

    def holds(self, case: Case) -> bool:
        return (
            (not self.channels or case.channel in self.channels)
            and (not self.priorities or case.priority in self.priorities)
            and (not self.levels or case.level in self.levels)
            and (not self.words or any(holds(case.text, word) for word in self.words))
            and self._at(case.clock)
        )

    def _at(self, clock: time) -> bool:
        since, until = self.since or time.min, self.until
        if until is None:
            return since <= clock
        return since <= clock < until if since < until else clock >= since or clock < until


@dataclass(frozen=True, slots=True)
class Then:
    """What is asked for: engineers of this team first, at least this priority, a ticket whatever else is understood."""

    team: str | None = None
    priority: Priority | None = None
    ticket: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: When
    then: Then
