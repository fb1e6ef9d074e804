"""A customer who names his number is recognised from the customer file; nothing of the file is shown to him (S67, S81)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.people.model import Person, Role
from core.store.turn import Turn
from tests.scenario import Story


@pytest.mark.req("S81", "S75")
def test_the_firm_behind_a_number(desk: Story) -> None:
    desk.engineer("刘工")

    def file(turn: Turn) -> None:
        turn.add(
            Person(
                id=turn.new_id(),
                entity="main",
                role=Role.CUSTOMER,
                name="周总",
                phone="13700001234",
                company="宁波海川",
                region="北仑",
            )
        )

    desk.act(file)
    newcomer = desk.customer("新客户")
    newcomer.says("空压机漏油")
    newcomer.hears("ack_created")
    newcomer.says("电话13700001234")
    text = newcomer.hears("confirm_change", "13700001234").text
    assert "海川" not in text and "周总" not in text
    people = desk.act(lambda turn: turn.rows(Person, select(Person.table)))
    [person] = [one for one in people if one.role == Role.CUSTOMER and one.name != "周总"]
    assert (person.company, person.region) == ("宁波海川", "北仑")


@pytest.mark.req("S67")
def test_the_number_he_names_goes_before_the_one_on_file(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800000001"), desk.engineer("刘工")
    wang.says("空压机漏油，打我电话13800138021")
    number = wang.hears("ack_created").ticket
    liu.hears("new_ticket", number, "13800138021")
    assert desk.ticket(number).phone == "13800138021"
    other = desk.customer("陈先生", phone="13500001111")
    other.says("打印机卡纸")
    assert desk.ticket(other.hears("ack_created").ticket).phone == "13500001111"
