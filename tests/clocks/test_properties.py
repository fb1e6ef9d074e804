"""What holds of every account, whatever happens to a ticket in whatever order."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from core.clocks.account import Bound, Reckoning, State
from core.clocks.calendar import Calendar
from core.clocks.policy import Goal, Runs, ServiceLevel, Target
from core.clocks.recorded import calendar_data, calendar_of
from core.clocks.stretches import joined, stretches
from core.tickets.events import Happened
from core.words import DAY, HOUR, MINUTE, Micros
from tests.clocks.facts import OFFICE, RESOLVING, SPLIT, Told, add_up, at

START = at("2026-04-28 07:00")
DST = replace(OFFICE, zone=ZoneInfo("Europe/Berlin"))
SPAN = st.integers(0, 20 * DAY)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")


@st.composite
def stories(draw: st.DrawFn, priorities: tuple[str, ...] = ("P0", "P1", "P2")) -> Told:
    """A ticket with a random life of ten days."""
    priority = draw(st.sampled_from(priorities))
    told, now, on_hold = Told.made(START, priority), START, False
    for _ in range(draw(st.integers(0, 8))):
        now += draw(st.integers(1, 30 * HOUR))
        match draw(st.sampled_from(("hold", "rank", "note", "part", "came", "accept", "done", "again"))):
            case "hold":
                until = draw(st.one_of(st.none(), st.integers(now, now + 2 * DAY)))
                _ = told.resumed(now) if on_hold else told.then(now, Happened.HELD, until=until)
                on_hold = not on_hold
            case "rank":
                told.ranked(now, priority, priority := draw(st.sampled_from(priorities)))
            case "note":
                told.noted(now)
            case "part":
                told.then(now, Happened.PART_NEEDED)
            case "came":
                told.then(now, Happened.PART_ARRIVED, complete=True)
            case "accept":
                told.then(now, Happened.ACCEPTED)
            case "done":
                told.then(now, Happened.COMPLETED)
            case "again":
                told.then(now, Happened.REOPENED)
    return told


@st.composite
def policies(draw: st.DrawFn) -> list[Bound]:
    """One to three policies that follow one another."""
    found = []
    for place in range(draw(st.integers(1, 3))):
        hours = draw(st.integers(1, 30))
        further: dict[str, dict[str, Target]] = {
            Goal.RESOLUTION: {name: Target(hours * 2 * HOUR, draw(st.sampled_from(Runs))) for name in ("P0", "P1")}
        }
        business = frozenset(draw(st.sets(st.sampled_from(("P0", "P1", "P2")))))
        level = ServiceLevel(p1_first_response=hours * HOUR, business=business, further=further)
        since = START + place * draw(st.integers(1, 40 * HOUR)) if place else 0
        found.append(Bound(since, level, draw(st.sampled_from((OFFICE, Calendar(), DST)))))
    return sorted(found, key=lambda bound: bound.at)


@given(stories(), policies(), SPAN)
def test_segments_add_up_exactly(told: Told, bounds: list[Bound], span: Micros) -> None:
    now = max(START + span, told.events[-1].at)
    for one in told.account(now, *bounds).reckonings:
        over = one.ended_at if one.ended_at is not None else now
        assert add_up(one, START, over) or over == START
        _agree(one, over)


def _agree(one: Reckoning, end: Micros) -> None:
    """The state, the due instant and the time that counted are one story."""
    span = one.target.span
    if one.state == State.BREACHED:
        assert one.due_at is not None and end > one.due_at and one.spent >= span
    elif one.due_at is not None and end < one.due_at:
        assert one.spent <= span
    if one.due_at is not None and end == one.due_at:
        assert one.spent == span and one.state != State.BREACHED
    if one.due_at is None:
        assert one.spent < span


@given(stories(), policies(), SPAN, SPAN)
def test_what_was_decided_once_is_decided_whenever_it_is_computed_again(
    told: Told, bounds: list[Bound], span: Micros, later: Micros
) -> None:
    """The account is the same each time, and once the promise is kept or broken it stays so."""
    now = max(START + span, told.events[-1].at)
    first, again = told.account(now, *bounds), told.account(now, *bounds)
    assert first == again
    for one in first.reckonings:
        after = told.of(one.goal, now + later, *bounds)
        assert after.due_at == one.due_at
        if one.state in (State.MET, State.BREACHED, State.STOPPED):
            assert after.state == one.state


@given(stories(), SPAN, st.sampled_from(("P0", "P1")))
def test_a_raise_makes_nothing_due_later(told: Told, span: Micros, priority: str) -> None:
    now = max(START + span, told.events[-1].at)
    before = told.response(now)
    assert before.target is not None
    ranks = [event.data["priority"] for event in told.events if "priority" in event.data]
    if priority >= ranks[-1]:
        return
    after = told.ranked(now, ranks[-1], priority).response(now)
    if before.due_at is not None:
        assert after.due_at is not None and after.due_at <= before.due_at


@given(stories(), st.integers(1, 3 * DAY))
def test_a_pause_makes_nothing_due_earlier(told: Told, span: Micros) -> None:
    last = told.events[-1].at
    bound = Bound(0, RESOLVING, OFFICE)
    for goal in (Goal.RESPONSE, Goal.RESOLUTION):
        before = told.of(goal, last + span, bound).due_at
        paused = Told(told.start, told.priority, list(told.events)).held(last).resumed(last + span)
        after = paused.of(goal, last + span, bound).due_at
        if before is not None and told.history.stay.status == "unassigned":
            assert after is None or after >= before


@given(
    st.sampled_from(ZONES),
    st.integers(at("2026-01-01 00:00"), at("2026-12-31 00:00")),
    st.integers(0, 40 * DAY),
    st.booleans(),
)
def test_all_time_between_two_instants_is_explained(zone: str, start: Micros, span: Micros, split: bool) -> None:
    """Also where clocks are put forward or back, by an hour or by half of one."""
    calendar = replace(OFFICE if split else Calendar(), zone=ZoneInfo(zone))
    found = list(stretches(calendar, start, start + span))
    assert [one.start for one in found] == [start, *(one.end for one in found)][: len(found)]
    assert not found or found[-1].end == start + span
    assert sum(one.span for one in found if one.counts) == calendar.between(start, start + span)
    merged = joined(iter(found))
    assert sum(one.span for one in merged) == span
    assert all((a.why, a.name) != (b.why, b.name) for a, b in pairwise(merged))


@given(st.sampled_from((OFFICE, Calendar(), DST, Calendar(week=(SPLIT,) * 7))))
def test_a_calendar_that_was_recorded_is_the_same(calendar: Calendar) -> None:
    assert calendar_of(calendar_data(calendar)) == calendar


@given(st.integers(1, 100 * HOUR), st.integers(0, 10 * DAY))
def test_one_microsecond_decides(span: Micros, offset: Micros) -> None:
    """For any span and start: at the deadline it is met, one microsecond later it is not."""
    level = ServiceLevel(p1_first_response=span)
    start = START + offset
    deadline = Told.made(start).response(start, Bound(0, level, OFFICE)).due_at
    assert deadline is not None and OFFICE.between(start, deadline) == span
    for answered, state in ((deadline, State.MET), (deadline + 1, State.BREACHED)):
        one = Told.made(start).noted(answered).response(deadline + MINUTE, Bound(0, level, OFFICE))
        assert one.state == state
