"""Business time: split shifts, nights, public holidays and make-up days, clock changes; arithmetic that never loses a second."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clocks.calendar import WORKDAY, Calendar, Day, NeverOpen, Shift
from core.words import DAY, HOUR, MINUTE, SECOND, Micros

SHANGHAI = ZoneInfo("Asia/Shanghai")
SPLIT = (Shift(time(8, 30), time(12)), Shift(time(13, 30), time(18)))
NIGHT = (Shift(time(22), time(6)),)
PLAIN = Calendar()
OFFICE = Calendar(week=(SPLIT,) * 5 + ((), ()))


def at(text: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> Micros:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()) * SECOND


@pytest.mark.req("S9", "S87")
@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-03-04 10:00", 2 * HOUR, "2026-03-04 12:00"),
        ("2026-03-04 11:00", 2 * HOUR, "2026-03-04 14:30"),
        ("2026-03-04 12:30", 1 * HOUR, "2026-03-04 14:30"),
        ("2026-03-04 17:00", 2 * HOUR, "2026-03-05 09:30"),
        ("2026-03-06 17:59", 1 * HOUR, "2026-03-09 09:29"),
        ("2026-03-04 20:00", 1, "2026-03-05 08:30"),
        ("2026-03-04 10:00", 8 * HOUR, "2026-03-05 10:00"),
    ],
)
def test_a_span_runs_in_shifts_only(start: str, span: Micros, due: str) -> None:
    assert OFFICE.add(at(start), span) == at(due) + (1 if span == 1 else 0)


def test_the_last_second_of_a_shift_belongs_to_it() -> None:
    assert OFFICE.add(at("2026-03-04 10:00"), 2 * HOUR) == at("2026-03-04 12:00")
    assert OFFICE.add(at("2026-03-04 10:00"), 2 * HOUR + 1) == at("2026-03-04 13:30") + 1
    assert OFFICE.is_open(at("2026-03-04 12:00") - 1) and not OFFICE.is_open(at("2026-03-04 12:00"))


def test_a_night_shift_ends_on_the_next_day() -> None:
    nights = Calendar(week=(NIGHT,) * 5 + ((), ()))
    assert nights.add(at("2026-03-06 23:00"), 7 * HOUR) == at("2026-03-07 06:00")
    assert nights.add(at("2026-03-06 23:00"), 7 * HOUR + MINUTE) == at("2026-03-09 22:01")
    assert nights.is_open(at("2026-03-07 05:59")) and not nights.is_open(at("2026-03-07 22:30"))


@pytest.mark.req("S9")
def test_a_holiday_is_closed_and_its_make_up_day_open() -> None:
    """May Day 2026: off from Friday the 1st to Tuesday the 5th, at work on Saturday the 9th."""
    days = {date(2026, 5, day): Day((), "劳动节") for day in range(1, 6)} | {date(2026, 5, 9): Day(SPLIT, "劳动节调休")}
    house = Calendar(week=OFFICE.week, days=days)
    assert house.add(at("2026-04-30 17:00"), 2 * HOUR) == at("2026-05-06 09:30")
    assert house.add(at("2026-05-08 17:30"), 1 * HOUR) == at("2026-05-09 09:00")
    assert house.between(at("2026-05-01 00:00"), at("2026-05-11 00:00")) == 4 * 8 * HOUR


def test_overlapping_shifts_count_once() -> None:
    house = Calendar(week=((Shift(time(8), time(12)), Shift(time(10), time(14))),) * 7)
    assert house.between(at("2026-03-04 00:00"), at("2026-03-05 00:00")) == 6 * HOUR
    assert house.add(at("2026-03-04 09:00"), 5 * HOUR) == at("2026-03-04 14:00")


def test_round_the_clock_is_the_wall_clock() -> None:
    house = Calendar(week=((Shift(time(0), time(0)),),) * 7)
    assert house.add(at("2026-03-04 10:00"), 100 * HOUR) == at("2026-03-04 10:00") + 100 * HOUR


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Berlin"])
def test_open_time_is_real_time_when_the_clocks_change(zone: str) -> None:
    """A house that never closes counts every second of a year in which the clocks go forward and back."""
    house = Calendar(week=((Shift(time(0), time(0)),),) * 7, zone=ZoneInfo(zone))
    start, end = at("2026-01-01 00:00", ZoneInfo(zone)), at("2027-01-01 00:00", ZoneInfo(zone))
    assert house.between(start, end) == end - start
    assert house.add(start, end - start) == end


def test_a_night_on_which_the_clocks_change() -> None:
    """22:00 to 06:00 is seven hours in the night of 8 March 2026 in New York, and nine in that of 1 November."""
    zone = ZoneInfo("America/New_York")
    nights = Calendar(week=(NIGHT,) * 7, zone=zone)
    assert nights.between(at("2026-03-07 12:00", zone), at("2026-03-08 12:00", zone)) == 7 * HOUR
    assert nights.between(at("2026-10-31 12:00", zone), at("2026-11-01 12:00", zone)) == 9 * HOUR
    assert nights.add(at("2026-10-31 22:00", zone), 9 * HOUR) == at("2026-11-01 06:00", zone)


def test_a_house_without_a_working_day_is_refused() -> None:
    with pytest.raises(NeverOpen):
        Calendar(week=((),) * 7)


def test_a_span_that_never_ends_is_refused_and_not_searched_for_for_ever() -> None:
    closed = {date.fromordinal(date(2026, 1, 1).toordinal() + day): Day((), "停产") for day in range(800)}
    with pytest.raises(NeverOpen):
        Calendar(days=closed).add(at("2026-03-04 10:00"), 1 * HOUR)


@pytest.mark.parametrize(
    ("now", "missing"),
    [("2026-10-31 12:00", None), ("2026-11-03 12:00", 2027), ("2027-02-01 12:00", 2027), ("2025-11-30 12:00", None)],
)
def test_a_year_without_holidays_is_seen_two_months_ahead(now: str, missing: int | None) -> None:
    assert Calendar(years=frozenset({2025, 2026})).unknown_year(at(now)) == missing
    assert Calendar(years=None).unknown_year(at(now)) is None


def test_the_next_opening() -> None:
    assert OFFICE.opens_next(at("2026-03-06 18:00")) == at("2026-03-09 08:30")
    assert OFFICE.opens_next(at("2026-03-06 10:00")) == at("2026-03-06 10:00")


INSTANTS = st.integers(at("2026-01-01 00:00"), at("2027-06-30 00:00"))
SPANS = st.integers(0, 30 * DAY)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SHIFTS = st.lists(st.builds(Shift, TIMES, TIMES), max_size=3).map(tuple)
WEEKS = st.lists(SHIFTS, min_size=7, max_size=7).map(tuple).filter(any)
ZONES = st.sampled_from([SHANGHAI, *map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"))])
HOUSES = st.builds(lambda week, zone: Calendar(week=week, zone=zone), WEEKS, ZONES)


@given(HOUSES, INSTANTS, SPANS)
def test_what_is_added_lies_between(house: Calendar, start: Micros, span: Micros) -> None:
    due = house.add(start, span)
    assert due >= start + span and house.between(start, due) == span


@given(HOUSES, INSTANTS, SPANS, SPANS)
def test_spans_can_be_added_in_parts(house: Calendar, start: Micros, first: Micros, second: Micros) -> None:
    assert house.add(house.add(start, first), second) == house.add(start, first + second)


@given(HOUSES, INSTANTS, INSTANTS, INSTANTS)
def test_time_can_be_cut_anywhere(house: Calendar, a: Micros, b: Micros, c: Micros) -> None:
    a, b, c = sorted((a, b, c))
    assert house.between(a, b) + house.between(b, c) == house.between(a, c) <= c - a


@given(HOUSES, INSTANTS)
def test_open_and_closed_agree_with_the_stretches(house: Calendar, start: Micros) -> None:
    assert house.is_open(start) == (house.between(start, start + 1) == 1)
    assert house.is_open(house.opens_next(start))


def test_the_plain_house_is_open_from_monday_to_saturday() -> None:
    assert PLAIN.week == (WORKDAY,) * 6 + ((),)
    assert PLAIN.between(at("2026-03-02 00:00"), at("2026-03-09 00:00")) == 6 * (9 * HOUR + 30 * MINUTE)
