"""How content customers were in a span: their stars, whether they would recommend the house, and repairs that held (S32, S84).

Computed from events and rows as they stand, so that every figure can be computed again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.clocks.history import standing
from core.satisfaction.model import Survey
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.words import Micros

PROMOTER, DETRACTOR = 9, 6
"""From so much on somebody recommends the house; up to so much he warns of it."""

_event, _ticket = Event.table.c, Ticket.table.c
_span = (_event.entity == bindparam("entity"), _event.at >= bindparam("since"), _event.at < bindparam("until"))
_rated = select(Event.table).where(_event.kind == Happened.RATED, *_span).order_by(_event.at, _event.id)
_completed = select(_event.stream).where(_event.kind == Happened.COMPLETED, *_span)
_stories = select(Event.table).where(_event.stream.in_(_completed)).order_by(_event.stream, _event.seq)
_reported_again = (
    select(Ticket.table)
    .where(
        _ticket.entity == bindparam("entity"),
        _ticket.created_at >= bindparam("since"),
        _ticket.created_at < bindparam("until"),
        _ticket.linked_to.is_not(None),
        _ticket.status != Status.CANCELLED,
    )
    .order_by(_ticket.id)
)
_surveys = select(Survey.table).where(
    Survey.table.c.entity == bindparam("entity"), Survey.table.c.quarter == bindparam("quarter")
)


@dataclass(frozen=True, slots=True)
class Ratings:
    """`stars`: how many gave 1, 2, 3, 4, 5. `low`: the tickets of those who were not content, in the order in which they said so."""

    stars: tuple[int, int, int, int, int]
    low: tuple[int, ...]

    @property
    def count(self) -> int:
        return sum(self.stars)

    @property
    def mean(self) -> int | None:
        """Hundredths of a star, rounded down; None without a rating."""
        total = sum(number * given for number, given in enumerate(self.stars, 1))
        return 100 * total // self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Recommended:
    """The answers of one quarter to 0–10; `asked` counts those who have not answered too."""

    asked: int
    promoters: int
    passives: int
    detractors: int

    @property
    def answered(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> int | None:
        """NPS, −100 to 100: percent who recommend less percent who warn, to the nearest; None without an answer."""
        balance = self.promoters - self.detractors
        return (200 * balance + self.answered) // (2 * self.answered) if self.answered else None


@dataclass(frozen=True, slots=True)
class FirstTime:
    """Tickets first completed in the span: `held`, `failed` (reopened, or the same fault reported again, within the policy's time),
    and those of which it is too early to say. `again` are the tickets that failed."""

    held: int
    open: int
    again: tuple[int, ...]

    @property
    def failed(self) -> int:
        return len(self.again)

    @property
    def rate(self) -> int | None:
        """First-time fix in tenths of a percent, rounded down; None as long as nothing is decided."""
        decided = self.held + self.failed
        return 1000 * self.held // decided if decided else None


def ratings(turn: Turn, entity: str, since: Micros, until: Micros) -> Ratings:
    """The stars given from `since` on and before `until`."""
    events = turn.rows(Event, _rated, entity=entity, since=since, until=until)
    counted = Counter(event.data["rating"] for event in events)
    low = turn.house.policies.satisfaction.low
    one, two, three, four, five = (counted[number] for number in range(1, 6))
    return Ratings(
        (one, two, three, four, five), tuple(event.data["ticket"] for event in events if event.data["rating"] <= low)
    )


def recommended(turn: Turn, entity: str, quarter: str) -> Recommended:
    """What those say who were asked in a quarter (2026-Q1)."""
    rows = turn.rows(Survey, _surveys, entity=entity, quarter=quarter)
    scores = [row.score for row in rows if row.score is not None]
    promoters, detractors = sum(score >= PROMOTER for score in scores), sum(score <= DETRACTOR for score in scores)
    return Recommended(len(rows), promoters, len(scores) - promoters - detractors, detractors)


def first_time(turn: Turn, entity: str, since: Micros, until: Micros) -> FirstTime:
    """How many repairs of those first completed from `since` on and before `until` held."""
    lasts = turn.house.policies.satisfaction.first_time
    stories: dict[str, list[Event]] = defaultdict(list)
    for event in turn.rows(Event, _stories, entity=entity, since=since, until=until):
        stories[event.stream].append(event)
    again = _reports_again(turn, entity, since, until + lasts)
    held, undecided, failed = 0, 0, []
    for story in stories.values():
        told = standing(story)
        done = next((event for event in told if event.kind == Happened.COMPLETED), None)
        if done is None or not since <= done.at < until:
            continue
        back = [event.at for event in told if event.kind == Happened.REOPENED and event.seq > done.seq]
        if any(0 <= at - done.at <= lasts for at in (*back, *again[done.data["ticket"]])):
            failed.append(done.data["ticket"])
        elif turn.now - done.at <= lasts:
            undecided += 1
        else:
            held += 1
    return FirstTime(held, undecided, tuple(sorted(failed)))


def _reports_again(turn: Turn, entity: str, since: Micros, until: Micros) -> dict[int, list[Micros]]:
    """Ticket → when its fault was reported once more."""
    found: dict[int, list[Micros]] = defaultdict(list)
    rows: Iterable[Ticket] = turn.rows(Ticket, _reported_again, entity=entity, since=since, until=until + 1)
    for row in rows:
        if row.linked_to is not None:
            found[row.linked_to].append(row.created_at)
    return found
