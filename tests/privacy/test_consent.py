"""At first contact a customer hears who keeps what of him and why; once, and again when the notice has changed (PIPL Art. 17)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.policies import Policies
from core.privacy.informing import INFORMED
from core.privacy.policy import PrivacyPolicy
from core.store.model import Event
from core.words import HOUR
from tests.scenario import WEDNESDAY_TEN, Story, story

LINE = "为处理报修保存您的称呼、电话、地址和对话"


def test_the_first_answer_says_so_and_no_other(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("投影仪打不开")
    assert LINE in wang.hears("ack_created").text
    wang.says("修好了吗")
    assert LINE not in wang.hears("progress").text
    assert [event.kind for event in _informed(desk)] == [INFORMED]
    desk.nobody_heard_anything_else()


def test_in_english_to_who_writes_english_and_never_to_the_staff(desk: Story) -> None:
    tom, liu = desk.customer("Tom", "telegram"), desk.engineer("刘工")
    tom.says("the printer is jammed")
    assert "keeps your name, phone, address and messages" in tom.hears("ack_created").text
    liu.says("我的单")
    desk.passes(seconds=5)
    assert not any(LINE in message.text for message in desk.unheard)


def test_a_stranger_learns_nothing_from_where_the_notice_stands(desk: Story) -> None:
    wang = desk.customer("王女士")
    wang.says("GD-1001 到哪一步了")
    assert LINE not in wang.hears("cannot_find").text
    wang.says("投影仪打不开")
    assert LINE in wang.hears("ack_created").text


def test_who_was_told_an_older_notice_is_told_the_new_one(desk_url: str) -> None:
    since = WEDNESDAY_TEN + HOUR // 4
    mine = PrivacyPolicy(house="大河设备", notice_url="https://dahe.example/privacy", notice_since=since)
    with story(desk_url, policies=replace(Policies(), privacy=mine)) as desk:
        wang = desk.customer("王女士")
        wang.says("投影仪打不开")
        assert "大河设备为处理报修" in wang.hears("ack_created", "https://dahe.example/privacy").text
        desk.moves_to(since)
        desk.unheard.clear()
        wang.says("修好了吗")
        assert LINE in wang.hears("progress").text
        wang.says("几点来")
        desk.passes(seconds=5)
        assert not any(LINE in message.text for message in desk.unheard)
        assert len(_informed(desk)) == 2


@pytest.mark.parametrize("said", ["注销", "我的信息", "delete my data", "导出我的信息"])
def test_asking_for_ones_data_makes_no_ticket(desk: Story, said: str) -> None:
    wang = desk.customer("王女士")
    wang.says(said)
    desk.passes(seconds=30)
    assert desk.tickets() == []


def _informed(desk: Story) -> list[Event]:
    found = select(Event.table).where(Event.table.c.kind == INFORMED)
    return desk.act(lambda turn: turn.rows(Event, found))
