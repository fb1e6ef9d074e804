"""Thresholds of tickets: summary (S38), closing, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
