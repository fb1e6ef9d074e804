"""A form in people's words: it goes on where the five questions end, one thing at a time, and holds nobody up."""

from __future__ import annotations

import pytest

from core.forms.filling import answers_of
from core.store.turn import Turn
from core.tickets.queries import by_number
from tests.scenario import Party, Story


def answers(desk: Story, number: str) -> dict[str, tuple[object, ...]]:
    """What the form holds, also what is hidden now."""

    def look(turn: Turn) -> dict[str, tuple[object, ...]]:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        return dict(answers_of(turn, ticket))

    return desk.act(look)


def reported(desk: Story, wang: Party, words: str) -> str:
    """A ticket that has everything but what its form asks."""
    wang.says(f"{words}，地址杭州市滨江区网商路599号，电话13800138000，明天上午来就行")
    return wang.hears("ack_created").ticket


@pytest.mark.req("S57", "S65", "S76", "S77")
def test_a_hydraulic_fault_asks_its_own_questions(workshop: Story) -> None:
    wang = workshop.customer("王女士")
    wang.says("车间液压站掉压了，3号机床动不了，地址杭州市滨江区网商路599号，电话13800138000，明天上午来就行")
    heard = wang.hears("ack_created", "压力表上油压是多少")
    number = heard.ticket
    assert answers(workshop, number)["fault_kind"] == ("hydraulic",)
    wang.says("16兆帕")
    wang.hears("confirm_change", "油压值 16 MPa", "滤芯上次是哪天换的")
    wang.says("上周三")
    wang.hears("confirm_change", "滤芯更换日期 2026-02-25", "是哪条产线", "机加工")
    print(answers(workshop, number))
