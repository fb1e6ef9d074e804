"""How long customers wait for a first response, and how much of it is waiting for dispatch."""

from __future__ import annotations

import pytest

from core.insight.delays import Delays, delays
from core.words import DAY, MINUTE
from tests.scenario import Story

GAPS = ((0, 5), (2, 8), (3, 3), (5, 25), (8, 2), (10, 30), (15, 45), (20, 10), (30, 60), (47, 13))
"""Minutes from the report to the acceptance, and from there to the first real note."""


@pytest.mark.req("S4", "S61")
def test_ten_tickets_against_a_hand_calculation(desk: Story) -> None:
    """Waiting for dispatch 140 minutes, handling 201, together 341: means 14.0, 20.1 and 34.1, a share of 140/341."""
    liu, begun_at = desk.engineer("刘工"), desk.now
    for place, (dispatch, handling) in enumerate(GAPS):
        customer = desk.customer(f"客户{place}", phone=f"1380013800{place}")
        customer.says("投影仪打不开")
        number = desk.tickets()[-1].number
        desk.passes(minutes=dispatch)
        liu.says(f"接单 {number}")
        desk.passes(minutes=handling)
        liu.says(f"备注 {number} 收到")
        liu.says(f"备注 {number} 查出电源板烧了，换板后再试")
        desk.passes(minutes=1)

    def measured(since: int, until: int) -> Delays:
        return desk.act(lambda turn: delays(turn, "main", since, until))

    assert measured(begun_at, desk.now) == Delays(
        answered=10,
        waiting=0,
        first_response=341 * MINUTE // 10,
        dispatch=14 * MINUTE,
        handling=201 * MINUTE // 10,
        dispatch_share=140 / 341,
    )
    first, second = desk.tickets()[:2]
    assert measured(first.created_at, second.created_at).answered == 1
    assert measured(first.created_at + 1, second.created_at + 1).dispatch == 2 * MINUTE
    assert measured(desk.now, desk.now + DAY) == Delays(0, 0, None, None, None, None)


@pytest.mark.req("S4")
def test_who_was_not_answered_waits_and_what_was_taken_back_did_not_happen(desk: Story) -> None:
    wang, liu, begun_at = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.now
    wang.says("投影仪打不开")
    number = desk.tickets()[-1].number
    desk.passes(minutes=1)
    liu.says(f"接单 {number}")
    liu.says("撤回")
    desk.passes(minutes=5)
    waiting = desk.act(lambda turn: delays(turn, "main", begun_at, desk.now))
    assert (waiting.answered, waiting.waiting, waiting.dispatch_share) == (0, 1, None)
    liu.says(f"接单 {number}")
    desk.passes(minutes=2)
    liu.says(f"备注 {number} 查出电源板烧了，换板后再试")
    told = desk.act(lambda turn: delays(turn, "main", begun_at, desk.now + 1))
    assert (told.dispatch, told.handling) == (6 * MINUTE, 2 * MINUTE)


@pytest.mark.req("S4")
def test_who_is_answered_before_anybody_has_accepted_has_waited_for_dispatch_all_the_time(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    begun_at = desk.now
    wang.says("投影仪打不开")
    number = desk.tickets()[-1].number
    desk.passes(minutes=4)
    sun.says(f"备注 {number} 已电话联系客户，今天下午安排人上门")
    desk.passes(minutes=4)
    liu.says(f"接单 {number}")
    told = desk.act(lambda turn: delays(turn, "main", begun_at, desk.now))
    assert (told.answered, told.dispatch, told.handling, told.dispatch_share) == (1, 4 * MINUTE, 0, 1.0)
