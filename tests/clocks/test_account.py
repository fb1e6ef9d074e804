"""One explainable clock: each of these is a defect that some other desk has or had, by name; ours is a function of the events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from core.clocks.account import Bound, State
from core.clocks.calendar import Calendar, Day, NeverOpen, Shift
from core.clocks.policy import Case, Exempt, Goal, Runs, ServiceLevel, Target
from core.clocks.stretches import Why
from core.tickets.events import Happened
from core.words import HOUR, MINUTE, SECOND, Micros
from tests.clocks.facts import OFFICE, RESOLVING, Told, add_up, at, whys

USUAL = Bound(0, ServiceLevel(), OFFICE)


def due(told: Told, now: str | Micros = "2026-04-30 18:00", *bounds: Bound) -> Micros | None:
    return told.response(now, *(bounds or (USUAL,))).due_at


# ---- boundaries


@pytest.mark.req("S9", "S12")
@pytest.mark.parametrize(
    ("priority", "made", "deadline"),
    [
        ("P0", "2026-03-08 23:30", "2026-03-09 00:30"),
        ("P1", "2026-03-04 09:00", "2026-03-04 11:00"),
        ("P1", "2026-03-04 10:00", "2026-03-04 12:00"),
        ("P1", "2026-03-06 17:00", "2026-03-09 09:30"),
        ("P2", "2026-03-07 16:10", "2026-03-08 16:10"),
    ],
)
def test_met_exactly_on_the_deadline(priority: str, made: str, deadline: str) -> None:
    told, end = Told.made(made, priority), at(deadline)
    assert due(told) == end
    for answered, state in ((end - 1, State.MET), (end, State.MET), (end + 1, State.BREACHED)):
        one = Told.made(made, priority).noted(answered).response(end + HOUR)
        assert (one.state, one.due_at, one.ended_at) == (state, end, answered)
    for now, state in ((end - 1, State.RUNNING), (end, State.RUNNING), (end + 1, State.BREACHED)):
        assert told.response(now).state == state


@pytest.mark.req("S12")
def test_answered_late_between_two_looks_is_late() -> None:
    """Nobody looked between the deadline and the answer 20 seconds after it."""
    told = Told.made("2026-03-04 10:00", "P2").noted(at("2026-03-05 10:00") + 20 * SECOND)
    assert told.response("2026-03-20 10:00").state == State.BREACHED


@pytest.mark.req("S6", "S12")
def test_a_click_on_a_status_is_no_response() -> None:
    told = Told.made("2026-03-04 10:00").then("2026-03-04 10:10", Happened.ACCEPTED, engineer=7)
    told.then("2026-03-04 10:20", Happened.ARRIVED).then("2026-03-04 10:30", Happened.OPENED)
    assert told.response("2026-03-04 11:00").state == State.RUNNING
    assert told.response("2026-03-04 14:00").state == State.BREACHED


@pytest.mark.req("S12")
def test_the_word_of_a_customer_stops_no_clock_whatever_way_it_came() -> None:
    told = Told.made("2026-03-04 10:00").then("2026-03-04 10:05", Happened.SUPPLEMENTED, changed=[], priority="P1")
    told.then("2026-03-04 10:06", Happened.URGED)
    one = told.response("2026-03-04 13:31")
    assert (one.due_at, one.ended_at, one.state) == (at("2026-03-04 12:00"), None, State.BREACHED)


def test_a_photo_is_an_action_and_no_response() -> None:
    level = replace(ServiceLevel(), further={Goal.ACTION: {"P1": Target(30 * MINUTE)}})
    told = Told.made("2026-03-04 10:00").then("2026-03-04 10:30", Happened.PHOTO_ADDED)
    assert told.of(Goal.ACTION, "2026-03-04 15:00", Bound(0, level, OFFICE)).state == State.MET
    assert told.response("2026-03-04 15:00").ended_at is None


# ---- pauses


@pytest.mark.req("S9", "S87")
def test_two_pauses_in_one_minute_both_count_to_the_second() -> None:
    start = at("2026-03-04 09:00")
    told = Told.made(start).held(start + 1 * SECOND).resumed(start + 11 * SECOND)
    told.held(start + 20 * SECOND).resumed(start + 43 * SECOND)
    assert due(told) == start + 2 * HOUR + 33 * SECOND
    one = told.response("2026-03-04 11:00")
    assert [segment.span // SECOND for segment in one.segments if segment.why == Why.HOLD] == [10, 23]
    assert add_up(one, start, at("2026-03-04 11:00"))


@pytest.mark.parametrize(
    ("held", "resumed", "deadline"),
    [
        ("2026-04-29 17:30", "2026-04-30 09:00", "2026-04-30 10:00"),
        ("2026-04-30 17:30", "2026-05-06 09:00", "2026-05-06 10:00"),
        ("2026-05-08 17:30", "2026-05-09 10:00", "2026-05-09 11:00"),
    ],
)
def test_a_pause_across_midnight_a_holiday_and_a_make_up_day(held: str, resumed: str, deadline: str) -> None:
    """One business hour was left when it was put on hold."""
    start = at(held) - HOUR
    one = Told.made(start).held(held).resumed(resumed).response(at(deadline))
    assert (one.due_at, one.spent) == (at(deadline), 2 * HOUR)
    assert add_up(one, start, at(deadline))


def test_a_pause_stops_the_wall_clock_of_a_p0_too() -> None:
    told = Told.made("2026-03-04 02:00", "P0").held("2026-03-04 02:59").resumed("2026-03-04 09:00")
    assert due(told) == at("2026-03-04 09:01")


def test_on_hold_without_a_date_nothing_is_due() -> None:
    told = Told.made("2026-03-04 09:00").held("2026-03-04 10:00")
    one = told.response("2026-03-20 10:00")
    assert (one.due_at, one.state, one.spent) == (None, State.PAUSED, HOUR)
    assert add_up(one, at("2026-03-04 09:00"), at("2026-03-20 10:00"))


def test_a_hold_with_a_date_stops_the_clock_until_then_at_most() -> None:
    told = Told.made("2026-03-04 09:00").held("2026-03-04 10:00", until="2026-03-05 10:00")
    assert told.response("2026-03-05 09:59").state == State.PAUSED
    assert (told.response("2026-03-05 10:30").state, due(told)) == (State.RUNNING, at("2026-03-05 11:00"))
    assert due(told.resumed("2026-03-04 14:00")) == at("2026-03-04 15:00")


def test_what_was_late_before_a_pause_stays_late() -> None:
    told = Told.made("2026-03-04 09:00").held(at("2026-03-04 11:00") + 1)
    assert told.response("2026-03-04 15:00").state == State.BREACHED


def test_answered_during_a_pause_is_in_time() -> None:
    told = Told.made("2026-03-04 09:00").held("2026-03-04 10:00").noted("2026-03-06 10:00")
    assert told.response("2026-03-09 10:00").state == State.MET


@pytest.mark.req("S8")
def test_a_pause_that_was_taken_back_was_none() -> None:
    told = Told.made("2026-03-04 09:00").held("2026-03-04 10:00", cause="inbox:7")
    told.then(at("2026-03-04 10:00") + 50 * SECOND, Happened.UNDONE, cause="inbox:8")
    told.events[-1].data["cause"] = "inbox:7"
    assert (due(told), told.history.stay.at) == (at("2026-03-04 11:00"), at("2026-03-04 09:00"))


def test_lunch_counts_for_nobody() -> None:
    one = Told.made("2026-03-04 11:00").response("2026-03-04 15:00")
    assert one.due_at == at("2026-03-04 14:30")
    assert whys(one) == ["open", "break", "open"]


# ---- priorities


@pytest.mark.req("S9")
def test_a_raise_gives_the_new_span_from_then_on_and_never_more_than_was_left() -> None:
    assert due(Told.made("2026-03-04 09:00", "P2").ranked("2026-03-04 10:00", "P2", "P1")) == at("2026-03-04 12:00")
    assert due(Told.made("2026-03-04 09:00", "P2").ranked("2026-03-05 08:40", "P2", "P0")) == at("2026-03-05 09:00")
    late = Told.made("2026-03-04 09:00", "P2").ranked("2026-03-05 08:40", "P2", "P1")
    assert due(late) == at("2026-03-05 09:00")


@pytest.mark.req("S9")
def test_a_lower_priority_counts_from_the_start() -> None:
    assert due(Told.made("2026-03-04 09:00", "P0").ranked("2026-03-04 09:30", "P0", "P1")) == at("2026-03-04 11:00")
    assert due(Told.made("2026-03-04 09:00", "P1").ranked("2026-03-04 16:00", "P1", "P2")) == at("2026-03-05 09:00")


def test_a_raise_that_was_taken_back_was_none() -> None:
    told = Told.made("2026-03-04 09:00", "P2").ranked("2026-03-04 10:00", "P2", "P0", cause="inbox:7")
    told.then("2026-03-04 10:00", Happened.UNDONE, cause="inbox:8")
    told.events[-1].data["cause"] = "inbox:7"
    assert due(told) == at("2026-03-05 09:00")


def test_a_raise_while_on_hold_counts_from_the_end_of_the_hold() -> None:
    told = Told.made("2026-03-04 09:00", "P2").held("2026-03-04 10:00").ranked("2026-03-04 11:00", "P2", "P1")
    assert told.response("2026-03-04 11:30").due_at is None
    told.resumed("2026-03-05 09:00")
    one = told.response("2026-03-05 10:00")
    assert (one.due_at, one.since) == (at("2026-03-05 11:00"), at("2026-03-04 11:00"))
    assert whys(one) == ["earlier", "hold", "open"]


def test_lowering_after_the_answer_makes_no_late_answer_good() -> None:
    for when in ("2026-03-04 14:00", "2026-03-04 14:01"):
        told = Told.made("2026-03-04 09:00", "P1").noted("2026-03-04 14:00").ranked(when, "P1", "P2")
        assert told.response("2026-03-04 15:00").state == State.BREACHED


def test_raised_by_a_rule_at_once_it_has_been_so_from_the_start() -> None:
    """On a Friday evening two business hours end later than a day does."""
    told = Told.made("2026-03-06 17:00", "P2").ranked("2026-03-06 17:00", "P2", "P1", rule="夜班")
    assert due(told) == due(Told.made("2026-03-06 17:00", "P1")) == at("2026-03-09 09:30")


def test_a_promise_that_the_new_priority_does_not_know_stays_after_a_raise_and_goes_after_a_lowering() -> None:
    level = replace(ServiceLevel(), further={Goal.RESOLUTION: {"P1": Target(8 * HOUR)}})
    raised = Told.made("2026-03-04 09:00", "P1").ranked("2026-03-04 10:00", "P1", "P0")
    assert raised.resolution("2026-03-04 11:00", Bound(0, level, OFFICE)).due_at == at("2026-03-04 17:00")
    lowered = Told.made("2026-03-04 09:00", "P1").ranked("2026-03-04 10:00", "P1", "P2")
    assert lowered.account("2026-03-04 11:00", Bound(0, level, OFFICE)).of(Goal.RESOLUTION) is None
    late = Told.made("2026-03-04 09:00", "P2").ranked("2026-03-04 10:00", "P2", "P1")
    assert late.resolution("2026-03-04 11:00", Bound(0, level, OFFICE)).due_at == at("2026-03-04 18:00")


# ---- policies and calendars


def test_a_pause_survives_a_change_of_the_service_level() -> None:
    stricter = Bound(at("2026-03-04 15:00"), replace(ServiceLevel(), p1_first_response=1 * HOUR), OFFICE)
    looser = Bound(at("2026-03-04 15:00"), replace(ServiceLevel(), p1_first_response=4 * HOUR), OFFICE)
    told = Told.made("2026-03-04 09:00").held("2026-03-04 10:30").resumed("2026-03-04 14:30")
    assert due(told, "2026-03-04 15:30", USUAL) == at("2026-03-04 15:00")
    assert due(told, "2026-03-04 15:30", USUAL, looser) == at("2026-03-04 17:00")
    waiting = Told.made("2026-03-04 14:00").held("2026-03-04 14:10").resumed("2026-03-04 14:50")
    assert due(waiting, "2026-03-04 15:30", USUAL, stricter) == at("2026-03-04 16:00")


def test_a_policy_binds_from_its_beginning_and_what_was_decided_before_stays() -> None:
    later = Bound(at("2026-03-04 15:00"), replace(ServiceLevel(), p1_first_response=9 * HOUR), OFFICE)
    assert Told.made("2026-03-04 09:00").response("2026-03-04 16:00", USUAL, later).state == State.BREACHED
    answered = Told.made("2026-03-04 09:00").noted("2026-03-04 14:00")
    assert answered.response("2026-03-04 16:00", USUAL, later).state == State.BREACHED
    assert Told.made("2026-03-04 14:00").response("2026-03-04 17:00", USUAL, later).due_at == at("2026-03-05 15:00")


def test_time_before_a_calendar_was_edited_counts_by_the_former_one() -> None:
    """Lunch is abolished at 13:00 on the day: the hour before noon counted, half of lunch did not, the other half does."""
    through = replace(OFFICE, week=((Shift(time(8, 30), time(18)),),) * 5 + ((), ()))
    told, edited = Told.made("2026-03-04 11:00"), Bound(at("2026-03-04 13:00"), ServiceLevel(), through)
    one = told.response("2026-03-04 14:00", USUAL, edited)
    assert (one.due_at, one.spent) == (at("2026-03-04 14:00"), 2 * HOUR)
    assert add_up(one, at("2026-03-04 11:00"), at("2026-03-04 14:00"))
    assert whys(one) == ["open", "break", "open"]


def test_a_holiday_that_is_announced_later_changes_nothing_that_has_passed() -> None:
    closed = replace(OFFICE, days={**OFFICE.days, date(2026, 3, 4): Day((), "停电")})
    edited = Bound(at("2026-03-04 10:00"), ServiceLevel(), closed)
    assert due(Told.made("2026-03-04 09:00"), "2026-03-05 12:00", USUAL, edited) == at("2026-03-05 09:30")


def test_a_calendar_without_a_working_day_is_refused() -> None:
    with pytest.raises(NeverOpen):
        Calendar(week=((),) * 7)


def test_a_calendar_that_stays_shut_leaves_the_promise_open_and_ends() -> None:
    shut = replace(OFFICE, days={date.fromordinal(day): Day((), "停业") for day in range(739_600, 741_000)})
    one = Told.made("2026-03-04 09:00").response("2026-04-04 09:00", Bound(0, ServiceLevel(), shut))
    assert (one.due_at, one.state, one.spent) == (None, State.RUNNING, 0)


@pytest.mark.req("S9")
def test_the_first_exception_that_fits_decides_field_by_field() -> None:
    level = ServiceLevel(
        exempt=(
            Exempt("a", level="A", priority="P1", spans={Goal.RESPONSE: 30 * MINUTE}),
            Exempt("north", entity="north", spans={Goal.RESPONSE: 5 * HOUR, Goal.RESOLUTION: 9 * HOUR}, runs=Runs.WALL),
            Exempt("press", devices=("注塑机",), spans={Goal.RESPONSE: 45 * MINUTE}),
        )
    )
    names = level.names_for(Case("A", "north", "海天注塑机"))
    assert names == ("a", "north", "press")
    assert level.target(Goal.RESPONSE, "P1", names) == Target(30 * MINUTE, Runs.BUSINESS)
    assert level.target(Goal.RESPONSE, "P2", names) == Target(5 * HOUR, Runs.WALL)
    assert level.target(Goal.RESOLUTION, "P1", names) == Target(9 * HOUR, Runs.WALL)
    assert level.names_for(Case("B", "main", "空压机")) == () and level.target(Goal.RESOLUTION, "P1") is None
    assert level.target(Goal.RESPONSE, "P2", ("press",)) == Target(45 * MINUTE, Runs.WALL)
    assert ServiceLevel.of(level.data()) == level


def test_an_exception_that_is_learnt_later_binds_from_then_on() -> None:
    level = ServiceLevel(exempt=(Exempt("press", devices=("注塑机",), spans={Goal.RESPONSE: 30 * MINUTE}),))
    told = Told.made("2026-03-04 09:00").then("2026-03-04 09:10", Happened.RECLOCKED, names=["press"])
    assert due(told, "2026-03-04 09:20", Bound(0, level, OFFICE)) == at("2026-03-04 09:40")


# ---- resolution, reopening, merging, imports


@pytest.mark.req("S9")
def test_waiting_for_a_part_stops_the_time_to_the_resolution_and_not_the_response() -> None:
    told = Told.made("2026-03-04 09:00").then("2026-03-04 09:10", Happened.ACCEPTED)
    told.then("2026-03-04 10:00", Happened.PART_NEEDED).then("2026-03-05 10:00", Happened.PART_ARRIVED, complete=True)
    assert told.resolution("2026-03-05 12:00").due_at == at("2026-03-06 09:00")
    assert due(told) == at("2026-03-04 11:00")
    never = replace(RESOLVING, pauses=frozenset())
    assert told.resolution("2026-03-05 12:00", Bound(0, never, OFFICE)).due_at == at("2026-03-05 09:00")


def test_a_part_of_several_that_came_ends_no_waiting() -> None:
    told = Told.made("2026-03-04 09:00").then("2026-03-04 09:10", Happened.ACCEPTED)
    told.then("2026-03-04 10:00", Happened.PART_NEEDED).then("2026-03-04 11:00", Happened.PART_ARRIVED, complete=False)
    assert told.resolution("2026-03-04 12:00").state == State.PAUSED


@pytest.mark.req("S97")
def test_reopened_it_goes_on_where_it_stopped_and_the_response_stays() -> None:
    told = Told.made("2026-03-04 09:00", "P0").noted("2026-03-04 09:30")
    told.then("2026-03-04 11:00", Happened.COMPLETED)
    assert told.resolution("2026-03-04 20:00").state == State.MET
    told.then("2026-03-05 09:00", Happened.REOPENED)
    again = told.resolution("2026-03-05 10:00")
    assert (again.due_at, again.state, again.ended_at) == (at("2026-03-05 15:00"), State.RUNNING, None)
    assert add_up(again, at("2026-03-04 09:00"), at("2026-03-05 10:00"))
    assert whys(again) == ["wall", "done", "wall"]
    assert told.response("2026-03-05 10:00").ended_at == at("2026-03-04 09:30")
    told.then("2026-03-05 14:00", Happened.COMPLETED).then("2026-03-08 14:00", Happened.CLOSED)
    assert told.resolution("2026-03-09 10:00").state == State.MET


def test_late_before_it_was_reopened_is_late_for_good() -> None:
    told = Told.made("2026-03-04 09:00", "P0").then(at("2026-03-04 17:00") + 1, Happened.COMPLETED)
    told.then("2026-03-05 09:00", Happened.REOPENED)
    assert told.resolution("2026-03-05 09:01").state == State.BREACHED


@pytest.mark.req("S64")
def test_merged_its_clock_stops_and_that_of_the_other_runs_on_from_its_own_start() -> None:
    gone = Told.made("2026-03-04 09:00").then("2026-03-04 09:30", Happened.MERGED, into=2)
    assert (gone.response("2026-03-09 09:00").state, gone.response("2026-03-09 09:00").spent) == (
        State.STOPPED,
        30 * MINUTE,
    )
    stays = Told.made("2026-03-04 09:10").then("2026-03-04 09:30", Happened.MERGED, other=1, joined=[])
    assert stays.response("2026-03-04 10:00").due_at == at("2026-03-04 11:10")
    late = Told.made("2026-03-04 09:00").then(at("2026-03-04 11:00") + 1, Happened.CANCELLED)
    assert late.response("2026-03-09 09:00").state == State.BREACHED


def test_an_imported_ticket_counts_from_when_it_was_made() -> None:
    told = Told.made("2026-03-09 10:00", imported=True, created=at("2026-03-04 09:00"), responded=None)
    assert due(told) == at("2026-03-04 11:00")
    answered = Told.made(
        "2026-03-09 10:00", imported=True, created=at("2026-03-04 09:00"), responded=at("2026-03-04 10:00")
    )
    assert answered.response("2026-03-09 10:00").state == State.MET


def test_a_late_message_counts_when_it_was_written() -> None:
    """Photos and notes of an engineer without network arrive hours later, after others of his colleague."""
    told = Told.made("2026-03-04 09:00").noted("2026-03-04 14:00").noted("2026-03-04 10:59")
    assert told.response("2026-03-04 15:00").state == State.MET


# ---- zones


@pytest.mark.parametrize("host", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_the_zone_of_the_machine_does_not_matter(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import time as clocks

    monkeypatch.setenv("TZ", host)
    clocks.tzset()
    try:
        one = Told.made("2026-03-04 17:30").response("2026-03-05 12:00")
        assert (one.due_at, whys(one)) == (at("2026-03-05 10:00"), ["open", "closed", "open"])
    finally:
        monkeypatch.undo()
        clocks.tzset()


@pytest.mark.parametrize(
    ("made", "fold", "deadline", "zone"),
    [
        ("2026-03-29 01:00", 0, "2026-03-29 04:00", "Europe/Berlin"),
        ("2026-10-25 01:00", 0, "2026-10-25 02:00", "Europe/Berlin"),
        ("2026-10-25 02:30", 0, "2026-10-25 03:30", "Europe/Berlin"),
    ],
)
def test_when_clocks_are_put_forward_or_back_two_hours_stay_two_hours(
    made: str, fold: int, deadline: str, zone: str
) -> None:
    always = Calendar(week=((Shift(time(0), time(0)),),) * 7, zone=ZoneInfo(zone))
    start, end = at(made, ZoneInfo(zone), fold), at(deadline, ZoneInfo(zone), 1)
    one = Told.made(start).response(end, Bound(0, ServiceLevel(), always))
    assert one.due_at == end == start + 2 * HOUR
    assert add_up(one, start, end) and one.spent == 2 * HOUR


# ---- why


@pytest.mark.req("S9")
def test_each_segment_says_why() -> None:
    told = Told.made("2026-04-30 17:30").held("2026-05-06 09:00").resumed("2026-05-06 10:00")
    one = told.response("2026-05-06 11:00")
    assert whys(one) == ["open", "closed", "holiday", "closed", "open", "hold", "open"]
    assert [segment.name for segment in one.segments if segment.name] == ["劳动节"]
    assert add_up(one, at("2026-04-30 17:30"), at("2026-05-06 11:00"))
    made_up = Told.made("2026-05-08 17:30").response("2026-05-09 09:30")
    assert whys(made_up) == ["open", "closed", "made_up"] and made_up.segments[-1].name == "劳动节调休上班"
    weekend = Told.made("2026-03-06 17:30").response("2026-03-09 09:00")
    assert whys(weekend) == ["open", "closed", "day_off", "closed", "open"]
