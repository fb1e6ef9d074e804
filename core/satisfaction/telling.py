"""Satisfaction in words, for managers: stars, recommendation, repairs that held, and the tickets behind the bad ones."""

from __future__ import annotations

from collections.abc import Sequence

from core.insight.monthly import MONTH, QUARTER, Report, Span
from core.insight.satisfaction import FirstTime, Ratings, Recommended, first_time, ratings, recommended
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.words import DAY

MOST_NAMED = 20
"""Tickets that are named in one line."""


def told(turn: Turn, entity: str, span: Span, lang: str) -> str | None:
    """What a span brought; None if nobody said anything and nothing was repaired."""
    zone = turn.house.zone
    since, until = span.begins(zone), span.ends(zone)
    stars, held = ratings(turn, entity, since, until), first_time(turn, entity, since, until)
    quarter = Span.around(since, zone, QUARTER)
    would = recommended(turn, entity, str(quarter))
    if not (stars.count or would.asked or held.held or held.failed or held.open):
        return None
    words = turn.house.wording
    lines = [
        words.text(lang, "figures.satisfaction", span=str(span)),
        _stars(turn, lang, stars),
        _recommended(turn, lang, quarter, would),
        _held(turn, lang, held),
        _named(turn, lang, "figures.low_rated", stars.low),
        _named(turn, lang, "figures.came_back", held.again),
    ]
    return "\n".join(line for line in lines if line)


def _stars(turn: Turn, lang: str, found: Ratings) -> str:
    if found.mean is None:
        return turn.house.wording.text(lang, "figures.no_stars")
    each = " · ".join(f"{number}★ {found.stars[number - 1]}" for number in range(5, 0, -1))
    mean = f"{found.mean // 100}.{found.mean % 100:02}"
    return turn.house.wording.text(lang, "figures.stars", count=found.count, mean=mean, each=each)


def _recommended(turn: Turn, lang: str, quarter: Span, found: Recommended) -> str:
    if found.score is None:
        return ""
    facts = {"quarter": str(quarter), "score": f"{found.score:+}", "asked": found.asked, "answered": found.answered}
    return turn.house.wording.text(lang, "figures.nps", **facts)


def _held(turn: Turn, lang: str, found: FirstTime) -> str:
    words, days = turn.house.wording, turn.house.policies.satisfaction.first_time // DAY
    early = words.text(lang, "figures.first_time_open", open=found.open, days=days) if found.open else ""
    if found.rate is None:
        return early
    rate = f"{found.rate // 10}.{found.rate % 10}%"
    return words.text(lang, "figures.first_time", rate=rate, held=found.held, failed=found.failed, days=days) + early


def _named(turn: Turn, lang: str, key: str, ids: Sequence[int]) -> str:
    found = [turn.get(Ticket, ticket_id) for ticket_id in dict.fromkeys(ids)]
    numbers = [ticket.number for ticket in found if ticket is not None]
    if not numbers:
        return ""
    more = turn.house.wording.text(lang, "figures.more", count=len(numbers) - MOST_NAMED)
    shown = "、".join(numbers[:MOST_NAMED]) + (more if len(numbers) > MOST_NAMED else "")
    return turn.house.wording.text(lang, key, numbers=shown)


MONTHLY = Report("satisfaction", told, MONTH)
QUARTERLY = Report("satisfaction_quarter", told, QUARTER)
"""What managers hear by themselves."""
