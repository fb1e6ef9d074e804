"""How often customers must ask how their repair stands, in chats and by the 400 hotline, and what managers see of it (S97)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bots.emulated.webhook import PartnerServer
from bots.webhook import Partner, Webhook, key_of
from core.insight.inquiries import Month, inquiries
from core.people.model import Person
from core.words import DAY, HOUR, SECOND
from tests.scenario import Story

PHONE = "13805740002"


class Hotline:
    """The hotline's system, joined to the story's desk."""

    def __init__(self, desk: Story) -> None:
        self._desk, inner = desk, desk.rehearsal.desk
        self._server = PartnerServer(lambda: desk.now, "hotline")
        partner = Partner((key_of(self._server.secret),), proves_phones=True)
        files = inner.files
        wire = httpx.ASGITransport(app=self._server)
        channel = Webhook({"hotline": partner}, files.put, files.read, lambda: desk.now, wire)
        inner.channels["webhook"] = channel  # type: ignore[index]
        inner.house.cans["webhook"] = channel.can  # type: ignore[index]
        self._server.join(channel, inner.accept_for("webhook"))

    def took_a_call(self, note: str, caller: str = PHONE, direction: str = "in", **more: Any) -> None:
        """An agent has put down a call."""
        told = {
            "type": "call_log",
            "caller": caller,
            "direction": direction,
            "at": self._desk.now // SECOND,
            "note": note,
        }
        self._desk.run(self._server.tells(told | more))
        self._desk.settle()


def counted(desk: Story, since: int = 0) -> list[Month]:
    return desk.act(lambda turn: inquiries(turn, "main", since, desk.now + DAY))


@pytest.mark.req("S97")
def test_a_question_counts_until_a_day_after_the_report_and_no_longer(desk: Story) -> None:
    wang = desk.customer("王女士", phone=PHONE)
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    ticket = desk.tickets()[-1]
    desk.moves_to(ticket.created_at + 24 * HOUR - SECOND)
    desk.unheard.clear()
    wang.says("修好了吗？")
    assert counted(desk) == [Month(2026, 3, phone=0, chat=1)]
    desk.moves_to(ticket.created_at + 24 * HOUR)
    wang.says("修好了吗？")
    wang.says("我的单号是多少？")
    assert counted(desk) == [Month(2026, 3, phone=0, chat=1)]


@pytest.mark.req("S97")
def test_what_is_no_question_of_his_does_not_count(desk: Story) -> None:
    wang = desk.customer("王女士", phone=PHONE)
    wang.says("修好了吗？")
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    wang.says("谢谢")
    wang.says("多少钱？")
    assert counted(desk) == []
    wang.says("我的单号是多少？")
    assert counted(desk) == [Month(2026, 3, phone=0, chat=1)]


@pytest.mark.req("S51", "S97")
def test_the_hotlines_log_counts_what_callers_ask_and_answers_nobody(desk: Story) -> None:
    hotline, wang = Hotline(desk), desk.customer("王女士", phone=PHONE)
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    desk.passes(hours=1)
    desk.unheard.clear()
    hotline.took_a_call("客户问修好了没有", caller="+86 138-0574-0002")
    hotline.took_a_call("我们通知客户，他问修好了没有", direction="out")
    assert counted(desk) == [Month(2026, 3, phone=1, chat=0)]
    assert len(desk.tickets()) == 1
    wang.hears_nothing(seconds=60)


@pytest.mark.req("S51")
def test_a_caller_reports_a_fault_and_is_known_by_his_number_from_then_on(desk: Story) -> None:
    hotline, liu = Hotline(desk), desk.engineer("刘工")
    hotline.took_a_call("客户报修：三楼空调漏水", caller="0574-88001234", name="赵先生")
    (ticket,) = desk.tickets()
    customer = desk.act(lambda turn: turn.get(Person, ticket.customer_id))
    assert (customer.name, customer.phone) == ("赵先生", "0574-88001234")
    assert "漏水" in ticket.description and ticket.announced
    liu.hears("new_ticket", ticket.number)
    hotline.took_a_call("客户补充：机器在东侧", caller="057488001234")
    assert "东侧" in desk.ticket(ticket.number).description
    hotline.took_a_call("咨询营业时间", caller="13900139000")
    description = desk.ticket(ticket.number).description
    hotline.took_a_call("", caller="0574-88001234")
    assert desk.ticket(ticket.number).description == description
    hotline.took_a_call("工程师打来问路", caller=liu.number or "13700137000")
    assert len(desk.tickets()) == 1


@pytest.mark.req("S97", "S101")
def test_managers_see_the_figures_month_by_month_and_nobody_else_does(desk: Story) -> None:
    hotline, wang = Hotline(desk), desk.customer("王女士", phone=PHONE)
    sun, liu = desk.manager("孙经理"), desk.engineer("刘工")
    sun.says("询问次数")
    sun.hears("figures", "没有")
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    hotline.took_a_call("客户问修好了没有")
    wang.says("修好了吗？")
    sun.says("询问次数")
    sun.hears("figures", "2026-03：2 次（电话 1，聊天 1）")
    sun.says("2月询问次数")
    sun.hears("figures", "没有")
    wang.says("修好了吗？")
    sun.says("询问次数 3月")
    sun.hears("figures", "2026-03：3 次（电话 1，聊天 2）")
    liu.says("询问次数")
    liu.hears("error_hint", "只有经理")


@pytest.mark.req("S97")
def test_a_question_leaves_the_ticket_as_it_was(desk: Story) -> None:
    wang = desk.customer("王女士", phone=PHONE)
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    before = desk.tickets()[-1]
    desk.passes(minutes=3)
    before = desk.ticket(before.number)
    wang.says("修好了吗？")
    assert desk.ticket(before.number).updated_at == before.updated_at
