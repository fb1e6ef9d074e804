"""An answer to a message is about the ticket of that message, whoever writes it and however it is known."""

from __future__ import annotations

from sqlalchemy import select

from core.store.model import Outbox
from tests.scenario import Party, Story

_sent = select(Outbox.table).order_by(Outbox.table.c.id)


def two_reports(desk: Story, wang: Party) -> tuple[str, str]:
    """Two tickets of one customer."""
    wang.says("二楼投影仪打不开")
    first = wang.hears("ack_created").ticket
    desk.passes(hours=1)
    wang.says("三楼空压机漏油")
    second = wang.hears("ack_created").ticket
    desk.passes(hours=4)
    desk.unheard.clear()
    return first, second


def message_about(desk: Story, party: Party, purpose: str, number: str) -> str:
    """The platform's id of what the desk told somebody about a ticket."""
    rows = desk.act(lambda turn: turn.rows(Outbox, _sent))
    found = [row for row in rows if row.person_id == party.person_id and row.purpose == purpose]
    return next(row.ref for row in found if number in row.say["text"] + (row.say["title"] or ""))


def test_a_customer_who_answers_a_message_asks_about_its_ticket(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    first, second = two_reports(desk, wang)
    carrier = desk.rehearsal.carriers["webchat"]
    about = next(sent.ref for sent in carrier.sent if first in sent.say.text)
    wang.does("text", "修好了吗", about=about)
    wang.hears("progress", first)
    wang.does("text", "修好了吗", about="a message from before the desk", quoted=f"已收到，单号 {second}：空压机")
    wang.hears("progress", second)
    wang.does("text", "修好了吗", about="unknown", quoted="谢谢")
    wang.hears("ask_choice", first, second)
    desk.nobody_heard_anything_else()


def test_a_customer_answers_a_message_of_somebody_else_in_vain(desk: Story) -> None:
    wang, li = desk.customer("王女士", channel="webchat"), desk.customer("李总", channel="webchat")
    first, _ = two_reports(desk, wang)
    li.does("text", "修好了吗", quoted=f"已收到，单号 {first}：投影仪")
    heard = li.hears("progress")
    assert first not in heard.text


def test_an_engineer_takes_and_notes_the_ticket_of_the_message_that_he_answers(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    liu = desk.engineer("刘工", channel="slack")
    first, second = two_reports(desk, wang)
    offered = message_about(desk, liu, "assigned", first)
    liu.does("text", "接单", about=offered)
    liu.hears("action_done", first)
    assert [desk.ticket(number).status for number in (first, second)] == ["accepted", "unassigned"]
    liu.does("text", "接单", quoted=f"派给你：{second}")
    liu.hears("action_done", second)
    liu.does("text", "灯泡烧了，已换新的", about=offered)
    liu.hears("action_done", first)
    liu.does("image", files=1, about=offered)
    liu.hears("action_done", first)
    assert desk.ticket(first).attachments == 1 and desk.ticket(first).first_response_at is not None
