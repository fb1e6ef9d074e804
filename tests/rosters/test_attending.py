"""Hand-overs and holes: who hears what, and at which instant exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.people.model import Person
from core.policies import Policies
from core.rosters.policy import RosterPolicy
from core.rosters.shifts import Change
from core.store.model import Timer, TimerState
from core.words import DAY, HOUR, MINUTE, SECOND, Micros
from tests.rosters.on_paper import leaves, roster, rotation
from tests.scenario import WEDNESDAY_TEN, Party, Story, story

HALF_PAST_EIGHT = WEDNESDAY_TEN - 90 * MINUTE
"""08:30 on Wednesday, 4 March 2026."""


def day(days: float) -> Micros:
    """So many days after half past eight on that Wednesday."""
    return HALF_PAST_EIGHT + int(days * DAY)


def crew(desk: Story, *names: str) -> tuple[Party, ...]:
    return tuple(desk.engineer(name) for name in names)


@pytest.mark.req("S1")
def test_both_sides_hear_of_a_hand_over_at_its_very_instant(desk: Story) -> None:
    liu, zhao = crew(desk, "刘工", "赵工")
    roster(desk, "一线", rotation(liu, zhao, start="2026-03-04"))
    liu.hears("roster_handover", "由你值班，到明天（3月5日 周四）08:30")
    desk.moves_to(day(1) - 1)
    desk.nobody_heard_anything_else()
    desk.moves_to(day(1))
    zhao.hears("roster_handover", "由你值班，到明天（3月6日 周五）08:30", "没有要紧的事", within=0)
    liu.hears("roster_handover", "赵工已接班", within=0)
    desk.moves_to(day(2) - 1)
    desk.nobody_heard_anything_else()
    desk.moves_to(day(2))
    liu.hears("roster_handover", "由你值班", within=0)
    zhao.hears("roster_handover", "刘工已接班", within=0)
    desk.chains_are_whole()


@pytest.mark.req("S1", "S10")
def test_whoever_comes_hears_what_is_open_and_urgent(desk: Story) -> None:
    wang, liu, zhao, chen = (
        desk.customer("王女士", phone="13800138021"),
        *crew(desk, "刘工", "赵工"),
        desk.agent("陈调度"),
    )
    roster(desk, "一线", rotation(liu, zhao, start="2026-03-04"))
    desk.moves_to(day(1) - 30 * SECOND)
    wang.says("整条线停了，注塑机报 E-07")
    number = wang.hears("ack_created").ticket
    desk.unheard.clear()
    desk.moves_to(day(1))
    zhao.hears("roster_handover", "P0 未完成 1 张", number, "陈调度", within=0)
    liu.hears("roster_handover", number, within=0)
    assert chen.person_id is not None


def test_a_roster_of_another_zone_is_handed_over_by_its_own_clocks(desk: Story) -> None:
    """In Berlin the clocks are put forward on 29 March: half past eight is an hour earlier in Ningbo from then on."""
    liu, zhao = crew(desk, "刘工", "赵工")
    desk.rehearsal.clock.now = day(24)
    roster(desk, "柏林", rotation(liu, zhao, start="2026-03-27"), zone="Europe/Berlin")
    liu.hears("roster_handover", "到今天 15:30")
    in_winter, in_summer = day(24) + 7 * HOUR, day(26) + 6 * HOUR
    desk.moves_to(in_winter)
    zhao.hears("roster_handover", "到明天（3月29日 周日）14:30", within=0)
    liu.hears("roster_handover", "赵工已接班", within=0)
    desk.moves_to(day(25) + 6 * HOUR - 1)
    desk.nobody_heard_anything_else()
    desk.moves_to(day(25) + 6 * HOUR)
    liu.hears("roster_handover", "由你值班", within=0)
    zhao.hears("roster_handover", within=0)
    desk.moves_to(in_summer)
    zhao.hears("roster_handover", "由你值班", within=0)


def test_after_a_night_shift_nobody_is_named_where_nobody_comes(desk: Story) -> None:
    (liu,) = crew(desk, "刘工")
    roster(desk, "夜班", rotation(liu, start="2026-03-04", handover="18:00", window="18:00-08:30"))
    desk.moves_to(day(0) + 9 * HOUR + 30 * MINUTE - 1)
    desk.nobody_heard_anything_else()
    desk.moves_to(day(0) + 9 * HOUR + 30 * MINUTE)
    liu.hears("roster_handover", "由你值班，到明天（3月5日 周四）08:30", within=0)
    desk.moves_to(day(1))
    liu.hears("roster_handover", "班结束了", within=0)


def test_who_stays_hears_nothing_and_a_crew_is_told_one_by_one(desk: Story) -> None:
    liu, zhao, wang = crew(desk, "刘工", "赵工", "王工")
    roster(desk, "一线", rotation((liu, zhao), (liu, wang), start="2026-03-04"))
    liu.hears("roster_handover")
    zhao.hears("roster_handover")
    desk.moves_to(day(1))
    wang.hears("roster_handover", "由你值班", within=0)
    zhao.hears("roster_handover", "刘工、王工已接班", within=0)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_a_hole_is_told_three_days_ahead_to_the_second_and_then_daily_until_it_is_filled(desk: Story) -> None:
    (liu,), sun, qian = crew(desk, "刘工"), desk.manager("孙经理"), desk.manager("钱经理", on_duty=False)
    roster(desk, "一线", rotation(liu, liu, liu, liu, None, start="2026-03-04"))
    liu.hears("roster_handover")
    desk.moves_to(day(1) - 1)
    desk.nobody_heard_anything_else()
    desk.moves_to(day(1))
    sun.hears("roster_hole", "一线", "3月8日 周日 08:30 – 3月9日 周一 08:30", "由值班经理负责", within=0)
    qian.hears("roster_hole", "一线", within=0)
    desk.moves_to(day(2) - 1)
    desk.nobody_heard_anything_else()
    desk.moves_to(day(2))
    sun.hears("roster_hole", within=0)
    qian.hears("roster_hole", within=0)
    sun.says("周日刘工值班")
    sun.hears("action_done", "刘工值班")
    liu.hears("roster_changed")
    desk.moves_to(day(5) + HOUR)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_in_a_hole_the_fallback_is_told_that_he_stands_in(desk: Story) -> None:
    (liu,), sun = crew(desk, "刘工"), desk.manager("孙经理")
    roster(desk, "一线", rotation(liu, None, start="2026-03-04"), fallback=sun)
    liu.hears("roster_handover")
    sun.hears("roster_hole", "由孙经理顶班")
    desk.moves_to(day(1))
    sun.hears("roster_handover", "由你值班", within=0)
    liu.hears("roster_handover", "孙经理已接班", within=0)


@pytest.mark.req("S1", "S5b")
def test_whoever_leaves_leaves_a_hole_that_is_seen_at_once_if_it_is_near(desk: Story) -> None:
    liu, zhao, sun = *crew(desk, "刘工", "赵工"), desk.manager("孙经理")
    roster(desk, "一线", rotation(liu, zhao, start="2026-03-04"))
    liu.hears("roster_handover")
    leaves(desk, zhao)
    sun.hears("roster_hole", "明天（3月5日 周四）08:30", "原为赵工", within=0)
    desk.nobody_heard_anything_else()


def test_who_left_without_a_word_is_noticed_within_a_day(desk: Story) -> None:
    liu, sun = *crew(desk, "刘工"), desk.manager("孙经理")
    roster(desk, "一线", rotation(liu, start="2026-03-04"))
    liu.hears("roster_handover")
    desk.act(lambda turn: setattr(turn.get(Person, liu.person_id), "active", False))
    desk.passes(hours=24)
    sun.hears("roster_hole", within=0)


@pytest.mark.parametrize(("ahead", "again"), [(2 * DAY, DAY), (3 * DAY, 12 * HOUR)])
def test_both_thresholds_are_settings(desk_url: str, ahead: Micros, again: Micros) -> None:
    rules = replace(Policies(), rosters=RosterPolicy(hole_ahead=ahead, hole_again=again))
    with story(desk_url, policies=rules) as desk:
        (liu,), sun = crew(desk, "刘工"), desk.manager("孙经理")
        roster(desk, "一线", rotation(liu, liu, liu, liu, None, start="2026-03-04"))
        liu.hears("roster_handover")
        for told_at in (day(4) - ahead, day(4) - ahead + again):
            desk.moves_to(told_at - 1)
            desk.nobody_heard_anything_else()
            desk.moves_to(told_at)
            sun.hears("roster_hole", within=0)


def test_a_desk_that_was_down_over_hand_overs_tells_only_who_is_there_now(desk: Story) -> None:
    liu, zhao, wang = crew(desk, "刘工", "赵工", "王工")
    roster(desk, "一线", rotation(liu, zhao, wang, start="2026-03-04"))
    liu.hears("roster_handover")
    desk.rehearsal.clock.now = day(2) + HOUR
    desk.passes(seconds=1)
    wang.hears("roster_handover", "由你值班")
    liu.hears("roster_handover", "王工已接班")
    desk.nobody_heard_anything_else()


def test_a_change_of_the_roster_in_the_middle_of_a_shift_is_a_hand_over(desk: Story) -> None:
    liu, zhao = crew(desk, "刘工", "赵工")
    roster(desk, "一线", rotation(liu, start="2026-03-04"))
    liu.hears("roster_handover")
    desk.passes(seconds=5)
    stand_in = Change(desk.now, desk.now + HOUR, zhao.person_id, liu.person_id)
    roster(desk, "一线", rotation(liu, start="2026-03-04"), singles=(stand_in,))
    zhao.hears("roster_handover", "由你值班")
    liu.hears("roster_handover", "赵工已接班")
    desk.moves_to(stand_in.ends)
    liu.hears("roster_handover", "由你值班")
    zhao.hears("roster_handover", "刘工已接班")


def test_the_same_roster_again_changes_nothing_and_one_that_is_put_away_falls_silent(desk: Story) -> None:
    liu, zhao = crew(desk, "刘工", "赵工")
    for _ in range(3):
        roster(desk, "一线", rotation(liu, zhao, start="2026-03-04"))
    liu.hears("roster_handover")
    waiting = desk.act(
        lambda turn: turn.rows(Timer, select(Timer.table).where(Timer.table.c.state == TimerState.WAITING))
    )
    assert sorted(timer.kind for timer in waiting if timer.kind.startswith("roster")) == [
        "roster.hand_over",
        "roster.holes",
    ]
    desk.nobody_heard_anything_else()
