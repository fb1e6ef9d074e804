"""The same fault told twice is one ticket, and all who told of it stay informed (S51, S64)."""

from __future__ import annotations

import pytest

from core.tickets.merging import reporters_of
from core.tickets.model import Status
from core.words import HOUR
from tests.scenario import Story
from tests.scenarios.so_far import ticket_in

S = Status
THREE_DAYS = 72 * HOUR


@pytest.mark.req("S51", "S64")
def test_the_same_fault_over_three_channels_is_one_ticket(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    page, phone = desk.also(wang, "webchat"), desk.also(wang, "telegram")
    wang.says("一号线扫码枪连不上主机")
    number = wang.hears("ack_created").ticket
    liu.hears("assigned", number)
    liu.says(f"接单 {number}")
    desk.passes(hours=5)
    page.says("一号线扫码枪还是连不上主机")
    page.hears("dup_linked", number)
    desk.passes(hours=30)
    phone.says("扫码枪连不上主机")
    phone.hears("dup_linked", number)
    assert len(desk.tickets()) == 1
    assert {via.split("/")[0] for via in desk.sources(number)} >= {"wecom_kf", "webchat", "telegram"}
    sun.hears("stuck_warning", number, within=0)
    sun.hears("overdue", number, within=0)
    sun.hears("customer_waiting", number, within=0)
    sun.hears_nothing()


@pytest.mark.req("S64")
@pytest.mark.parametrize(("microseconds", "joins"), [(0, True), (1, False)])
def test_three_days_and_not_a_microsecond_more(desk: Story, microseconds: int, joins: bool) -> None:
    wang, liu = desk.customer("王女士", "telegram", phone="13800138021"), desk.engineer("刘工")
    wang.says("一号线扫码枪连不上主机")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    desk.moves_to(desk.ticket(number).created_at + THREE_DAYS + microseconds)
    desk.unheard.clear()
    wang.says("一号线扫码枪又连不上主机了")
    if joins:
        wang.hears("dup_linked", number)
        assert len(desk.tickets()) == 1
        return
    wang.hears("ack_created", number)
    [old, new] = desk.tickets()
    assert (new.linked_to, new.duplicate_of, new.status) == (old.id, None, S.UNASSIGNED)
    liu.hears("assigned", new.number)


@pytest.mark.req("S64")
def test_after_it_was_finished_it_is_a_new_linked_ticket(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    old = ticket_in(desk, S.CLOSED, wang, liu, "扫码枪", "连不上主机")
    desk.passes(hours=2)
    wang.says("扫码枪又连不上主机")
    wang.hears("ack_created", old)
    [_, new] = desk.tickets()
    assert (new.linked_to, new.duplicate_of, new.status) == (desk.ticket(old).id, None, S.UNASSIGNED)
    liu.hears("assigned", new.number)


@pytest.mark.req("S64", "S51")
def test_what_may_be_the_same_is_not_dispatched_until_staff_have_decided(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    first = ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷、滴水")
    desk.passes(hours=5)
    sun.hears("stuck_warning", first, within=0)
    desk.phone(wang).gets(first, "暂无新进展")
    liu.hears("customer_waiting", first, within=0)
    wang.says("空调滴水，不制冷")
    second = wang.hears("ack_created").ticket
    assert second != first
    sun.hears("ask_choice", first, second)
    desk.passes(minutes=20)
    liu.hears_nothing()
    assert desk.ticket(second).duplicate_of == desk.ticket(first).id
    sun.says("1")
    sun.hears("action_done", second, first)
    wang.hears("dup_linked", second, first)
    assert desk.ticket(second).status == S.CANCELLED
    liu.hears_nothing(seconds=10)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S64")
def test_what_staff_keep_apart_is_dispatched_then(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    first = ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷、滴水")
    desk.passes(hours=5)
    sun.hears("stuck_warning", first, within=0)
    desk.phone(wang).gets(first, "暂无新进展")
    liu.hears("customer_waiting", first, within=0)
    wang.says("空调滴水，不制冷")
    second = wang.hears("ack_created").ticket
    sun.hears("ask_choice", first, second)
    liu.hears_nothing()
    sun.says(kind="press", token=f"keep_apart:{second}")
    sun.hears("action_done", second)
    liu.hears("assigned", second)
    assert desk.ticket(second).duplicate_of is None
    desk.nobody_heard_anything_else()


@pytest.mark.req("S51")
def test_all_who_told_of_it_hear_how_it_goes_on_and_may_ask(desk: Story) -> None:
    wang, chen = desk.customer("王女士", phone="13800138021"), desk.customer("陈先生", phone="13500001111")
    liu, sun = desk.engineer("刘工"), desk.manager("孙经理")
    one = ticket_in(desk, S.ACCEPTED, wang, liu, "空压机", "漏油")
    two = ticket_in(desk, S.UNASSIGNED, chen, liu, "空压机", "漏油")
    sun.says(f"{two} 合并到 {one}")
    sun.hears("action_done", one, two)
    chen.hears("dup_linked", one, two)
    liu.says(f"{one} 到了")
    liu.hears("action_done")
    wang.hears("engineer_arrived", one)
    chen.hears("engineer_arrived", one)
    for number in (one, two):
        chen.says(f"{number} 修好了吗")
        heard = chen.hears("progress", one, "刘工")
        assert "13800138021" not in heard.text and "王女士" not in heard.text
    chen.says("修好了吗")
    chen.hears("progress", one, "刘工")
    chen.says(f"取消 {one}")
    chen.hears("progress", one)
    assert desk.ticket(one).status == S.ON_SITE
    merged = desk.ticket(one)
    assert len(desk.act(lambda turn: reporters_of(turn, merged))) == 1
    wang.says(f"{two} 修好了吗")
    wang.hears("cannot_find")
    desk.nobody_heard_anything_else()


def test_merging_needs_two_open_tickets(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    done, open_one = ticket_in(desk, S.DONE, wang, liu), ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷")
    for words, why in (
        (f"{open_one} 并到 {done}", "已完成"),
        (f"{open_one} 并到 {open_one}", ""),
        (f"{open_one} 并到 4711", "4711"),
    ):
        sun.says(words)
        sun.hears("error_hint", why)
    assert desk.ticket(open_one).status == S.ACCEPTED


@pytest.mark.req("S65")
def test_albums_and_bursts_are_one_ticket_with_one_answer(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    for seconds in (1, 2, 2, 3):
        wang.sends_photo()
        desk.passes(seconds=seconds)
    wang.says("空压机漏油")
    desk.passes(seconds=4)
    wang.says("在二号厂房")
    number = wang.hears("ack_created").ticket
    liu.hears("assigned", number)
    [ticket] = desk.tickets()
    assert (ticket.attachments, ticket.device, ticket.fault_symptom) == (4, "空压机", "漏油")
    desk.nobody_heard_anything_else()


def test_two_devices_are_two_tickets(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    wang.hears("ack_created")
    wang.says("打印机也卡纸了")
    wang.hears("ack_created")
    assert [ticket.device for ticket in desk.tickets()] == ["空压机", "打印机"]
    assert liu.person_id is not None
