"""A courier's receipt finds its ticket by the tracking number, wherever it is posted (S24)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.tickets.model import Attachment
from tests.scenario import Party, Story

SF = "SF1234567890123"
GROUP = "purchasing"


def receipts(desk: Story, number: str) -> list[str]:
    """Kinds of the files of a ticket, the oldest first."""
    ticket, table = desk.ticket(number), Attachment.table
    rows = desk.act(lambda turn: turn.rows(Attachment, select(table).order_by(table.c.id)))
    return [row.kind for row in rows if row.ticket_id == ticket.id]


def waiting(desk: Story, wang: Party, liu: Party, words: str = "二楼打印机卡纸") -> str:
    """A ticket that waits for a part."""
    wang.says(words)
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    liu.says(f"{number} 换件 DR-4200-TN x1")
    desk.passes(minutes=2)
    desk.unheard.clear()
    assert desk.ticket(number).status == "waiting_part"
    return number


@pytest.mark.req("S24")
def test_the_receipt_of_a_parcel_is_filed_on_its_ticket_from_any_group(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    hu, keeper = desk.buyer("胡采购", channel="slack"), desk.agent("仓库小李", channel="slack")
    number = waiting(desk, wang, liu)
    hu.says(f"{number} 已发货 {SF}")
    hu.hears("action_done", number, SF)
    liu.hears("part_eta", number, SF)
    desk.passes(hours=30)
    desk.unheard.clear()
    keeper.does("image", "顺丰 SF 1234567890123 签收", files=1, group=GROUP, called=False)
    desk.settle()
    assert receipts(desk, number) == ["receipt"]
    liu.hears("part_arrived", number, SF)
    hu.hears("part_arrived", number, SF)
    assert desk.ticket(number).status == "waiting_part", "the part itself nobody has seen yet"
    desk.chains_are_whole()


@pytest.mark.req("S24")
def test_a_photo_without_words_is_of_the_parcel_of_which_its_room_has_just_spoken(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    hu, keeper = desk.buyer("胡采购", channel="slack"), desk.agent("仓库小李", channel="slack")
    number = waiting(desk, wang, liu)
    hu.does("text", f"{number} 运单号 {SF}", group=GROUP)
    keeper.does("image", files=1, group=GROUP, called=False)
    assert receipts(desk, number) == ["receipt"]
    desk.passes(minutes=30)
    desk.unheard.clear()
    keeper.does("image", files=1, group=GROUP, called=False)
    assert receipts(desk, number) == ["receipt"], "long after, it may be anything"


@pytest.mark.req("S24")
def test_of_an_unknown_number_somebody_is_asked_once_and_the_photo_waits(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    hu = desk.buyer("胡采购", channel="slack")
    number = waiting(desk, wang, liu)
    hu.does("image", f"运单 {SF}", files=1)
    hu.hears("ask_choice", number, SF)
    hu.does("image", f"运单 {SF}", files=1)
    desk.nobody_heard_anything_else()
    hu.says(number)
    hu.hears("action_done", number, SF)
    assert receipts(desk, number) == ["receipt", "receipt"]
    hu.says(f"{SF} 已签收")
    hu.hears("action_done", number)


@pytest.mark.req("S24")
def test_a_day_named_beside_the_number_is_the_day_on_which_the_part_comes(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    hu = desk.buyer("胡采购", channel="slack")
    number = waiting(desk, wang, liu)
    hu.says(f"{number} 发货了，运单号 {SF}，后天到")
    hu.hears("action_done", number, "3月6日")
    wang.hears("progress", number, "后天")
    hu.says(f"{number} 到货 {SF}")
    hu.hears("action_done", number, "到货已记")
    assert desk.ticket(number).status == "accepted"


@pytest.mark.req("S24")
def test_a_note_that_mentions_a_parcel_is_a_note_and_undo_forgets_the_parcel(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    number = waiting(desk, wang, liu)
    liu.says(f"{number} 主板寄回厂家了 {SF}")
    liu.hears("action_done", number)
    assert desk.ticket(number).first_response_at is not None
    liu.says("撤回")
    desk.unheard.clear()
    liu.says(f"{SF} 已签收")
    liu.hears("ask_choice", SF)


@pytest.mark.req("S24")
def test_people_who_talk_of_a_parcel_that_nobody_knows_are_left_alone(desk: Story) -> None:
    hu = desk.buyer("胡采购", channel="slack")
    hu.does("text", f"谁寄的 {SF} 啊", group=GROUP, called=False)
    desk.nobody_heard_anything_else()


def test_a_parcel_of_a_customer_is_no_model_of_his_device(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    wang.says(f"空压机漏油，样品已寄出，快递单号 {SF}")
    ticket = desk.ticket(wang.hears("ack_created").ticket)
    assert (ticket.device_model, ticket.part_code, ticket.serial_no) == (None, None, None)
    assert SF in ticket.description
