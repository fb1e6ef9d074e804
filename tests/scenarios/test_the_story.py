"""The story: a WeChat customer's words become a ticket, an engineer finishes it by chat."""

from __future__ import annotations

import pytest

from core.tickets.model import Priority, Status
from tests.scenario import Story

SUMMARY = (
    "完成 更换投影仪灯泡一只并清理滤网，开机测试四十分钟画面正常颜色无偏差，已向客户演示并确认，建议每半年清理一次滤网"
)


@pytest.mark.req("S1", "S6", "S12", "S65", "S98")
def test_from_the_first_word_to_done(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    sun, liu = desk.manager("孙经理"), desk.engineer("刘工")

    wang.says("二楼会议室投影仪打不开，灯一直闪红色")
    number = wang.hears("ack_created", "投影仪", "P2").ticket
    liu.hears("new_ticket", number, "投影仪", "13800138021")
    wang.says("我这单现在到底归谁管")
    wang.hears("progress", number, "孙经理")

    liu.says(f"接单 {number}")
    liu.hears("action_done", number)
    wang.hears("engineer_assigned", "刘工")
    desk.passes(minutes=30)
    liu.says("我到会议室了")
    liu.hears("action_done")
    wang.hears("engineer_arrived", "刘工")
    liu.says("收到")
    liu.hears("hint")
    assert desk.ticket(number).first_response_at is None
    liu.says("拆开看了，灯泡老化，准备换灯泡")
    said_at = desk.now
    liu.hears("action_done", "首响")
    wang.says("修好了吗")
    wang.hears("progress", "刘工", "现场")
    liu.says(SUMMARY)
    liu.hears("action_done", number)
    wang.hears("done", number)

    ticket = desk.ticket(number)
    assert (ticket.status, ticket.first_response_at) == (Status.DONE, said_at)
    sun.hears_nothing()
    desk.nobody_heard_anything_else()
    desk.chains_are_whole()


def test_a_done_ticket_closes_after_72_hours_and_not_before(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    liu.says(f"{SUMMARY} {number}" if False else SUMMARY)
    desk.passes(hours=72, seconds=-1)
    assert desk.ticket(number).status == Status.DONE
    desk.passes(seconds=1)
    assert desk.ticket(number).status == Status.CLOSED


def test_not_fixed_goes_back_to_the_same_engineer(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.hears("new_ticket")
    liu.says(f"接单 {number}")
    liu.says(SUMMARY)
    wang.hears("done", number)
    desk.passes(hours=5)
    wang.says("空压机还是漏油，没修好")
    wang.hears("confirm_change", number, "刘工")
    liu.hears("reopened", number, "没修好")
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.engineer_id, ticket.reopened) == (Status.ACCEPTED, liu.person_id, 1)
    assert len(desk.tickets()) == 1


@pytest.mark.req("S9", "S10")
def test_a_stopped_line_is_p0_at_once_and_stays_so_for_the_customer(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    wang.says("整条线停了，注塑机报 E-07")
    number = wang.hears("ack_created", "P0", within=0).ticket
    liu.hears("escalation", number, "注塑机", within=0)
    sun.hears("escalation", number, within=0)
    wang.says("不急")
    wang.hears("confirm_change", number, "孙经理")
    assert desk.ticket(number).priority == Priority.P0
    liu.says(f"{number} 改P2")
    liu.hears("action_done", "P2")
    assert desk.ticket(number).priority == Priority.P2
    desk.nobody_heard_anything_else()


@pytest.mark.req("S9")
def test_a_customer_corrects_the_priority_by_one_word(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("饮水机不出水")
    number = wang.hears("ack_created", "P2").ticket
    wang.says("加急")
    wang.hears("confirm_change", number, "P1")
    assert desk.ticket(number).priority == Priority.P1
    wang.says("不急")
    wang.hears("confirm_change", number, "P2")
    liu.hears("new_ticket", number)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S65", "S5a")
def test_a_photo_makes_a_ticket_and_words_of_the_same_burst_join_it(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.sends_photo()
    desk.passes(seconds=6)
    wang.says("水槽下面软管漏得厉害")
    heard = wang.hears("ack_created")
    [ticket] = desk.tickets()
    assert ticket.attachments == 1 and ticket.fault_symptom and "漏" in ticket.fault_symptom
    assert "故障" not in heard.text.split("。", 1)[1]
    liu.hears("new_ticket", ticket.number)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S5b", "S8")
def test_nobody_unbound_acts_and_a_one_time_code_binds(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    code = desk.code_for("赵工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.hears("new_ticket")
    zhao = desk.stranger()
    zhao.says(f"接单 {number}")
    zhao.hears("error_hint", "绑定码")
    assert desk.ticket(number).status == Status.UNASSIGNED
    zhao.says("ABCDEFGH")
    zhao.hears("error_hint", "不对或已过期")
    zhao.says(code)
    zhao.hears("action_done", "赵工")
    zhao.says(f"接单 {number}")
    zhao.hears("action_done", number)
    wang.hears("engineer_assigned", "赵工")
    liu.hears("unassigned", number, "赵工")
    other = desk.stranger()
    other.says(code)
    other.hears("error_hint", "不对或已过期")
    desk.nobody_heard_anything_else()


def test_a_code_is_worthless_after_thirty_minutes(desk: Story) -> None:
    code = desk.code_for("赵工")
    zhao = desk.stranger()
    desk.passes(minutes=30, seconds=1)
    zhao.says(code)
    zhao.hears("error_hint", "不对或已过期")


def test_the_second_engineer_hears_who_was_first(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu, zhang = desk.engineer("刘工"), desk.engineer("张工", on_duty=False)
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.hears("new_ticket")
    liu.says(f"接单 {number}")
    zhang.says(f"{number} 我接")
    zhang.hears("accept_conflict", "刘工")
    liu.hears("action_done")
    wang.hears("engineer_assigned", "刘工")
    desk.nobody_heard_anything_else()


def test_somebody_elses_number_is_like_one_that_does_not_exist(desk: Story) -> None:
    wang, chen, liu = desk.customer("王女士"), desk.customer("陈先生"), desk.engineer("刘工")
    chen.says("热水器不点火")
    number = chen.hears("ack_created").ticket
    liu.hears("new_ticket")
    wang.says(f"帮我看下 {number} 到哪一步了")
    strange = wang.hears("cannot_find").text
    wang.says("帮我看下 GD-9999 到哪一步了")
    assert wang.hears("cannot_find").text == strange.replace(number, "GD-9999")
    desk.nobody_heard_anything_else()
