"""Business time runs only while the house is open."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clocks.business_time import BusinessHours, add_business_time
from core.wording import local
from core.words import DAY, HOUR, MINUTE, SECOND, Micros

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = BusinessHours()

instants = st.integers(1_700_000_000 * SECOND, 1_900_000_000 * SECOND)
spans = st.integers(0, 40 * HOUR)
houses = st.builds(
    BusinessHours,
    opens=st.sampled_from([time(0), time(6, 15), time(8, 30)]),
    closes=st.sampled_from([time(12), time(18), time(23, 59, 59)]),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
)
zones = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])


def at(text: str) -> Micros:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp()) * SECOND


def open_time(start: Micros, end: Micros, hours: BusinessHours, zone: ZoneInfo) -> Micros:
    """How much of a period is open time, counted the slow way: minute by minute."""
    return sum(
        MINUTE
        for minute in range(start, end, MINUTE)
        if local(minute, zone).weekday() in hours.weekdays and hours.opens <= local(minute, zone).time() < hours.closes
    )


@pytest.mark.req("S58")
@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        ("2026-03-04 10:00", 10, "2026-03-04 10:10"),
        ("2026-03-04 17:50", 10, "2026-03-04 18:00"),
        ("2026-03-04 17:51", 10, "2026-03-05 08:31"),
        ("2026-03-04 18:00", 10, "2026-03-05 08:40"),
        ("2026-03-04 03:00", 10, "2026-03-04 08:40"),
        ("2026-03-07 17:55", 10, "2026-03-09 08:35"),
        ("2026-03-08 12:00", 10, "2026-03-09 08:40"),
        ("2026-03-07 10:00", 12 * 60, "2026-03-09 12:30"),
        ("2026-03-08 12:00", 0, "2026-03-08 12:00"),
    ],
)
def test_by_the_calendar_on_the_wall(start: str, minutes: int, due: str) -> None:
    assert add_business_time(at(start), minutes * MINUTE, HOURS, SHANGHAI) == at(due)


@given(instants, spans, houses, zones)
def test_it_ends_in_open_time_and_never_before_the_span_has_passed(
    start: Micros, span: Micros, hours: BusinessHours, zone: ZoneInfo
) -> None:
    due = add_business_time(start, span, hours, zone)
    assert due >= start + span
    if span:
        last = local(due - 1, zone)
        assert last.weekday() in hours.weekdays and hours.opens <= last.time() < hours.closes


@given(instants, spans, spans, houses, zones)
def test_two_spans_one_after_the_other_are_their_sum(
    start: Micros, one: Micros, other: Micros, hours: BusinessHours, zone: ZoneInfo
) -> None:
    step = add_business_time(add_business_time(start, one, hours, zone), other, hours, zone)
    assert step == add_business_time(start, one + other, hours, zone)


@given(st.integers(0, 6 * 24 * 60), st.integers(1, 30 * 60))
def test_the_open_minutes_in_between_are_the_span(offset: int, minutes: int) -> None:
    start = at("2026-03-04 00:00") + offset * MINUTE
    due = add_business_time(start, minutes * MINUTE, HOURS, SHANGHAI)
    assert open_time(start, due, HOURS, SHANGHAI) == minutes * MINUTE


def test_a_day_with_a_changed_clock_is_as_long_as_it_is() -> None:
    berlin, night = ZoneInfo("Europe/Berlin"), BusinessHours(time(0), time(12), frozenset(range(7)))
    midnight = int(datetime(2026, 3, 29, tzinfo=berlin).timestamp()) * SECOND
    assert add_business_time(midnight, 11 * HOUR, night, berlin) == midnight + 11 * HOUR
    assert add_business_time(midnight, 11 * HOUR + 1, night, berlin) == midnight + DAY - 1 * HOUR + 1


@pytest.mark.parametrize(
    "wrong", [{"opens": time(18), "closes": time(8)}, {"weekdays": frozenset()}, {"weekdays": frozenset({7})}]
)
def test_a_house_that_never_opens_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="business hours"):
        BusinessHours(**wrong)
