"""Thresholds of tickets: summary (S38), closing, numbers, and how long a customer may hear nothing (S97)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.tickets.model import Priority, Status
from core.words import DAY, HOUR, MINUTE, SECOND, Micros


@dataclass(frozen=True)
class TicketPolicy:
    """`summary_min`: characters of a summary that count (处理摘要 50 字以上). `closing`: a done ticket closes by itself
    after this time. `number_format`: how a ticket number is shown, {n} is the number. `open_watch`: S7's watch. `undo`: how long one's
    last verb may be taken back. `most_handovers`: more than so many alarm the superior (S61). `duplicate_window`: S64. `stayed`: open for
    longer, a ticket stands on the list of those that stayed (S85). `effective_inquiry`: a customer's question counts who asks earlier
    than this after the report (有效咨询, S97)."""

    number_format: str = "GD-{n}"
    first_number: int = 1001
    summary_min: int = 50
    closing: Micros = 72 * HOUR
    open_watch: Micros = 3 * MINUTE
    undo: Micros = 60 * SECOND
    most_handovers: int = 5
    duplicate_window: Micros = 3 * DAY
    stayed: Micros = 48 * HOUR
    effective_inquiry: Micros = 24 * HOUR
    maintenance_months: int = 6
    maintenance_of: Mapping[str, int] = field(default_factory=dict)


OTHERS = "other"
"""The grade of customers that have none of their own."""
AWAKE = frozenset({Status.UNASSIGNED, Status.ACCEPTED, Status.ON_SITE})
"""Stages in which one of us must act: their budgets run while the customer is awake, outside quiet hours. By the house's own hours he would
hear nothing all evening and all Sunday, which is when he asks. Waiting for a part or for a date is counted in days on the wall, and a P0
is on the wall clock as everywhere."""


@dataclass(frozen=True)
class SilencePolicy:
    """How long a customer hears nothing about his ticket before the desk says so itself (静默预算), in µs by stage and grade, `urgent`
    for a P0 in any stage; 0 or no entry: never. `late`: so long after a date has passed the desk owns up to it. `most`: so often, in
    one stage and without any news between, that there is nothing new; each time after twice as long; 0: the desk keeps silent. `kept`:
    messages of a reply window that are left for real news: two for the end (done with its rating, report), one on the way to it."""

    budgets: Mapping[Status, Mapping[str, Micros]] = field(
        default_factory=lambda: {
            Status.UNASSIGNED: {"A": HOUR, "B": 2 * HOUR, OTHERS: 2 * HOUR},
            Status.ACCEPTED: {"A": 2 * HOUR, "B": 3 * HOUR, OTHERS: 4 * HOUR},
            Status.ON_SITE: {"A": 2 * HOUR, "B": 3 * HOUR, OTHERS: 4 * HOUR},
            Status.WAITING_PART: {"A": DAY, "B": DAY, OTHERS: 2 * DAY},
            Status.ON_HOLD: {"A": 2 * DAY, "B": 2 * DAY, OTHERS: 3 * DAY},
        }
    )
    urgent: Mapping[str, Micros] = field(default_factory=lambda: {"A": HOUR, "B": HOUR, OTHERS: 2 * HOUR})
    late: Micros = 30 * MINUTE
    most: int = 3
    kept: int = 3

    def budget(self, status: Status, priority: Priority, grade: str | None) -> Micros:
        """How long a customer of this grade may hear nothing; 0: as long as it takes."""
        spans = self.urgent if priority == Priority.P0 else self.budgets.get(status, {})
        return spans.get(grade or OTHERS, spans.get(OTHERS, 0))

    def awake(self, status: Status, priority: Priority) -> bool:
        """Whether the time runs only while he is awake."""
        return priority != Priority.P0 and status in AWAKE
