"""Messages that are edited or recalled: what they told follows, nothing is done twice, and nobody is left in the dark."""

from __future__ import annotations

from sqlalchemy import select

from core.store.model import Event
from tests.scenario import Party, Story


def kinds(desk: Story, number: str) -> list[str]:
    """What has happened to a ticket, in order."""
    stream, table = desk.ticket(number).stream, Event.table.c
    rows = desk.act(
        lambda turn: turn.rows(Event, select(Event.table).where(table.stream == stream).order_by(table.seq))
    )
    return [row.kind.removeprefix("ticket.") for row in rows]


def accepted(desk: Story, wang: Party, liu: Party, words: str = "二楼投影仪打不开") -> str:
    wang.says(words)
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    desk.passes(minutes=2)
    desk.unheard.clear()
    return number


# ---- customers


def test_what_a_customer_corrects_within_his_burst_is_answered_as_corrected(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    about = wang.does("text", "二楼投影机打不开，电话13800138021")
    wang.does("edit", "三楼空压机漏油，电话13800138022", about=about)
    heard = wang.hears("ack_created", "空压机", "13800138022")
    ticket = desk.ticket(heard.ticket)
    assert (ticket.device, ticket.phone) == ("空压机", "13800138022")
    assert (
        "投影" not in ticket.description and "打不开" not in (ticket.fault_symptom or "") and len(desk.tickets()) == 1
    )
    desk.nobody_heard_anything_else()
    desk.chains_are_whole()


def test_what_a_customer_corrects_later_is_read_back_and_reaches_his_engineer(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    number = accepted(desk, wang, liu)
    about = wang.does("text", "电话13800138021")
    wang.hears("confirm_change", "13800138021")
    liu.hears("relay", "13800138021")
    wang.does("edit", "电话13800138022", about=about)
    wang.hears("confirm_change", number, "13800138022")
    liu.hears("relay", number, "13800138022")
    wang.does("edit", "电话13800138023", about=about)
    wang.hears("confirm_change", "13800138023")
    liu.hears("relay", "13800138023")
    assert desk.ticket(number).phone == "13800138023" and len(desk.tickets()) == 1
    wang.does("edit", "电话13800138023", about=about)
    desk.nobody_heard_anything_else()


def test_an_edit_of_a_question_is_answered_and_one_of_an_unknown_message_is_heard(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    wang.does("edit", "二楼投影仪打不开", about="a message from before the desk")
    number = wang.hears("ack_created").ticket
    about = wang.does("text", "你好")
    wang.hears("smalltalk")
    wang.does("edit", "修好了吗", about=about)
    wang.hears("progress", number)
    desk.nobody_heard_anything_else()
    assert len(desk.tickets()) == 1


def test_a_report_that_is_recalled_is_asked_about_and_never_lost(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    about = wang.does("text", "二楼投影仪打不开")
    wang.does("recall", about=about)
    number = wang.hears("ask_confirm", "取消").ticket
    liu.hears("assigned", number)
    desk.passes(minutes=1)
    desk.nobody_heard_anything_else()
    assert desk.ticket(number).status == "unassigned" and "投影仪" not in desk.ticket(number).description
    wang.says("是")
    wang.hears("cancelled", number)
    liu.hears("cancelled", number)
    assert kinds(desk, number)[:2] == ["reported", "message_recalled"]
    desk.chains_are_whole()


def test_the_recall_of_a_detail_is_noted_and_the_engineer_hears_of_it(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    number = accepted(desk, wang, liu)
    about = wang.does("text", "电话13800138021")
    desk.passes(minutes=1)
    desk.unheard.clear()
    wang.does("recall", about=about)
    wang.hears("confirm_change", number, "撤回")
    liu.hears("relay", number, "撤回了一条消息")
    wang.does("recall", about="unknown")
    desk.nobody_heard_anything_else()
    assert "13800138021" not in desk.ticket(number).description and desk.ticket(number).status == "accepted"


# ---- staff


def test_a_note_that_is_edited_says_what_was_meant_at_its_own_time(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    number = accepted(desk, wang, liu)
    about = liu.does("text", f"备注 {number} 搓纸轮断了，明天换新的")
    written = desk.ticket(number).first_response_at
    desk.passes(seconds=20)
    desk.unheard.clear()
    liu.does("edit", f"备注 {number} 灯泡烧了，明天换新的", about=about)
    liu.hears("action_done", number)
    desk.nobody_heard_anything_else()
    assert kinds(desk, number)[-3:] == ["noted", "undone", "noted"]
    assert desk.ticket(number).first_response_at == written
    desk.passes(minutes=5)
    liu.does("edit", f"备注 {number} 镜头碎了，明天换新的", about=about)
    liu.hears("hint", number, "原话保留")
    assert kinds(desk, number)[-1] == "noted"


def test_a_command_is_never_carried_out_again_by_an_edit(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    number = accepted(desk, wang, liu)
    about = liu.does("text", f"{number} 到了")
    desk.unheard.clear()
    liu.does("edit", f"取消工单 {number}", about=about)
    liu.hears("hint", number, "不会重新执行")
    assert desk.ticket(number).status == "on_site"
    mistyped = liu.does("text", "接旦 9999")
    desk.unheard.clear()
    liu.does("edit", "我的单", about=mistyped)
    liu.hears("my_list", number)
    desk.nobody_heard_anything_else()


def test_what_an_engineer_recalls_within_the_minute_has_not_happened(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="slack")
    number = accepted(desk, wang, liu)
    about = liu.does("text", f"{number} 到了")
    liu.does("recall", about=about)
    assert desk.ticket(number).status == "accepted"
    desk.passes(minutes=1)
    desk.unheard.clear()
    about = liu.does("text", f"{number} 到了")
    desk.passes(minutes=5)
    desk.unheard.clear()
    liu.does("recall", about=about)
    liu.hears("error_hint")
    assert desk.ticket(number).status == "on_site"
    asked = liu.does("text", "我的单")
    desk.unheard.clear()
    liu.does("recall", about=asked)
    desk.nobody_heard_anything_else()
