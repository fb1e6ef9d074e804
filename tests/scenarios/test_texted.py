"""Customers without a chat, or with a shut reply window, hear by SMS who comes and when (S98); nights are left in peace."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.people.model import Link, Person
from core.store.model import Outbox, OutboxState
from core.store.turn import Turn
from core.words import HOUR, MINUTE
from tests.scenario import WEDNESDAY_TEN, Party, Story

NUMBER = "13911112222"
SUMMARY = "完成 更换水槽下软管一根并重新打密封胶，试水十分钟接头无渗漏，地面积水已清理，客户当场确认，建议每两年更换一次软管并检查接头"
NIGHT, MORNING = WEDNESDAY_TEN + 12 * HOUR, WEDNESDAY_TEN + 22 * HOUR
"""Wednesday 22:00, Thursday 08:00."""


def reported(desk: Story) -> tuple[Party, Party, str]:
    """A customer's ticket, which an engineer may take; the customer, the engineer, the number."""
    wang, lei = desk.customer("王女士", phone=NUMBER), desk.engineer("王磊")
    wang.says("二楼投影仪打不开，地址二期五栋201，电话13911112222，明天下午都行")
    number = wang.hears("ack_created").ticket
    desk.passes(minutes=1)
    desk.unheard.clear()
    return wang, lei, number


def without_chat(desk: Story, who: Party) -> None:
    """His chat is gone."""

    def gone(turn: Turn) -> None:
        for link in turn.rows(Link, select(Link.table)):
            link.dead |= link.person_id == who.person_id

    desk.act(gone)


@pytest.mark.req("S98")
def test_who_has_no_chat_hears_by_sms_who_comes_and_when(desk: Story) -> None:
    wang, lei, number = reported(desk)
    without_chat(desk, wang)
    lei.says(f"接单 {number}")
    lei.hears("action_done")
    assert desk.phone(NUMBER).gets().text == f"已派单,工程师王磊尽快上门（{number}）"
    desk.passes(minutes=1)
    lei.says(f"{number} 约今天14:30上门")
    lei.hears("action_done")
    assert desk.phone(NUMBER).gets().text == f"已派单,工程师王磊14:30上门（{number}）"


@pytest.mark.req("S98")
def test_another_time_and_the_end_are_told_by_sms_too(desk: Story) -> None:
    wang, lei, number = reported(desk)
    without_chat(desk, wang)
    for said in (f"接单 {number}", f"{number} 约今天14:30上门", f"{number} 改约3月6日9:00上门", "到了", SUMMARY):
        lei.says(said)
        lei.hears("action_done")
        desk.passes(minutes=2)
    sms = [message.text for message in desk.unheard if message.channel == "sms"]
    assert sms[2] == f"工单{number}：改为3月6日09:00上门，工程师王磊"
    assert sms[3].startswith(f"工单{number}已处理完成") and len(sms) == 4


@pytest.mark.req("S98")
def test_what_was_wrong_is_corrected_by_sms(desk: Story) -> None:
    wang, lei, number = reported(desk)
    without_chat(desk, wang)
    lei.says(f"接单 {number}")
    desk.phone(NUMBER).gets("已派单")
    lei.says("撤回")
    desk.passes(minutes=1)
    desk.phone(NUMBER).gets("更正", number)


@pytest.mark.req("S98")
def test_who_has_a_chat_gets_no_sms(desk: Story) -> None:
    wang, lei, number = reported(desk)
    lei.says(f"接单 {number}")
    wang.hears("engineer_assigned", "王磊")
    desk.phone(NUMBER).silent(seconds=60)


@pytest.mark.req("S98")
def test_a_shut_reply_window_is_made_up_for_by_one_sms(desk: Story) -> None:
    wang, lei, number = reported(desk)
    desk.passes(hours=49)
    desk.unheard.clear()
    lei.says(f"接单 {number}")
    desk.phone(NUMBER).gets("已派单,工程师王磊")
    desk.passes(minutes=5)
    desk.phone(NUMBER).silent()
    wang.says("在吗")
    wang.hears("engineer_assigned", within=60)
    desk.phone(NUMBER).silent(seconds=120)


def test_who_answers_such_an_sms_is_known_by_his_number(desk: Story) -> None:
    wang, lei, number = reported(desk)
    without_chat(desk, wang)
    for said in (f"接单 {number}", "到了", SUMMARY):
        lei.says(said)
        lei.hears("action_done")
        desk.passes(minutes=2)
    desk.unheard.clear()
    desk.phone(NUMBER).replies("没修好，还是打不开")
    lei.hears("reopened", number, within=30)
    assert [ticket.customer_id for ticket in desk.tickets()] == [wang.person_id]


def test_a_stranger_who_writes_an_sms_is_met_and_answered_by_sms(desk: Story) -> None:
    desk.engineer("王磊")
    phone = desk.phone("13555556666")
    phone.replies("空压机漏油，地址一期三栋")
    phone.gets("GD-1001", within=30)
    [ticket] = desk.tickets()
    assert (ticket.channel, ticket.phone) == ("sms", "13555556666")


def test_who_has_neither_is_a_dead_letter(desk: Story) -> None:
    wang, lei, number = reported(desk)
    without_chat(desk, wang)

    def numberless(turn: Turn) -> None:
        person = turn.get(Person, wang.person_id)
        assert person is not None
        person.phone = None

    desk.act(numberless)
    lei.says(f"接单 {number}")
    lei.hears("action_done")
    rows = desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table)))
    assert [row.purpose for row in rows if row.state == OutboxState.DEAD] == ["engineer_assigned"]


# ---- quiet hours


def accepted_at(desk: Story, instant: int) -> tuple[Party, Party, str]:
    """The same, and the engineer has taken it; then it is this late."""
    wang, lei, number = reported(desk)
    lei.says(f"接单 {number}")
    desk.moves_to(instant)
    desk.unheard.clear()
    return wang, lei, number


@pytest.mark.parametrize(
    ("at", "held"),
    [(NIGHT - 1, False), (NIGHT, True), (MORNING - 1, True), (MORNING, False)],
    ids=["21:59:59.999999", "22:00", "07:59:59.999999", "08:00"],
)
def test_progress_waits_for_the_morning(desk: Story, at: int, held: bool) -> None:
    wang, lei, number = accepted_at(desk, at)
    lei.says(f"{number} 换件 DR-4200-TN 1个")
    lei.hears("action_done")
    if held:
        desk.moves_to(MORNING - 1)
        wang.hears_nothing()
        desk.moves_to(MORNING)
    wang.hears("progress", number, within=1)


def test_news_of_the_night_that_is_overtaken_is_not_told(desk: Story) -> None:
    wang, lei, number = accepted_at(desk, NIGHT + HOUR)
    lei.says(f"{number} 换件 DR-4200-TN 1个")
    desk.passes(minutes=5)
    lei.says(f"{number} 约3月5日14:30上门")
    wang.hears("progress", "14:30")
    desk.moves_to(MORNING + MINUTE)
    wang.hears_nothing()


def test_a_changed_appointment_an_answer_and_who_comes_are_told_at_night(desk: Story) -> None:
    wang, lei, number = reported(desk)
    desk.moves_to(NIGHT + HOUR)
    desk.unheard.clear()
    lei.says(f"接单 {number}")
    wang.hears("engineer_assigned")
    lei.says(f"{number} 约3月5日14:30上门")
    wang.hears("progress", "14:30")
    wang.says("什么时候来")
    wang.hears("progress", "14:30", within=30)
