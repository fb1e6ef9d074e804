"""How photos come in: who sends those of his work himself (首图直传率), and whether the desk still has them (S91)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import String, and_, bindparam, cast, func, literal, or_, select, text

from core.insight.monthly import Report, Span
from core.people.model import Person, Role
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Attachment, Ticket

REWARDED_ABOVE = 950
"""Tenths of a percent above which a rate earns the reward: 95.1 % does, 95.0 % does not (S91)."""

_ticket, _event, _file = Ticket.table.c, Event.table.c, Attachment.table.c
_of_ticket = _event.stream == literal("ticket:") + cast(_ticket.id, String)
_completed_then = and_(
    _ticket.entity == bindparam("entity"),
    _ticket.done_at >= bindparam("since"),
    _ticket.done_at < bindparam("until"),
    text("ticket.status <> 'cancelled'"),
)
_completions = (
    select(_ticket.id, _event.by)
    .join_from(Ticket.table, Event.table, _of_ticket)
    .where(_completed_then, _event.kind == Happened.COMPLETED, _event.at == _ticket.done_at)
    .order_by(_ticket.id, _event.seq)
)
_photo = or_(_file.kind == "image", and_(_file.kind == "file", _file.mime.startswith("image/")))
_own_photos = (
    select(_file.ticket_id, _file.person_id)
    .join_from(Ticket.table, Attachment.table, _file.ticket_id == _ticket.id)
    .join(Event.table, _event.id == _file.event_id)
    .where(
        _completed_then,
        _photo,
        _file.at <= _ticket.done_at,
        _event.data.not_like('%"passed_on_by"%'),
    )
    .distinct()
)
_received = (
    select(func.count(), func.count(_file.hash))
    .select_from(Attachment.table)
    .join(Ticket.table, _file.ticket_id == _ticket.id)
    .where(
        _ticket.entity == bindparam("entity"),
        _photo,
        _file.at >= bindparam("since"),
        _file.at < bindparam("until"),
    )
)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    count: int
    of: int

    @property
    def tenths(self) -> int:
        """Tenths of a percent, rounded up: what is above a bound is shown above it."""
        return -(-1000 * self.count // self.of) if self.of else 0

    @property
    def rewarded(self) -> bool:
        """Whether it is above the bound, however little."""
        return self.tenths > REWARDED_ABOVE

    def __str__(self) -> str:
        return f"{self.tenths // 10}.{self.tenths % 10}%"


@dataclass(frozen=True, slots=True)
class PhotoFigures:
    """`engineers`: each engineer who completed a ticket, with his rate, the best first; `kept`: photos of which the desk has the
    content, of those that came."""

    engineers: tuple[tuple[Person, Rate], ...]
    kept: Rate


def photo_figures(turn: Turn, entity: str, span: Span) -> PhotoFigures:
    """The figures of a span, as its tickets stand now.

    An engineer's rate is the share of the tickets completed by him in the span, and not reopened since, on which lies at least one photo
    that he sent to the desk himself before, or with, the completion. What he passed on for somebody else is no photo of his; a
    photo that he moved counts where it lies. Cancelled, merged and imported tickets do not count.
    """
    zone = turn.house.zone
    asked = {"entity": entity, "since": span.begins(zone), "until": span.ends(zone)}
    completed_by = {ticket: by for ticket, by in turn.ask(_completions, **asked) if by is not None}
    shown = {(ticket, by) for ticket, by in turn.ask(_own_photos, **asked)}
    done, with_photo = (
        Counter(completed_by.values()),
        Counter(by for both in completed_by.items() for by in both[1:] if both in shown),
    )
    people = [person for by in done if (person := turn.get(Person, by)) and person.role == Role.ENGINEER]
    rates = [(person, Rate(with_photo[person.id], done[person.id])) for person in people]
    rates.sort(key=lambda one: (-one[1].count / one[1].of, one[0].name or ""))
    [(came, kept)] = turn.ask(_received, **asked)
    return PhotoFigures(tuple(rates), Rate(kept, came))


def told(turn: Turn, entity: str, span: Span, lang: str) -> str | None:
    """The list for managers (首图直传率); None if nobody completed anything, and no photo came."""
    found = photo_figures(turn, entity, span)
    if not found.engineers and not found.kept.of:
        return None
    words = turn.house.wording
    lines = [words.text(lang, "figures.photos.title", span=span)]
    for person, rate in found.engineers:
        key = "figures.photos.rewarded" if rate.rewarded else "figures.photos.line"
        facts = {"name": person.name or person.id, "rate": rate, "count": rate.count, "of": rate.of}
        lines.append(words.text(lang, key, **facts))
    if found.kept.of:
        lines.append(words.text(lang, "figures.photos.kept", rate=found.kept, count=found.kept.count, of=found.kept.of))
    return "\n".join(lines)


MONTHLY = Report("first_photo", told)
"""What managers hear on the first of each month."""
