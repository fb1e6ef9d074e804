"""The clock of a ticket (时限账): when what was promised is due, whether it was kept, and which time counted, with reasons.

A pure function of the ticket's events and of the policies that held: a recompute gives the same numbers (S4, S9, S12).

A pause moves a due instant by as much as lay in it of the promise's own clock. A raise never makes it later: due is the earlier of
what was due before and of the new span from the raise on. A lower priority counts from the start. A change of policy binds from its
instant on, like a raise where it asks for more and like a lowering where it asks for less; what was decided before stays. Time
that passed before a calendar was changed counts by the former one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from core.clocks.calendar import Calendar, NeverOpen
from core.clocks.history import ENDS, History, Stay
from core.clocks.policy import Goal, Runs, ServiceLevel, Target
from core.clocks.stretches import Segment, Why, joined, stretches
from core.tickets.model import Status
from core.words import Micros


class State(StrEnum):
    """Running, paused; met, also at the very instant; breached, answered or not; stopped before it was due (cancelled, merged)."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Bound:
    """Policies, and since when they hold."""

    at: Micros
    level: ServiceLevel
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One promise: `target` counted from `since`; `due_at` None while it is paused without a date; `ended_at` when it was kept,
    `spent` of its clock until then, or until now. `segments` run from the ticket's start, without gap."""

    goal: Goal
    target: Target
    since: Micros
    due_at: Micros | None
    ended_at: Micros | None
    state: State
    spent: Micros
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """All that is promised of a ticket. `level` and `calendar` are those that hold now."""

    start: Micros
    priority: str
    reckonings: tuple[Reckoning, ...]

    def of(self, goal: Goal) -> Reckoning | None:
        """The reckoning of one promise; None if it is not promised."""
        return next((one for one in self.reckonings if one.goal == goal), None)

    def due_at(self, goal: Goal) -> Micros | None:
        """When it is due; None if it is not promised, or paused without a date."""
        found = self.of(goal)
        return found.due_at if found else None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the ticket's life under one calendar, running or (`why`) not; the last one has no end."""

    start: Micros
    end: Micros | None
    calendar: Calendar
    why: Why | None = None
    name: str = ""
    until: Micros | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    """A target, counted from an instant."""

    since: Micros
    target: Target


def account(history: History, bounds: Sequence[Bound], now: Micros) -> Account:
    """The account at this instant. `bounds` in order; the first holds from the start on."""
    goals = (Goal.RESPONSE, Goal.ACTION, Goal.RESOLUTION)
    found = [one for goal in goals if (one := _reckoning(goal, history, bounds, now)) is not None]
    changed = [change.priority for change in history.changes if change.priority]
    return Account(history.start, changed[-1] if changed else history.priority, tuple(found))


def _reckoning(goal: Goal, history: History, bounds: Sequence[Bound], now: Micros) -> Reckoning | None:
    pieces, ended_at = _pieces(goal, history, bounds), _ended_at(goal, history)
    claims = _claims(goal, history, bounds, ended_at)
    if not claims:
        return None
    dues = [(_due(pieces, claim), claim) for claim in claims]
    due_at, claim = min(dues, key=lambda one: (one[0] is None, one[0] or 0))
    stopped_at = next((stay.at for stay in history.stays if stay.status in ENDS), None)
    ends = [at for at in (ended_at, stopped_at) if at is not None]
    end = min(ends, default=now)
    segments = tuple(joined(_segments(pieces, claim, history.start, end)))
    if due_at is not None and end > due_at:
        state = State.BREACHED
    elif ends:
        state = State.MET if end == ended_at else State.STOPPED
    else:
        state = State.PAUSED if _paused(pieces, now) else State.RUNNING
    spent = sum(segment.span for segment in segments if segment.counts)
    return Reckoning(goal, claim.target, claim.since, due_at, ended_at, state, spent, segments)


def _ended_at(goal: Goal, history: History) -> Micros | None:
    if goal == Goal.RESPONSE:
        return history.response_at
    if goal == Goal.ACTION:
        return history.action_at
    last = next((stay for stay in reversed(history.stays) if stay.status not in ENDS), history.stay)
    return last.at if last.status == Status.DONE else None


# ---- what was claimed


def _claims(goal: Goal, history: History, bounds: Sequence[Bound], ended_at: Micros | None) -> list[_Claim]:
    """The targets of which the earliest to fall due binds."""
    priority, names, bound = history.priority, history.names, bounds[0]
    target = bound.level.target(goal, priority, names)
    claims = [_Claim(history.start, target)] if target else []
    changes = [(change.at, change) for change in history.changes] + [(later.at, later) for later in bounds[1:]]
    for at, change in sorted(changes, key=lambda one: one[0]):
        if ended_at is not None and ended_at <= at:
            break
        raised: bool | None = None
        if isinstance(change, Bound):
            bound = change
        elif change.priority is not None:
            raised, priority = change.priority < priority, change.priority
        else:
            names = change.names or ()
        before, target = target, bound.level.target(goal, priority, names)
        if target != before:
            claims = _changed(claims, target, at, raised, (goal, history, bounds))
    return claims


