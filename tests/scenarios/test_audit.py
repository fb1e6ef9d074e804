"""审计: what somebody did in the last days, where, and whether he only clicked (S35, S36)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.auditing import BURST, BURST_WITHIN, bursts
from core.words import SECOND
from tests.scenario import Story


@pytest.mark.req("S35", "S8")
def test_a_manager_sees_what_somebody_did_with_time_ticket_and_place(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    desk.passes(hours=1)
    liu.says("到了")
    sun.says("审计 刘工 7天")
    text = sun.hears("audit", "接单", "到场", number).text
    assert liu.address in text and text.index("到场") < text.index("接单")
    desk.passes(hours=24 * 8)
    sun.says("审计 刘工 7天")
    assert "接单" not in sun.hears("audit", "共 0 条").text
    liu.says("审计 孙经理")
    liu.hears("error_hint", "经理和管理员")


@pytest.mark.req("S36")
def test_a_second_identity_on_one_account_is_refused_and_reported(desk: Story) -> None:
    sun = desk.manager("孙经理")
    first, second = desk.code_for("赵工"), None
    zhao, other = desk.stranger(), desk.stranger()
    zhao.says(first)
    zhao.hears("action_done", "赵工")
    second = desk.another_code_for("赵工")
    other.says(second)
    other.hears("error_hint", "一人一号")
    sun.hears("shared_account", "赵工")
    desk.nobody_heard_anything_else()


@given(st.lists(st.integers(0, 600), min_size=0, max_size=40).map(sorted))
def test_a_burst_is_so_many_within_so_long(seconds: list[int]) -> None:
    times = [second * SECOND for second in seconds]
    dense = any(times[i + BURST - 1] - times[i] < BURST_WITHIN for i in range(len(times) - BURST + 1))
    found = bursts(times)
    assert bool(found) == dense
    assert all(count >= BURST for _, count in found)
    assert sum(count for _, count in found) <= len(times)
