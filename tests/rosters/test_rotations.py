"""Rotations on the wall clock: shifts lie end to end whichever way the clocks are put, and begin at their hand-over, exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.rosters import ZONES, examine, random_plan
from core.rosters.rotation import Layer
from core.rosters.shifts import Change, Plan, Shift, crew_at, holes, shifts
from core.rosters.wallclock import first_showing, furthest_reading
from core.words import DAY, HOUR, MINUTE, SECOND, Micros

SHANGHAI, BERLIN, NEW_YORK, LORD_HOWE = (
    ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
)
LIU, ZHAO, WANG = 1, 2, 3


def at(text: str, zone: ZoneInfo = SHANGHAI, *, second_time: bool = False) -> Micros:
    """A local time as an instant."""
    when = datetime.fromisoformat(text).replace(tzinfo=zone, fold=int(second_time))
    return int(when.replace(microsecond=0).timestamp()) * SECOND + when.microsecond


def daily(*people: int, handover: str = "08:30", hours: int = 24, start: str = "2026-03-01") -> Layer:
    crews = tuple((person,) for person in people)
    return Layer(crews, timedelta(hours=hours), time.fromisoformat(handover), date.fromisoformat(start))


def nights(layer: Layer, since: str, until: str, weekdays: int = 0b1111111) -> Layer:
    return Layer(
        layer.crews,
        layer.every,
        layer.handover,
        layer.start,
        weekdays,
        time.fromisoformat(since),
        time.fromisoformat(until),
    )


def listed(plan: Plan, start: str, end: str) -> list[tuple[str, str, tuple[int, ...]]]:
    """Shifts as people would read them."""

    def read(instant: Micros) -> str:
        return f"{datetime.fromtimestamp(instant // SECOND, plan.zone):%m-%d %H:%M}"

    found = shifts(plan, at(start, plan.zone), at(end, plan.zone))
    return [(read(shift.starts), read(shift.ends), shift.people) for shift in found]


@pytest.mark.req("S1")
@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("2026-03-04T08:29:59.999999", ZHAO),
        ("2026-03-04T08:30:00", LIU),
        ("2026-03-05T08:29:59.999999", LIU),
        ("2026-03-05T08:30:00", ZHAO),
    ],
)
def test_the_next_one_is_on_duty_from_the_very_instant_of_the_hand_over(when: str, who: int) -> None:
    plan = Plan((daily(LIU, ZHAO, start="2026-03-02"),), SHANGHAI)
    assert crew_at(plan, at(when)) == (who,)


def test_before_it_begins_a_rotation_expects_nobody() -> None:
    plan = Plan((daily(LIU, start="2026-03-04"),), SHANGHAI)
    assert crew_at(plan, at("2026-03-04T08:29:59.999999")) is None
    assert crew_at(plan, at("2026-03-04T08:30")) == (LIU,)
    assert listed(plan, "2026-03-01T00:00", "2026-03-06T00:00") == [
        ("03-04 08:30", "03-05 08:30", (LIU,)),
        ("03-05 08:30", "03-06 00:00", (LIU,)),
    ]


@pytest.mark.req("S58")
def test_a_night_shift_goes_past_midnight_and_belongs_to_the_day_on_which_it_begins() -> None:
    layer = nights(daily(LIU, ZHAO, handover="18:00", start="2026-03-02"), "18:00", "08:30", weekdays=0b0011111)
    plan = Plan((layer,), SHANGHAI)
    assert listed(plan, "2026-03-05T12:00", "2026-03-10T00:00") == [
        ("03-05 18:00", "03-06 08:30", (ZHAO,)),
        ("03-06 18:00", "03-07 08:30", (LIU,)),
        ("03-09 18:00", "03-10 00:00", (ZHAO,)),
    ]
    assert crew_at(plan, at("2026-03-07T08:29:59.999999")) == (LIU,)
    assert crew_at(plan, at("2026-03-07T08:30")) is None
    assert crew_at(plan, at("2026-03-07T18:00")) is None


def test_a_later_layer_wins_where_it_applies_and_the_lower_one_goes_on_below() -> None:
    weekend = nights(daily(WANG, hours=168, start="2026-02-28"), "08:30", "08:30", weekdays=0b1100000)
    plan = Plan((daily(LIU, ZHAO, start="2026-03-02"), weekend), SHANGHAI)
    assert listed(plan, "2026-03-06T08:30", "2026-03-10T08:30") == [
        ("03-06 08:30", "03-07 08:30", (LIU,)),
        ("03-07 08:30", "03-09 08:30", (WANG,)),
        ("03-09 08:30", "03-10 08:30", (ZHAO,)),
    ]


def test_a_crew_is_on_duty_together_and_the_place_of_one_may_be_taken() -> None:
    layer = Layer(((LIU, ZHAO), (WANG,)), timedelta(hours=12), time(8), date(2026, 3, 2))
    change = Change(at("2026-03-02T08:00"), at("2026-03-02T12:00"), WANG, instead_of=LIU)
    plan = Plan((layer,), SHANGHAI, (change,))
    assert listed(plan, "2026-03-02T08:00", "2026-03-03T08:00") == [
        ("03-02 08:00", "03-02 12:00", (WANG, ZHAO)),
        ("03-02 12:00", "03-02 20:00", (LIU, ZHAO)),
        ("03-02 20:00", "03-03 08:00", (WANG,)),
    ]


def test_of_several_changes_the_last_one_holds() -> None:
    day = (at("2026-03-04T08:30"), at("2026-03-05T08:30"))
    layers = (daily(LIU, start="2026-03-02"),)
    assert crew_at(Plan(layers, SHANGHAI, (Change(*day, ZHAO, LIU), Change(*day, WANG, ZHAO))), day[0]) == (WANG,)
    assert crew_at(Plan(layers, SHANGHAI, (Change(*day, ZHAO, LIU), Change(*day, WANG, LIU))), day[0]) == (ZHAO,)
    assert crew_at(Plan(layers, SHANGHAI, (Change(*day, ZHAO), Change(*day, None, ZHAO))), day[0]) == ()
    assert crew_at(Plan(layers, SHANGHAI, (Change(*day, ZHAO),)), day[1]) == (LIU,)


def test_who_has_left_or_is_on_leave_leaves_a_hole() -> None:
    leave = Change(at("2026-03-05T08:30"), at("2026-03-06T12:00"), None, instead_of=ZHAO)
    plan = Plan((daily(LIU, ZHAO, WANG, start="2026-03-04"),), SHANGHAI, (leave,), frozenset({WANG}))
    found = list(shifts(plan, at("2026-03-04T08:30"), at("2026-03-08T08:30")))
    assert [shift.people for shift in found] == [(LIU,), (), (), (LIU,)]
    assert [(hole.starts, hole.ends) for hole in holes(found)] == [(at("2026-03-05T08:30"), at("2026-03-07T08:30"))]


def test_without_crews_somebody_is_expected_and_single_shifts_fill_it() -> None:
    single = Change(at("2026-03-04T08:30"), at("2026-03-05T08:30"), ZHAO)
    plan = Plan((daily(start="2026-03-04"),), SHANGHAI, (single,))
    found = [shift.people for shift in shifts(plan, at("2026-03-04T08:30"), at("2026-03-06T08:30"))]
    assert found == [(ZHAO,), ()]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (NEW_YORK, "2026-03-07", 23),
        (NEW_YORK, "2026-10-31", 25),
        (BERLIN, "2026-03-28", 23),
        (BERLIN, "2026-10-24", 25),
        (LORD_HOWE, "2026-10-03", 23.5),
        (LORD_HOWE, "2026-04-04", 24.5),
        (SHANGHAI, "2026-03-28", 24),
    ],
)
def test_a_day_on_which_the_clocks_are_put_has_a_longer_or_shorter_shift(
    zone: ZoneInfo, day: str, hours: float
) -> None:
    plan = Plan((daily(LIU, ZHAO, start=day),), zone)
    first, second = list(shifts(plan, at(f"{day}T08:30", zone), at(f"{day}T08:30", zone) + 2 * DAY))[:2]
    assert (first.starts, first.ends - first.starts) == (at(f"{day}T08:30", zone), int(hours * HOUR))
    assert (second.starts, second.people) == (first.ends, (ZHAO,))


@pytest.mark.parametrize(
    ("reading", "zone", "first"),
    [
        ("2026-03-08T02:30", NEW_YORK, "2026-03-08T07:00+00:00"),
        ("2026-03-08T02:00", NEW_YORK, "2026-03-08T07:00+00:00"),
        ("2026-03-08T03:00", NEW_YORK, "2026-03-08T07:00+00:00"),
        ("2026-03-08T03:00:01", NEW_YORK, "2026-03-08T07:00:01+00:00"),
        ("2026-11-01T01:30", NEW_YORK, "2026-11-01T05:30+00:00"),
        ("2026-11-01T02:00", NEW_YORK, "2026-11-01T07:00+00:00"),
        ("2026-10-04T02:15", LORD_HOWE, "2026-10-03T15:30+00:00"),
        ("2026-04-05T01:45", LORD_HOWE, "2026-04-04T14:45+00:00"),
        ("2026-04-05T02:00", LORD_HOWE, "2026-04-04T15:30+00:00"),
        ("2011-12-30T12:00", ZoneInfo("Pacific/Apia"), "2011-12-30T10:00+00:00"),
    ],
)
def test_a_local_time_that_is_left_out_or_shown_twice_names_one_instant(
    reading: str, zone: ZoneInfo, first: str
) -> None:
    assert first_showing(datetime.fromisoformat(reading), zone) == at(first.removesuffix("+00:00"), ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("handover", "day", "starts"),
    [
        ("02:30", "2026-03-08", "2026-03-08T07:00"),
        ("01:30", "2026-11-01", "2026-11-01T05:30"),
    ],
)
def test_a_hand_over_at_an_hour_that_is_left_out_or_shown_twice_happens_once(
    handover: str, day: str, starts: str
) -> None:
    plan = Plan((daily(LIU, ZHAO, handover=handover, start=day),), NEW_YORK)
    begins = at(starts, ZoneInfo("UTC"))
    assert crew_at(plan, begins - 1) is None
    assert [crew_at(plan, begins + ten * 10 * MINUTE) for ten in range(23 * 6)] == [(LIU,)] * 23 * 6


@pytest.mark.parametrize(
    ("reading", "second_time", "furthest"),
    [
        ("2026-11-01T01:10", False, "2026-11-01T01:10"),
        ("2026-11-01T01:10", True, "2026-11-01T01:59:59.999999"),
        ("2026-11-01T01:59:59.999999", True, "2026-11-01T01:59:59.999999"),
        ("2026-11-01T02:00", False, "2026-11-01T02:00"),
    ],
)
def test_while_an_hour_is_shown_again_the_furthest_reading_stands_still(
    reading: str, second_time: bool, furthest: str
) -> None:
    instant = at(reading, NEW_YORK, second_time=second_time)
    assert furthest_reading(instant, NEW_YORK) == datetime.fromisoformat(furthest)


instants = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001 - Hypothesis wants them naive
    lambda when: int(when.replace(tzinfo=UTC, microsecond=0).timestamp()) * SECOND + when.microsecond
)


@given(instants, st.integers(0, 3 * DAY), st.sampled_from(ZONES))
def test_readings_and_their_instants_go_forward_only_and_belong_to_one_another(
    instant: Micros, later: Micros, name: str
) -> None:
    zone = ZoneInfo(name)
    reading = furthest_reading(instant, zone)
    assert first_showing(reading, zone) <= instant
    assert first_showing(reading + timedelta(microseconds=1), zone) > instant
    assert reading <= furthest_reading(instant + later, zone)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([6, 8, 12, 24, 72, 168]),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=2, unique=True).map(tuple), min_size=1, max_size=5),
    instants,
    st.sampled_from(ZONES),
)
def test_a_rotation_leaves_no_gap_and_everybody_has_his_turn(
    hours: int, handover: time, crews: list[tuple[int, ...]], instant: Micros, name: str
) -> None:
    layer = Layer(tuple(crews), timedelta(hours=hours), handover, date(2023, 12, 1))
    start = max(instant, first_showing(layer.begins, ZoneInfo(name)))
    end = start + 30 * DAY
    found = list(shifts(Plan((layer,), ZoneInfo(name)), start, end))
    assert [found[0].starts, *(shift.ends for shift in found)] == [*(shift.starts for shift in found), end]
    order = [crews.index(shift.people) for shift in found if crews.count(shift.people) == 1]
    if len(set(crews)) == len(crews):
        assert all((earlier + 1) % len(crews) == later for earlier, later in pairwise(order))
    whole = found[1:-1]
    assert all(abs(shift.ends - shift.starts - hours * HOUR) <= HOUR for shift in whole)


def _cut(plan: Plan, start: Micros, middle: Micros, end: Micros) -> list[Shift]:
    return [*shifts(plan, start, middle), *shifts(plan, middle, end)]


@settings(deadline=None)
@given(instants, st.integers(1, 10 * DAY), st.integers(1, 10 * DAY), st.sampled_from(ZONES))
def test_who_is_on_duty_does_not_depend_on_the_span_that_is_asked_for(
    start: Micros, first: Micros, second: Micros, name: str
) -> None:
    layers = (
        daily(LIU, ZHAO, start="2023-12-01"),
        nights(daily(WANG, LIU, hours=168, start="2023-12-01"), "20:00", "06:00", weekdays=0b1010101),
    )
    plan, middle, end = Plan(layers, ZoneInfo(name)), start + first, start + first + second
    whole = list(shifts(plan, start, end))
    for shift in _cut(plan, start, middle, end):
        assert [one.people for one in whole if one.starts <= shift.starts and shift.ends <= one.ends] == [shift.people]
    assert crew_at(plan, middle) == next(one.people for one in whole if one.starts <= middle < one.ends)


@given(st.integers(0, 10_000))
def test_a_layer_is_read_back_as_it_was_written(seed: int) -> None:
    for layer in random_plan(Random(seed)).layers:
        assert Layer.of(orjson.loads(orjson.dumps(layer.data()))) == layer


@pytest.mark.slow
@pytest.mark.req("S1")
@pytest.mark.parametrize("seed", [1, 2])
def test_random_rosters_have_no_gap_and_no_overlap_that_nothing_explains(seed: int) -> None:
    """The same examination as `make bench ARGS="--only rosters"`, which has ten thousand."""
    found = examine(12, seed, examined=4)
    assert found.rosters == 12 * len(ZONES) and found.examined == 3 * len(ZONES)
    assert found.shifts > 1000 and found.holes > 0