def _changed(
    claims: list[_Claim],
    target: Target | None,
    at: Micros,
    raised: bool | None,
    told: tuple[Goal, History, Sequence[Bound]],
) -> list[_Claim]:
    """What is claimed from `at` on. `raised` None: by a policy, which is a raise if it asks for more."""
    goal, history, bounds = told
    pieces = _until(at, _pieces(goal, history, bounds), bounds)
    dues = [due for claim in claims if (due := _due(pieces, claim)) is not None]
    if raised is None and dues and min(dues) < at:
        return claims
    if target is None:
        return claims if raised else []
    afresh = _Claim(history.start, target)
    if raised is None:
        due = _due(pieces, afresh)
        raised = not dues or (due is not None and due < min(dues))
    return [*claims, _Claim(at, target)] if raised else [afresh]


def _until(at: Micros, pieces: Sequence[_Piece], bounds: Sequence[Bound]) -> list[_Piece]:
    """What was known at an instant: the past, and that time will run on under the calendar of that instant."""
    past = [replace(piece, end=min(piece.end or at, at)) for piece in pieces if piece.start < at]
    return [*past, _Piece(at, None, _bound_at(bounds, at).calendar)]


# ---- when it is due


def _pieces(goal: Goal, history: History, bounds: Sequence[Bound]) -> list[_Piece]:
    """The ticket's life in pieces; what happened in them is known up to the last event."""
    stays = history.stays
    edges = {history.start, *(bound.at for bound in bounds[1:])}
    edges |= {at for stay in stays for at in (stay.at, stay.until) if at is not None}
    starts = sorted(at for at in edges if at >= history.start)
    found = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        stay = next(stay for stay in reversed(stays) if stay.at <= start)
        bound = _bound_at(bounds, start)
        found.append(_Piece(start, end, bound.calendar, *_pause(goal, stay, start, bound.level)))
    return found


def _pause(goal: Goal, stay: Stay, at: Micros, level: ServiceLevel) -> tuple[Why | None, str, Micros | None]:
    """Why the clock stands still at this instant of a stay, if it does."""
    if stay.status == Status.ON_HOLD and (stay.until is None or at < stay.until):
        return Why.HOLD, "", stay.until
    if goal == Goal.RESOLUTION and stay.status in level.pauses:
        return Why.STATUS, str(stay.status), None
    if goal == Goal.RESOLUTION and stay.status == Status.DONE:
        return Why.DONE, "", None
    return None, "", None


def _due(pieces: Sequence[_Piece], claim: _Claim) -> Micros | None:
    """The first instant at which the whole span has passed; None as long as nobody can tell."""
    left, runs = claim.target.span, claim.target.runs
    for piece in pieces:
        start = max(piece.start, claim.since)
        if piece.why is not None or (piece.end is not None and piece.end <= start):
            continue
        passes = _passes(piece.calendar, runs, start, piece.end) if piece.end is not None else left
        if left <= passes:
            return _add(piece.calendar, runs, start, left)
        left -= passes
    return None


def _add(calendar: Calendar, runs: Runs, start: Micros, span: Micros) -> Micros | None:
    try:
        return start + span if runs == Runs.WALL else calendar.add(start, span)
    except NeverOpen:
        return None


def _passes(calendar: Calendar, runs: Runs, start: Micros, end: Micros) -> Micros:
    return end - start if runs == Runs.WALL else calendar.between(start, end)


def _bound_at(bounds: Sequence[Bound], at: Micros) -> Bound:
    return next((bound for bound in reversed(bounds[1:]) if bound.at <= at), bounds[0])


def _paused(pieces: Sequence[_Piece], at: Micros) -> bool:
    return next((piece for piece in reversed(pieces) if piece.start <= at), pieces[0]).why is not None


# ---- why


def _segments(pieces: Sequence[_Piece], claim: _Claim, start: Micros, end: Micros) -> Iterator[Segment]:
    if claim.since > start:
        yield Segment(start, min(claim.since, end), Why.EARLIER)
    for piece in pieces:
        begins, ends = max(piece.start, claim.since), end if piece.end is None else min(piece.end, end)
        if begins >= ends:
            continue
        if piece.why is not None:
            yield Segment(begins, ends, piece.why, piece.name, piece.until)
        elif claim.target.runs == Runs.WALL:
            yield Segment(begins, ends, Why.WALL)
        else:
            yield from stretches(piece.calendar, begins, ends)
