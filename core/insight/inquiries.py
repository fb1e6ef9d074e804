"""How often customers have to ask how their repair stands: effective inquiries (有效咨询), by month and quarter (S97, S101).

One counts if it was made within 24 h after the ticket was: at 23:59:59, and no more at 24:00:00. Each counts by itself, also when he asks
again within the minute: what he was told did not help him. What the desk says of its own accord is no inquiry. Computed from events
alone, so that every figure can be computed again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from core.insight.monthly import MONTH, Span
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.inquiring import CHAT, PHONE
from core.tickets.model import Ticket
from core.wording import local
from core.words import Micros

_event, _ticket = Event.table.c, Ticket.table.c
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
_made = select(func.count()).where(
    _ticket.entity == bindparam("entity"),
    _ticket.created_at >= bindparam("since"),
    _ticket.created_at < bindparam("until"),
    _ticket.priority_from != "import",
)
_first_made = select(func.min(_ticket.created_at)).where(
    _ticket.entity == bindparam("entity"), _ticket.priority_from != "import"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One effective inquiry: after which ticket, what for (the kind of question, never its words), by the hotline or in a chat."""

    at: Micros
    ticket: int
    intent: str
    via: str


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


@dataclass(frozen=True, slots=True)
class Counted:
    """The effective inquiries of a span, and how many tickets were `made` in it."""

    phone: int
    chat: int
    made: int

    @property
    def total(self) -> int:
        return self.phone + self.chat

    @property
    def per_hundred(self) -> int | None:
        """Inquiries per hundred tickets, in tenths, rounded down; None without a ticket."""
        return 1000 * self.total // self.made if self.made else None


@dataclass(frozen=True, slots=True)
class Trend:
    """A span beside the one before it, and the same one a year ago; None where the desk had no tickets yet. Of a span that is not over
    (`so_far`), the others are counted up to the same point."""

    now: Counted
    before: Counted | None
    last_year: Counted | None
    so_far: bool


def asked(turn: Turn, entity: str, since: Micros, until: Micros) -> list[Asked]:
    """The effective inquiries from `since` on and before `until`, in their order."""
    within = turn.house.policies.tickets.effective_inquiry
    found = turn.rows(Event, _inquired, entity=entity, since=since, until=until)
    effective = [event for event in found if event.at - event.data["created"] < within]
    return [Asked(one.at, one.data["ticket"], one.data["intent"], one.data["via"]) for one in effective]


def inquiries(turn: Turn, entity: str, since: Micros, until: Micros) -> list[Month]:
    """The months in which somebody asked from `since` on and before `until`, in their order."""
    days = [(local(one.at, turn.house.zone), one.via) for one in asked(turn, entity, since, until)]
    counted = Counter((when.year, when.month, via) for when, via in days)
    months = sorted({(year, month) for year, month, _ in counted})
    return [Month(year, month, counted[year, month, PHONE], counted[year, month, CHAT]) for year, month in months]


def trend(turn: Turn, entity: str, span: Span) -> Trend:
    """What a span brought, and whether it was less than before."""
    zone, year = turn.house.zone, 12 // span.months
    elapsed = min(turn.now, span.ends(zone)) - span.begins(zone)
    so_far = turn.now < span.ends(zone)

    def at(other: Span) -> Counted | None:
        since, until = other.begins(zone), other.ends(zone)
        if not _known(turn, entity, until):
            return None
        return count(turn, entity, since, min(until, since + elapsed) if so_far else until)

    now = count(turn, entity, span.begins(zone), min(span.ends(zone), turn.now + 1))
    return Trend(now, at(span.later(-1)), at(span.later(-year)), so_far)


def count(turn: Turn, entity: str, since: Micros, until: Micros) -> Counted:
    """The effective inquiries from `since` on and before `until`, and the tickets made then."""
    via = Counter(one.via for one in asked(turn, entity, since, until))
    [(made,)] = turn.ask(_made, entity=entity, since=since, until=until)
    return Counted(via[PHONE], via[CHAT], made)


def months_of(span: Span) -> list[Span]:
    """The months of a quarter; of a month, itself."""
    return [Span(span.year, span.month + place, MONTH) for place in range(span.months)]


def _known(turn: Turn, entity: str, until: Micros) -> bool:
    [(first,)] = turn.ask(_first_made, entity=entity)
    return first is not None and first < until
