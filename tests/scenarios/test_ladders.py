"""Ladders are data: each sort of target, route and condition does what it says (S11, S1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.escalation.policy import LADDERS, Ladder, Promise, Step
from core.people.model import Role
from core.rosters.model import Roster
from core.rosters.rotation import Layer
from core.store.turn import Turn
from core.tickets.model import Status
from core.words import HOUR, MINUTE, Receipt
from tests.scenarios.escalated import LIU, QIAN, SUN, House, house

PLAIN = LADDERS[Promise.FUSE]


def with_steps(url: str, *steps: Step, **more: int):  # type: ignore[no-untyped-def]
    """A house whose fuse has these steps."""
    return house(url, ladders={**LADDERS, Promise.FUSE: Ladder(steps, **more)})


def burnt(here: House) -> str:
    """A P0 whose fuse has just burnt down, and whoever has it is the engineer."""
    number = here.p0()
    here.liu.says(f"接单 {number}")
    here.at(number, HOUR - 1)
    here.desk.unheard.clear()
    here.at(number, HOUR)
    return number


@pytest.mark.req("S11")
@pytest.mark.parametrize(
    ("target", "up", "who"),
    [
        ("duty:manager", 0, ["sun"]),
        ("duty:manager", 1, ["qian"]),
        ("duty:manager", 9, ["qian"]),
        ("duty:engineer", 0, ["liu"]),
        ("role:manager", 0, ["sun", "qian"]),
        ("superior", 0, ["sun"]),
        ("superior", 1, ["qian"]),
        ("owner", 0, ["liu"]),
        ("person:钱总监", 0, ["qian"]),
        ("person:没有这个人", 0, []),
        ("group:managers", 0, ["managers"]),
    ],
)
def test_each_sort_of_target(desk_url: str, target: str, up: int, who: Sequence[str]) -> None:
    with with_steps(desk_url, Step((target,), up=up)) as here:
        number = burnt(here)
        for name in who:
            getattr(here, name).hears("escalation", number, within=0)
        assert not [m for m in here.desk.unheard if m.say.purpose == "escalation"]


@pytest.mark.req("S11", "S1")
def test_a_roster_by_its_name(desk_url: str) -> None:
    with with_steps(desk_url, Step(("roster:夜班",))) as here:

        def act(turn: Turn) -> None:
            layer = Layer(((here.qian.person_id or 0,),), timedelta(days=1), time(8), date(2026, 1, 1))
            turn.add(
                Roster(
                    id=turn.new_id(),
                    entity="main",
                    name="夜班",
                    role=Role.AGENT,
                    zone="Asia/Shanghai",
                    layers=[layer.data()],
                )
            )  # type: ignore[arg-type]

        here.desk.act(act)
        number = burnt(here)
        here.qian.hears("escalation", number, within=0)
        assert not [m for m in here.desk.unheard if m.say.purpose == "escalation"]


@pytest.mark.req("S10", "S11")
@pytest.mark.parametrize(("order", "first"), [(["sms", "chat"], "sms"), (["chat", "sms"], "chat"), ([], "chat")])
def test_the_next_route_in_his_own_order(desk_url: str, order: list[str], first: str) -> None:
    """A call is refused: he hears by the route that he likes best, and by no other."""
    with with_steps(desk_url, Step(("duty:manager",), ("voice",))) as here:
        here.change(here.sun, routes=order)

        async def refuses(*args: object) -> Receipt:
            return Receipt("refused", why="blocked")

        here.desk.rehearsal.desk.channels["voice"].post = refuses  # type: ignore[method-assign]
        number = burnt(here)
        if first == "sms":
            here.desk.phone(SUN).gets(number, within=5)
        else:
            here.sun.hears("escalation", number, within=5)
        here.desk.passes(seconds=30)
        assert not [m for m in here.desk.unheard if m.say.purpose == "escalation"]


@pytest.mark.req("S11")
def test_whoever_has_no_telephone_is_told_in_his_chat(desk_url: str) -> None:
    with with_steps(desk_url, Step(("duty:manager",), ("voice",))) as here:
        here.change(here.sun, phone=None)
        number = burnt(here)
        here.sun.hears("escalation", number, within=0)


@pytest.mark.req("S11")
def test_one_channel_among_several_ways(desk_url: str) -> None:
    """A channel's name is the first of several ways, of which one is taken."""
    with with_steps(desk_url, Step(("role:manager",), ("feishu", "chat"))) as here:
        wecom = here.desk.manager("吴经理", "wecom", on_duty=False)
        number = burnt(here)
        here.sun.hears("escalation", number, within=0)
        here.qian.hears("escalation", number, within=0)
        wecom.hears("escalation", number, within=0)


@pytest.mark.req("S11")
@pytest.mark.parametrize(("closed", "rings"), [(False, True), (True, False)])
def test_a_step_for_the_night_is_left_out_by_day(desk_url: str, closed: bool, rings: bool) -> None:
    with with_steps(desk_url, Step(("duty:manager",), ("voice",), closed=closed)) as here:
        number = burnt(here)
        if rings:
            here.desk.phone(SUN).rings(number, within=0)
        here.desk.phone(SUN).silent()


@pytest.mark.req("S11")
def test_rounds_come_again_until_somebody_takes_it(desk_url: str) -> None:
    with with_steps(desk_url, Step(("duty:manager",)), rounds=3, every=30 * MINUTE) as here:
        number = burnt(here)
        for turn in range(3):
            here.sun.hears("escalation", number, within=0)
            if turn < 2:
                here.desk.passes(minutes=30)
        here.desk.unheard.clear()
        here.desk.passes(minutes=29)
        here.sun.hears_nothing()


@pytest.mark.req("S11")
def test_settings_that_change_at_night_move_no_alarm_under_way(desk_url: str) -> None:
    with with_steps(desk_url, Step(("duty:manager",)), Step(("person:钱总监",), after=10 * MINUTE)) as here:
        number = burnt(here)
        house_rules = here.desk.rehearsal.desk.house
        other = replace(
            house_rules.policies,
            escalation=replace(house_rules.policies.escalation, ladders={Promise.FUSE: Ladder((Step(("owner",)),))}),
        )
        object.__setattr__(house_rules, "policies", other)
        here.desk.unheard.clear()
        here.desk.passes(minutes=10)
        here.qian.hears("escalation", number, within=0)


@pytest.mark.req("S1", "S11")
def test_a_line_of_superiors_that_runs_in_a_circle_ends(desk_url: str) -> None:
    with with_steps(desk_url, Step(("duty:manager",), ("voice",), up=5)) as here:
        here.change(here.qian, reports_to=here.sun.person_id)
        number = burnt(here)
        here.desk.phone(QIAN).rings(number, within=0)
        assert here.desk.ticket(number).status == Status.ACCEPTED
        here.desk.phone(LIU).silent()


steps = st.builds(Step, targets=st.just(("owner",)), after=st.integers(0, 10 * HOUR), up=st.integers(0, 3))


@given(st.lists(steps, min_size=1, max_size=6), st.integers(1, 5), st.integers(1, 10 * HOUR))
def test_a_ladder_kept_is_the_ladder_and_its_moments_are_in_order_of_time(
    given_steps: list[Step], rounds: int, every: int
) -> None:
    ladder = Ladder(tuple(given_steps), rounds, every)
    assert Ladder.of(ladder.snapshot()) == ladder
    moments = list(ladder.moments())
    assert len(moments) == rounds * len(given_steps)
    times = [at for at, _ in moments]
    assert times == sorted(times) and times[0] == min(step.after for step in given_steps)
