"""What staff forward are a customer's words: they join a ticket or become one, with one question at most (S5a)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.store.model import Event, EventPrivate
from tests.scenario import Story

RECORD = "王女士 10:02：你好，二楼的投影仪打不开了\n孙经理：好的，电话多少\n王女士：13800138021，急用"


def last(desk: Story, number: str) -> tuple[Event, str]:
    """The last event that told more of a ticket, with the words as they came."""
    stream, table = desk.ticket(number).stream, Event.table.c
    statement = select(Event.table).where(table.stream == stream).order_by(table.seq)
    found = desk.act(lambda turn: turn.rows(Event, statement))
    event = [event for event in found if event.kind in ("ticket.reported", "ticket.supplemented")][-1]
    private = desk.act(lambda turn: turn.get(EventPrivate, event.id))
    return event, private.data["words"]


@pytest.mark.req("S5a")
def test_a_chat_record_of_a_customer_on_file_becomes_his_ticket_without_a_question(desk: Story) -> None:
    wang = desk.customer("王丽华", channel="webchat", phone="13800138021")
    sun, liu = desk.manager("孙经理", channel="slack"), desk.engineer("刘工", channel="feishu")
    sun.does("text", RECORD, forwarded=True)
    number = sun.hears("action_done", "已按转来的内容建单").ticket
    liu.hears("assigned", number)
    desk.nobody_heard_anything_else()
    ticket = desk.ticket(number)
    assert (ticket.customer_id, ticket.device, ticket.phone) == (wang.person_id, "投影仪", "13800138021")
    assert "打不开" in (ticket.fault_symptom or "")
    event, words = last(desk, number)
    assert event.data["passed_on_by"] == sun.person_id and words == RECORD
    desk.chains_are_whole()


@pytest.mark.req("S5a")
def test_the_same_fault_told_to_a_manager_joins_the_ticket_and_the_engineer_hears_of_it(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat", phone="13800138021")
    sun, liu = desk.manager("孙经理", channel="slack"), desk.engineer("刘工", channel="feishu")
    wang.says("二楼的投影仪打不开")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    desk.passes(minutes=10)
    desk.unheard.clear()
    sun.does("text", RECORD, forwarded=True)
    sun.hears("action_done", number, "已放进")
    liu.hears("relay", number, "投影仪打不开了")
    sun.does("image", files=2, forwarded=True)
    sun.hears("action_done", number)
    liu.hears("relay", number, "2")
    desk.nobody_heard_anything_else()
    assert (len(desk.tickets()), desk.ticket(number).attachments) == (1, 2)
    event, _ = last(desk, number)
    assert event.data["passed_on_by"] == sun.person_id and event.by == sun.person_id


@pytest.mark.req("S5a")
def test_a_record_that_names_a_ticket_joins_it(desk: Story) -> None:
    wang, sun = desk.customer("李总", channel="webchat"), desk.manager("孙经理", channel="slack")
    wang.says("二楼的投影仪打不开")
    number = wang.hears("ack_created").ticket
    desk.unheard.clear()
    sun.does("text", f"李总：{number} 还漏水", forwarded=True)
    sun.hears("action_done", number)
    assert len(desk.tickets()) == 1 and "漏水" in desk.ticket(number).description


@pytest.mark.req("S5a")
def test_what_may_belong_anywhere_is_asked_about_once_for_the_whole_burst(desk: Story) -> None:
    wang, agent = desk.customer("王女士", channel="webchat"), desk.agent("周客服", channel="slack")
    wang.says("打印机卡纸")
    first = wang.hears("ack_created").ticket
    desk.unheard.clear()
    agent.does("image", files=1, forwarded=True)
    agent.does("text", "客户：空压机漏油，在三号车间，13911112222", forwarded=True)
    agent.does("image", files=1, forwarded=True)
    agent.hears("ask_choice", first, "新工单")
    desk.nobody_heard_anything_else()
    agent.says("2")
    made = agent.hears("action_done", "空压机").ticket
    ticket = desk.ticket(made)
    assert (ticket.attachments, ticket.phone, ticket.device) == (2, "13911112222", "空压机")
    assert ticket.customer_id == agent.person_id and desk.ticket(first).attachments == 0


@pytest.mark.req("S5a")
def test_forwarded_words_are_never_a_command_of_whoever_forwards_them(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    wang.says("打印机卡纸")
    number = wang.hears("ack_created").ticket
    desk.unheard.clear()
    liu.does("text", f"取消工单 {number}", forwarded=True)
    liu.hears("action_done", number)
    liu.does("text", f"接单 {number}", forwarded=True, group="G1", called=False)
    assert desk.ticket(number).status == "unassigned"
    desk.nobody_heard_anything_else()


@pytest.mark.req("S5a")
def test_a_record_that_a_customer_forwards_is_his_report(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    wang.does("text", "老李：注塑机漏油了\n老李：什么时候能来修", forwarded=True)
    number = wang.hears("ack_created", "注塑机").ticket
    wang.does("text", "老李：在三号车间，13911112222", forwarded=True)
    wang.hears("confirm_change", number, "13911112222")
    assert desk.ticket(number).address is not None and len(desk.tickets()) == 1
    desk.nobody_heard_anything_else()
