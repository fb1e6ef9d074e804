"""Groups in which the desk is, and no longer is; people who have left a chat; what is said among people and what to the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.policies import Policies
from core.words import Room
from tests.scenario import Story, story

P0 = "整条线停了，注塑机报 E-07"
TEAM = Room("feishu", "desk", "team", group=True)


@pytest.fixture
def grouped(desk_url: str) -> Iterator[Story]:
    """A desk whose technical group is in Feishu."""
    rules = replace(Policies(), zone=ZoneInfo("Asia/Shanghai"))
    rules = replace(rules, escalation=replace(rules.escalation, groups={"technical": (str(TEAM),)}))
    with story(desk_url, policies=rules) as opened:
        yield opened


def in_group(desk: Story) -> list[Any]:
    """What the technical group was shown."""
    return [sent.say for sent in desk.rehearsal.carriers["feishu"].sent if sent.room.id == TEAM.id]


def test_a_group_is_greeted_once_a_day_whoever_comes(grouped: Story) -> None:
    liu = grouped.engineer("刘工", channel="feishu")
    liu.does("enter", group=TEAM.id)
    liu.does("enter", group=TEAM.id, called=False)
    assert [say.purpose for say in in_group(grouped)] == ["smalltalk"]
    grouped.passes(hours=25)
    liu.does("enter", group=TEAM.id, called=False)
    assert len(in_group(grouped)) == 2


@pytest.mark.req("S1")
def test_managers_hear_that_a_group_is_gone_and_alarms_go_there_again_once_the_desk_is_back(grouped: Story) -> None:
    wang = grouped.customer("王女士", channel="webchat")
    liu, sun = grouped.engineer("刘工", channel="feishu"), grouped.manager("孙经理", channel="telegram")
    liu.does("leave", group=TEAM.id, called=False)
    sun.hears_nothing()
    liu.does("leave", group=TEAM.id)
    liu.does("leave", group=TEAM.id)
    sun.hears("group_gone", "技术组群")
    grouped.nobody_heard_anything_else()
    wang.says(P0)
    grouped.passes(seconds=20)
    assert in_group(grouped) == []
    sun.hears("escalation", "请立即接手")
    liu.does("enter", group=TEAM.id)
    wang.says("一车间起火了，配电柜冒烟")
    grouped.passes(seconds=20)
    alarm = in_group(grouped)[-1]
    assert alarm.purpose == "escalation" and alarm.mentions == (liu.address,)


@pytest.mark.req("S1")
def test_an_alarm_that_finds_its_group_gone_reaches_the_manager_on_duty(grouped: Story) -> None:
    wang = grouped.customer("王女士", channel="webchat")
    sun = grouped.manager("孙经理", channel="telegram")
    grouped.rehearsal.carriers["feishu"].gone.add(TEAM.id)
    wang.says(P0)
    number = wang.hears("ack_created").ticket
    sun.hears("group_gone", "技术组群")
    sun.hears("escalation", number, "请立即接手")
    grouped.rehearsal.carriers["feishu"].gone.discard(TEAM.id)
    grouped.passes(minutes=59)
    wang.says("一车间起火了，配电柜冒烟")
    wang.hears("ack_created")
    grouped.passes(seconds=30)
    assert in_group(grouped) == [], "it was found to be gone within the hour"
    grouped.passes(minutes=2)
    wang.says("二车间也停了，总闸跳了，全部停产")
    wang.hears("ack_created")
    grouped.passes(seconds=30)
    assert in_group(grouped)[-1].purpose == "escalation", "after an hour it is tried again"


def test_a_customer_who_has_left_one_chat_hears_in_another_what_matters(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat", phone="13800138021")
    again = desk.also(wang, "wechat_mp")
    liu = desk.engineer("刘工", channel="feishu")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    wang.does("leave")
    liu.says(f"接单 {number}")
    again.hears("engineer_assigned", number)
    desk.rehearsal.carriers["wechat_mp"].gone.add(again.address)
    liu.says(f"{number} 约明天下午三点")
    desk.phone(wang).gets("15:00")
    assert not [sent for sent in desk.rehearsal.carriers["webchat"].sent if sent.say.purpose == "engineer_assigned"]


def test_a_post_to_somebody_who_is_gone_goes_to_his_next_chat(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    also = desk.also(liu, "telegram")
    desk.rehearsal.carriers["telegram"].gone.add(also.address)
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    liu.hears("assigned", number)
    desk.nobody_heard_anything_else()
    liu.says(f"接单 {number}")
    liu.hears("action_done", number)


def test_in_a_group_only_what_is_plainly_for_the_desk_is_acted_upon(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    desk.unheard.clear()
    for said in ("二楼那台我看过了，灯泡烧了", "谁有空去一趟", "到了", "接单"):
        liu.does("text", said, group="G1", called=False)
    liu.does("image", files=1, group="G1", called=False)
    wang.does("text", "空压机也漏油了", group="G2", called=False)
    desk.nobody_heard_anything_else()
    assert desk.ticket(number).status == "unassigned" and len(desk.tickets()) == 1
    liu.does("text", f"接单 {number}", group="G1", called=False)
    assert desk.ticket(number).status == "accepted"
    answer = desk.rehearsal.carriers["slack"].sent[-1]
    assert (answer.room.id, answer.say.mentions) == ("G1", (liu.address,))


@pytest.mark.parametrize("typed", ["2", "２", "2.", "2、", "选2", "第二个", "2号", "第2个"])
def test_a_choice_may_be_typed_in_many_ways(desk: Story, typed: str) -> None:
    wang = desk.customer("王女士", channel="webchat")
    wang.says("二楼投影仪打不开")
    wang.hears("ack_created")
    desk.passes(hours=1)
    wang.says("三楼空压机漏油")
    second = wang.hears("ack_created").ticket
    desk.passes(hours=4)
    desk.unheard.clear()
    wang.says("修好了吗")
    wang.hears("ask_choice")
    wang.says(typed)
    wang.hears("progress", second)


def test_a_card_of_somebody_else_is_noted_and_a_place_becomes_the_address(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    wang.does("place", "31.941000,118.790000 江宁三号车间")
    wang.hears("confirm_change", number, "江宁三号车间")
    wang.does("contact", "李主任 13911112222")
    wang.hears("confirm_change", "13911112222")
    assert desk.ticket(number).phone == "13911112222"
    liu.says(f"接单 {number}")
    desk.passes(minutes=1)
    desk.unheard.clear()
    liu.does("contact", "赵师傅 13922223333")
    liu.hears("action_done", number)
    desk.nobody_heard_anything_else()
