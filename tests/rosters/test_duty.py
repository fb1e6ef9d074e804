"""Whoever the roster names is on duty: he is alarmed and given the work, and nobody else by his flag (S1, S58, S107)."""

from __future__ import annotations

import pytest

from core.people.duty import fallback_owner, on_duty
from core.people.model import Duty, Role
from core.rosters.asking import holders
from core.store.turn import Turn
from core.words import HOUR
from tests.rosters.on_paper import flag, leaves, roster, rotation
from tests.scenario import Story


def names(desk: Story, role: Role) -> list[str | None]:
    return desk.act(lambda turn: [person.name for person in on_duty(turn, "main", role)])


def held(desk: Story, role: Role) -> list[str | None] | None:
    def ask(turn: Turn) -> list[str | None] | None:
        found = holders(turn, "main", role, turn.now)
        return None if found is None else [person.name for person in found]

    return desk.act(ask)


@pytest.mark.req("S1")
def test_without_a_roster_flags_decide(desk: Story) -> None:
    desk.engineer("刘工")
    desk.engineer("赵工", on_duty=False)
    assert (names(desk, Role.ENGINEER), held(desk, Role.ENGINEER)) == (["刘工"], None)


@pytest.mark.req("S1", "S107")
def test_with_a_roster_it_decides_alone(desk: Story) -> None:
    liu, zhao = desk.engineer("刘工"), desk.engineer("赵工", on_duty=False)
    roster(desk, "一线", rotation(liu, zhao, start="2026-03-03"))
    zhao.hears("roster_handover", "由你值班", "明天（3月5日 周四）08:30")
    assert (names(desk, Role.ENGINEER), held(desk, Role.ENGINEER)) == (["赵工"], ["赵工"])
    flag(desk, liu, on_duty=True)
    assert names(desk, Role.ENGINEER) == ["赵工"]
    desk.act(lambda turn: turn.add(Duty(id=turn.new_id(), entity="main", person_id=liu.person_id or 0)))
    assert names(desk, Role.ENGINEER) == ["赵工"]


@pytest.mark.req("S58")
def test_outside_the_hours_of_a_roster_flags_decide_as_before(desk: Story) -> None:
    desk.engineer("刘工")
    zhao = desk.engineer("赵工", on_duty=False)
    roster(desk, "夜班", rotation(zhao, handover="18:00", window="18:00-08:30"), team="夜班组")
    assert (names(desk, Role.ENGINEER), held(desk, Role.ENGINEER)) == (["刘工"], None)
    desk.passes(hours=8)
    assert names(desk, Role.ENGINEER) == ["赵工"]


@pytest.mark.req("S1")
def test_several_rosters_of_a_role_are_on_duty_together_and_a_team_alone_takes_nobody_off(desk: Story) -> None:
    liu, zhao, wang = desk.engineer("刘工"), desk.engineer("赵工"), desk.engineer("王工")
    roster(desk, "夜班", rotation(wang), role=None, team="夜班组")
    assert names(desk, Role.ENGINEER) == ["刘工", "赵工", "王工"]
    roster(desk, "一线", rotation(zhao))
    roster(desk, "二线", rotation(liu))
    assert names(desk, Role.ENGINEER) == ["赵工", "刘工", "王工"]


@pytest.mark.req("S1")
def test_in_a_hole_the_fallback_stands_in_and_without_one_the_duty_manager(desk: Story) -> None:
    liu, sun, _ = desk.engineer("刘工"), desk.manager("孙经理"), desk.manager("钱经理", on_duty=False)
    roster(desk, "一线", rotation(None))
    assert (names(desk, Role.ENGINEER), held(desk, Role.ENGINEER)) == (["孙经理"], [])
    roster(desk, "一线", rotation(None), fallback=liu)
    assert (names(desk, Role.ENGINEER), held(desk, Role.ENGINEER)) == (["刘工"], ["刘工"])
    leaves(desk, liu)
    assert (names(desk, Role.ENGINEER), held(desk, Role.ENGINEER)) == (["孙经理"], [])
    assert sun.person_id is not None


@pytest.mark.req("S1")
def test_a_ticket_that_nobody_takes_has_one_owner_whatever_the_rosters_say(desk: Story) -> None:
    def owner() -> str | None:
        return desk.act(lambda turn: getattr(fallback_owner(turn, "main"), "name", None))

    chen, zhou, sun = desk.agent("陈调度", on_duty=False), desk.agent("周调度"), desk.manager("孙经理")
    assert owner() == "周调度"
    roster(desk, "调度", rotation(chen), role=Role.AGENT)
    assert owner() == "陈调度"
    leaves(desk, chen)
    assert owner() == "孙经理"
    roster(desk, "调度", rotation(chen), role=Role.AGENT, fallback=zhou)
    assert owner() == "周调度"
    leaves(desk, zhou)
    leaves(desk, sun)
    assert owner() is None


@pytest.mark.req("S107", "S58")
def test_a_new_roster_counts_in_the_very_next_dispatch(desk: Story) -> None:
    wang, liu, zhao = (
        desk.customer("王女士", phone="13800138021"),
        desk.engineer("刘工"),
        desk.engineer("赵工", on_duty=False),
    )
    roster(desk, "一线", rotation(zhao))
    zhao.hears("roster_handover")
    wang.says("投影仪打不开")
    wang.hears("ack_created")
    zhao.hears("assigned", "投影仪")
    liu.hears_nothing(seconds=60)


@pytest.mark.req("S10")
def test_a_p0_alarms_whoever_the_roster_names_at_that_hour(desk: Story) -> None:
    wang, liu, zhao = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("赵工")
    roster(desk, "一线", rotation(liu, zhao, handover="18:00", start="2026-03-03"))
    liu.hears("roster_handover")
    desk.moves_to(desk.now + 8 * HOUR)
    zhao.hears("roster_handover")
    liu.hears("roster_handover", "赵工已接班")
    wang.says("整条线停了，注塑机报 E-07")
    zhao.hears("escalation")
    liu.hears_nothing(seconds=15)
