"""A customer is erased: nothing leads to her any more, what happened stays provable, and the house goes on counting (PIPL Art. 47)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.people.model import Person
from core.store.model import Event
from tests.privacy.story import (
    ADDRESS,
    AGAIN,
    NAME,
    PHONE,
    SAID,
    asks_to_be_erased,
    everything,
    files_are_old,
    repaired,
    stored,
)
from tests.privacy.story import request as request_of
from tests.scenario import Story

DONE_IN = 5
"""Minutes in which a small desk has erased somebody."""


@pytest.mark.parametrize("channel", ["telegram", "wecom_kf"])
def test_nothing_leads_to_her_any_more(desk: Story, desk_url: str, channel: str) -> None:
    customer, _, manager, _ = repaired(desk, channel)
    traces = [PHONE, "139 1111 2222", ADDRESS, SAID, AGAIN, customer.address]
    traces += [NAME] if channel == "telegram" else []  # WeCom does not tell the desk what its customers are called
    before = everything(desk, desk_url)
    assert [trace for trace in traces if trace.encode() not in before] == []
    assert stored(desk)

    asked = asks_to_be_erased(desk, customer)
    manager.hears("privacy_request", f"抹除 P-{asked}")
    manager.says(f"抹除 P-{asked}")
    manager.hears("ask_confirm", f"确认抹除 P-{asked}")
    manager.says(f"确认抹除 P-{asked}")
    manager.hears("action_done", f"P-{asked}")
    files_are_old(desk)
    desk.passes(minutes=DONE_IN)

    assert request_of(desk, "erase").state == "done"
    after = everything(desk, desk_url)
    assert [trace for trace in traces if trace.encode() in after] == []
    assert stored(desk) == []
    desk.chains_are_whole()


def test_the_ticket_stays_and_shows_nobody(desk: Story) -> None:
    customer, _, manager, number = repaired(desk)
    before, events = desk.ticket(number), _events(desk, number)
    asked = asks_to_be_erased(desk, customer)
    manager.says(f"确认抹除 P-{asked}")
    desk.passes(minutes=DONE_IN)
    after = desk.ticket(number)
    kept = ("status", "device", "fault_symptom", "created_at", "done_at", "closed_at", "rating", "customer_id")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert _events(desk, number) == events
    desk.unheard.clear()
    manager.says(f"查 {number}")
    shown = manager.hears("ticket_card", number).text
    assert "已删除的客户" in shown and NAME not in shown and PHONE not in shown


def test_open_tickets_have_to_end_first(desk: Story) -> None:
    customer, manager = desk.customer(NAME), desk.manager("孙经理")
    customer.says(SAID)
    desk.passes(seconds=60)
    number = desk.tickets()[0].number
    customer.says("删除我的信息")
    customer.hears("privacy", number, "请先等它结束")
    desk.unheard.clear()
    customer.says(f"取消 {number}")
    customer.says("是")
    asks_to_be_erased(desk, customer)
    manager.hears("privacy_request", "3月19日")


def test_a_no_erases_nothing_and_an_engineer_may_not_erase(desk: Story) -> None:
    customer, engineer, _, _ = repaired(desk)
    customer.says("delete my data")
    customer.hears("ask_confirm")
    customer.says("no")
    customer.hears("privacy", "nothing was erased")
    customer.says("删除我的信息")
    customer.says("是")
    asked = request_of(desk, "erase").id
    desk.unheard.clear()
    engineer.says(f"确认抹除 P-{asked}")
    engineer.hears("error_hint", "经理和管理员")
    desk.passes(minutes=DONE_IN)
    assert request_of(desk, "erase").state == "open"


def test_whoever_was_erased_is_met_anew(desk: Story) -> None:
    customer, _, manager, number = repaired(desk)
    asked = asks_to_be_erased(desk, customer)
    manager.says(f"确认抹除 P-{asked}")
    desk.passes(minutes=DONE_IN)
    desk.unheard.clear()
    customer.says("打印机卡纸")
    customer.hears("ack_created", "我的信息")
    mine = desk.tickets()[-1]
    assert mine.number != number and mine.customer_id != desk.ticket(number).customer_id
    customer.says(f"{number} 到哪一步了")
    customer.hears("cannot_find")


def test_another_customer_of_the_same_name_keeps_his_own(desk: Story) -> None:
    other = desk.customer(NAME, "telegram")
    other.says("空调不制冷，电话13733334444，地址在和平街1号院")
    desk.passes(seconds=60)
    theirs = desk.tickets()[0].number
    customer, manager = desk.customer(NAME, "telegram"), desk.manager("孙经理")
    customer.says(SAID)
    desk.passes(seconds=60)
    mine = desk.tickets()[-1].number
    customer.says(f"取消 {mine}")
    customer.says("是")
    asked = asks_to_be_erased(desk, customer)
    manager.says(f"确认抹除 P-{asked}")
    desk.passes(minutes=DONE_IN)
    ticket = desk.ticket(theirs)
    assert ticket.phone == "13733334444" and "和平街1号院" in ticket.description
    person = desk.act(lambda turn: turn.get(Person, ticket.customer_id))
    assert person.name == NAME and person.erased_at is None


def _events(desk: Story, number: str) -> list[tuple[int, str]]:
    stream = desk.ticket(number).stream
    found = select(Event.table).where(Event.table.c.stream == stream, Event.table.c.kind != "ticket.reclocked")
    return [
        (event.seq, event.hash) for event in desk.act(lambda turn: turn.rows(Event, found.order_by(Event.table.c.seq)))
    ]
