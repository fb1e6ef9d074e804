"""Why a ticket counts as overdue, or does not: each promise with what counted and what did not, in a few exact words (S9, S12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from core.clocks.account import Account, Reckoning, State, account
from core.clocks.keeping import history_and_bounds
from core.clocks.stretches import Segment, Why
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import Wording, local
from core.words import HOUR, MINUTE, SECOND, Micros

MOST_LINES = 12
"""Segments that an explanation names: the last ones."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One promise in words: whether it was kept and why, and the segments of time behind that."""

    verdict: str
    late: bool
    lines: tuple[str, ...]


def explain(turn: Turn, ticket: Ticket) -> Account:
    """The account of a ticket at this instant, computed from its events and the policies that held."""
    return account(*history_and_bounds(turn, ticket), turn.now)


def explained(turn: Turn, ticket: Ticket, lang: str) -> list[Explained]:
    """The same in words, those first that are late."""
    found = explain(turn, ticket)
    told = [_told(turn, reckoning, found.priority, lang) for reckoning in found.reckonings]
    return sorted(told, key=lambda one: not one.late)


def span_text(words: Wording, lang: str, span: Micros) -> str:
    """A span in hours and minutes; in seconds too if it is short."""
    seconds = span // SECOND
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = {"hours": hours, "minutes": minutes, "seconds": rest if span < HOUR else 0}
    said = [words.text(lang, f"clock.{name}", count=count) for name, count in parts.items() if count]
    return " ".join(said) or words.text(lang, "clock.seconds", count=0)


def _told(turn: Turn, one: Reckoning, priority: str, lang: str) -> Explained:
    words, late = turn.house.wording, one.state == State.BREACHED
    state = "answered_late" if late and one.ended_at is not None else str(one.state)
    if one.state == State.PAUSED and one.due_at is not None:
        state = "paused_until"
    verdict = words.text(
        lang,
        f"clock.state.{state}",
        goal=words.name(lang, "clock.goal", one.goal),
        priority=priority,
        span=span_text(words, lang, one.target.span),
        runs=words.name(lang, "clock.runs", one.target.runs),
        due=_moment(turn, lang, one.due_at),
        ended=_moment(turn, lang, one.ended_at),
        late=span_text(words, lang, max(one.spent - one.target.span, 0)),
    )
    lines = list(_lines(turn, one, lang))
    if len(lines) > MOST_LINES:
        lines = [words.text(lang, "clock.more", count=len(lines) - MOST_LINES), *lines[-MOST_LINES:]]
    total = words.text(lang, "clock.total", spent=span_text(words, lang, one.spent))
    return Explained(verdict, late, (*lines, total))


def _lines(turn: Turn, one: Reckoning, lang: str) -> Iterator[str]:
    """One line for what counts, one for what does not, in turn; what is shorter than the minutes that it names is left out."""
    words = turn.house.wording
    for counts, group in groupby(one.segments, key=lambda segment: segment.counts):
        parts = list(group)
        if not counts and parts[-1].end - parts[0].start < MINUTE:
            continue
        for run in [[part] for part in parts] if counts else [parts]:
            whys = dict.fromkeys(_why(turn, segment, lang) for segment in run)
            yield words.text(
                lang,
                "clock.counts" if counts else "clock.stands",
                period=_period(turn, lang, run[0].start, run[-1].end),
                span=span_text(words, lang, run[-1].end - run[0].start),
                why=" / ".join(whys),
            )


def _why(turn: Turn, segment: Segment, lang: str) -> str:
    words = turn.house.wording
    if segment.why in (Why.WALL, Why.OPEN):
        return ""
    name = words.name(lang, "status", segment.name) if segment.why == Why.STATUS else segment.name
    key = "hold_until" if segment.why == Why.HOLD and segment.until is not None else str(segment.why)
    return words.text(lang, f"clock.why.{key}", name=name, until=_moment(turn, lang, segment.until))


def _moment(turn: Turn, lang: str, at: Micros | None) -> str:
    return turn.house.wording.moment(lang, at, turn.now, turn.house.zone) if at is not None else ""


def _period(turn: Turn, lang: str, start: Micros, end: Micros) -> str:
    zone = turn.house.zone
    same_day = local(start, zone).date() == local(end, zone).date()
    ends = f"{local(end, zone):%H:%M}" if same_day else _moment(turn, lang, end)
    return f"{_moment(turn, lang, start)}–{ends}"
