"""Reports that come by themselves: on the first of a month at nine managers hear of the month, or the quarter, that is over.

Each report has one timer at a time, whose episode names the span that it tells of (report:first_photo, 2026-03): every span is told
of once, and what fell due while the desk stood still is told as soon as it is back, span by span.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.people.duty import in_role
from core.people.model import Role
from core.store.model import WAITING_TIMERS, Timer
from core.store.turn import Turn
from core.wording import local
from core.words import SECOND, Micros, Say

HOUR_OF_DAY = 9
"""Local hour of the first day after the span at which its report is sent."""
MONTH, QUARTER = 1, 3
"""Months that a report tells of."""

_timer = Timer.table.c
_waiting = (
    select(Timer.table)
    .where(_timer.subject == bindparam("subject"), _timer.kind == bindparam("kind"), WAITING_TIMERS)
    .limit(1)
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A month, or a quarter, on the wall: `months` from the first of `month` on."""

    year: int
    month: int
    months: int = MONTH

    @classmethod
    def around(cls, at: Micros, zone: ZoneInfo, months: int = MONTH) -> Self:
        """The span in which an instant lies."""
        when = local(at, zone)
        return cls(when.year, when.month - (when.month - 1) % months, months)

    @classmethod
    def named(cls, name: str) -> Self:
        """The span that `str` named. Raises ValueError for anything else."""
        year, _, rest = name.partition("-")
        if rest.startswith("Q"):
            return cls(int(year), int(rest[1:]) * QUARTER - QUARTER + 1, QUARTER)
        return cls(int(year), int(rest))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.month // QUARTER + 1}" if self.months == QUARTER else f"{self.year}-{self.month:02}"

    def later(self, spans: int = 1) -> Self:
        """So many spans later; earlier, if it is negative."""
        years, month = divmod(self.month - 1 + spans * self.months, 12)
        return type(self)(self.year + years, month + 1, self.months)

    def begins(self, zone: ZoneInfo, hour: int = 0) -> Micros:
        """The local `hour` of its first day."""
        return round(datetime(self.year, self.month, 1, hour, tzinfo=zone).timestamp()) * SECOND

    def ends(self, zone: ZoneInfo) -> Micros:
        """Its end, which is no part of it."""
        return self.later().begins(zone)


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of each span: `text` gives it in a language, or None where there is nothing to tell. `name`: first_photo."""

    name: str
    text: Callable[[Turn, str, Span, str], str | None]
    months: int = MONTH

    @property
    def timer(self) -> str:
        """The kind of its timer."""
        return f"report.{self.name}"

    @property
    def subject(self) -> str:
        return f"report:{self.name}"


def begin(turn: Turn, reports: Sequence[Report]) -> None:
    """The desk begins: each report that waits for nothing waits for the end of the span in which it is now."""
    for report in reports:
        if turn.first(Timer, _waiting, subject=report.subject, kind=report.timer) is None:
            _await(turn, report, Span.around(turn.now, turn.house.zone, report.months))


def timers(reports: Sequence[Report]) -> dict[str, Callable[[Turn, Timer], None]]:
    """Kind of timer → what happens when it is due."""
    return {report.timer: partial(_tell, report) for report in reports}


def _tell(report: Report, turn: Turn, timer: Timer) -> None:
    span, entity = Span.named(timer.episode), turn.house.policies.entity
    for manager in in_role(turn, entity, Role.MANAGER):
        text = report.text(turn, entity, span, manager.lang)
        if text is not None:
            tell(turn, manager, Say("figures", text), subject=f"{report.subject}:{span}")
    _await(turn, report, span.later())


def _await(turn: Turn, report: Report, span: Span) -> None:
    turn.remind(report.timer, report.subject, span.later().begins(turn.house.zone, hour=HOUR_OF_DAY), episode=str(span))
