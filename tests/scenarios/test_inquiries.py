"""How often customers must ask how their repair stands, in chats and by the 400 hotline, and what managers see of it (S97)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bots.emulated.webhook import PartnerServer
from bots.webhook import Partner, Webhook, key_of
from core.insight.inquiries import Month, inquiries
from core.insight.monthly import begin
from core.insight.telling_inquiries import MONTHLY, QUARTERLY
from core.people.model import Person
from core.words import DAY, HOUR, SECOND
from tests.scenario import WEDNESDAY_TEN, Party, Story

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


# ---- what managers see: trend, quarter, the tickets behind the number


def asks(desk: Story, times: int, wang: Party, *, tickets: int = 1) -> list[str]:
    """Tickets that are made now, after each of which he asks so often; their numbers."""
    numbers = []
    for fault in ("打印机卡纸", "空压机漏油")[:tickets]:
        wang.says(fault)
        numbers.append(desk.tickets()[-1].number)
        for _ in range(times):
            desk.passes(minutes=2)
            wang.says(f"{numbers[-1]} 修好了吗？")
        desk.passes(minutes=2)
    desk.unheard.clear()
    return numbers


@pytest.mark.req("S97", "S101")
def test_a_month_stands_beside_the_same_days_of_the_month_before(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone=PHONE), desk.manager("孙经理")
    asks(desk, 5, wang)
    desk.passes(hours=31 * 24)
    desk.unheard.clear()
    asks(desk, 1, wang, tickets=2)
    sun.says("询问次数 本月")
    said = sun.hears("figures", "2026-04：2 次（电话 0，聊天 2），新工单 2 张，每百单 100.0 次").text
    assert "比上月同期 5 次：-3, -60.0%" in said and "去年" not in said
    sun.says("3月询问次数")
    said = sun.hears("figures", "2026-03：5 次").text
    assert "比上月" not in said


@pytest.mark.req("S101")
def test_a_quarter_is_looked_back_upon_with_its_months(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone=PHONE), desk.manager("孙经理")
    asks(desk, 2, wang)
    desk.passes(hours=40 * 24)
    desk.unheard.clear()
    asks(desk, 1, wang)
    sun.says("二季度询问次数")
    said = sun.hears("figures", "2026-Q2：1 次", "2026-04：1 次").text
    assert "比上季度同期" in said and "2026-05" not in said
    sun.says("inquiries 2026-Q1")
    assert "2026-Q1：2 次" in sun.hears("figures", "2026-03：2 次").text


@pytest.mark.req("S97")
def test_behind_the_number_stand_tickets_and_never_words(desk: Story) -> None:
    hotline, wang = Hotline(desk), desk.customer("王女士", phone=PHONE)
    sun, liu = desk.manager("孙经理"), desk.engineer("刘工")
    [number] = asks(desk, 14, wang)
    wang.says("我的单号是多少？")
    hotline.took_a_call("客户问修好了没有")
    desk.unheard.clear()
    sun.says("询问次数 3月 明细")
    lines = sun.hears("figures").text.splitlines()
    assert "有效咨询 16 次" in lines[0] and lines[-1] == "还有 1 次。" and len(lines) == 17
    assert lines[1].startswith(f"{number} 今天 ") and "电话 问进度" in lines[1] and "/t/" in lines[1]
    assert "聊天 问单号" in lines[2]
    assert not any("没有" in line for line in lines)
    liu.says("询问次数 3月 明细")
    liu.hears("error_hint", "只有经理")


@pytest.mark.req("S97", "S101")
def test_managers_hear_of_month_and_quarter_by_themselves(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone=PHONE), desk.manager("孙经理")
    desk.act(lambda turn: begin(turn, (MONTHLY, QUARTERLY)))
    asks(desk, 1, wang)
    nine = WEDNESDAY_TEN + 28 * DAY - HOUR
    desk.moves_to(nine - SECOND)
    desk.unheard.clear()
    desk.moves_to(nine)
    sun.hears("figures", "2026-03：1 次", within=0)
    sun.hears("figures", "2026-Q1：1 次")
    desk.moves_to(nine + 30 * DAY)
    assert not [one for one in desk.unheard if one.say.purpose == "figures"]


@pytest.mark.req("S97")
def test_what_the_desk_says_by_itself_is_no_inquiry_nor_is_a_thank_you_for_it(desk: Story) -> None:
    wang = desk.customer("王女士", phone=PHONE)
    desk.manager("孙经理")
    wang.says("投影仪打不开")
    wang.hears("ack_created", within=30)
    desk.passes(hours=5)
    wang.hears("still_waiting")
    wang.says("好的，谢谢")
    assert counted(desk) == []
