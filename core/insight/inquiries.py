"""How often customers have to ask how their repair stands: effective inquiries (有效咨询), month by month (S97, S101).

One counts if it was made within 24 h after the ticket was: at 23:59:59, and no more at 24:00:00. Computed from events alone, so
that every figure can be computed again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.inquiring import CHAT, PHONE
from core.wording import local
from core.words import Micros

_event = Event.table.c
_inquired = (
    select(Event.table)
    .where(
        _event.kind == Happened.INQUIRED,
        _event.entity == bindparam("entity"),
        _event.at >= bindparam("since"),
        _event.at < bindparam("until"),
    )
    .order_by(_event.at, _event.id)
)


@dataclass(frozen=True, slots=True)
class Month:
    """The effective inquiries of one month on the wall: by the hotline, and in chats."""

    year: int
    month: int
    phone: int
    chat: int

    @property
    def total(self) -> int:
        return self.phone + self.chat


def inquiries(turn: Turn, entity: str, since: Micros, until: Micros) -> list[Month]:
    """The months in which somebody asked from `since` on and before `until`, in their order."""
    found = turn.rows(Event, _inquired, entity=entity, since=since, until=until)
    within = turn.house.policies.tickets.effective_inquiry
    effective = [event for event in found if event.at - event.data["created"] < within]
    counted = Counter((*_month(event.at, turn.house.zone), event.data["via"]) for event in effective)
    months = sorted({(year, month) for year, month, _ in counted})
    return [Month(year, month, counted[year, month, PHONE], counted[year, month, CHAT]) for year, month in months]


def _month(at: Micros, zone: ZoneInfo) -> tuple[int, int]:
    when = local(at, zone)
    return when.year, when.month
