"""A form in people's words: it goes on where the five questions end, one thing at a time, and holds nobody up."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.forms.filling import answers_of
from core.forms.model import FormFilling
from core.insight.forms import filled, filling_time
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Status
from core.tickets.queries import by_number
from core.words import MINUTE
from tests.scenario import Party, Story

THE_REST = "地址杭州市滨江区网商路599号，电话13800138000，明天上午来就行"
"""What leaves nothing to ask but the form."""


def answers(desk: Story, number: str) -> dict[str, tuple[object, ...]]:
    """What the form holds, also what is hidden now."""

    def look(turn: Turn) -> dict[str, tuple[object, ...]]:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        return dict(answers_of(turn, ticket))

    return desk.act(look)


def filling(desk: Story, number: str) -> FormFilling:
    ticket_id = desk.ticket(number).id
    found = desk.act(
        lambda turn: turn.first(
            FormFilling, select(FormFilling.table).where(FormFilling.table.c.ticket_id == ticket_id)
        )
    )
    assert found is not None
    return found


def events(desk: Story, number: str, kind: Happened) -> list[Event]:
    stream = desk.ticket(number).stream
    found = select(Event.table).where(Event.table.c.stream == stream, Event.table.c.kind == kind)
    return desk.act(lambda turn: turn.rows(Event, found.order_by(Event.table.c.seq)))


@pytest.mark.req("S57", "S65", "S76", "S77")
def test_a_hydraulic_fault_asks_its_own_questions(workshop: Story) -> None:
    wang = workshop.customer("王女士")
    wang.says(f"车间液压站掉压了，3号机床动不了，{THE_REST}")
    number = wang.hears("ack_created", "压力表上油压是多少").ticket
    assert answers(workshop, number)["fault_kind"] == ("hydraulic",)
    wang.says("一六兆帕")
    wang.hears("confirm_change", "油压值 16 MPa", "滤芯上次是哪天换的")
    workshop.passes(minutes=2)
    wang.says("上周三")
    wang.hears("confirm_change", "滤芯更换日期 2026-02-25", "是哪条产线", "机加工")
    wang.says("2")
    wang.hears("confirm_change", "产线 机加工", "影响有多大", "1＝几乎不影响")
    wang.says("4")
    wang.hears("confirm_change", "对生产的影响 4/5")
    found = answers(workshop, number)
    assert (found["oil_pressure"], found["line"], found["impact"]) == ((16,), ("machining",), (4,))
    asked = [event.data["field"] for event in events(workshop, number, Happened.FORM_ASKED)]
    assert asked == ["oil_pressure", "filter_changed", "line", "impact"]
    told = events(workshop, number, Happened.FORM_ANSWERED)
    assert [(event.data["field"], event.data["reason"]) for event in told][:2] == [
        ("fault_kind", "told"),
        ("oil_pressure", "answered"),
    ]
    assert all(event.by == workshop.ticket(number).customer_id and event.via for event in told[1:])
    row = filling(workshop, number)
    assert (row.needed, row.given, row.shown) == (5, 4, 7)
    assert filling_time(row) == 2 * MINUTE
    [month] = workshop.act(lambda turn: filled(turn, "main", 0, turn.now + 1))
    assert (month.form, month.month, month.tickets, month.whole, month.timed) == ("line_fault", "2026-03", 1, 0, 1)
    assert (month.completeness, month.answered, month.time) == (4 / 5, 5 / 7, 2 * MINUTE)
    wang.hears_nothing(seconds=60)
    workshop.chains_are_whole()


@pytest.mark.req("S77")
def test_who_passes_over_a_question_is_asked_the_next(workshop: Story) -> None:
    wang = workshop.customer("王女士")
    wang.says("车间液压站掉压了，地址杭州市滨江区网商路599号，电话13800138000")
    number = wang.hears("ack_created", "什么时间").ticket
    wang.says("跳过")
    wang.hears("smalltalk", "油压是多少")
    wang.says("16兆帕")
    wang.hears("confirm_change", "油压值 16 MPa")
    assert workshop.ticket(number).preferred_start is None
    assert answers(workshop, number)["oil_pressure"] == (16,)


@pytest.mark.req("S77")
def test_a_cnc_fault_wants_its_g_code_and_takes_no_other_file(workshop: Story) -> None:
    wang = workshop.customer("王女士", "webchat")
    wang.says(f"数控车床程序报错停机，{THE_REST}")
    number = wang.hears("ack_created", "G代码").ticket
    wang.says(kind="file", file="病毒.exe")
    wang.hears("ask_slot", ".nc")
    wang.says(kind="file", file="O1234.nc")
    wang.hears("confirm_change", "G代码片段 O1234.nc", "哪个程序号")
    ticket = workshop.ticket(number)
    assert ticket.attachments == 2
    assert len(answers(workshop, number)["g_code"]) == 1
    wang.says("O1234")
    wang.hears("confirm_change", "程序号 O1234")


@pytest.mark.req("S65", "S77")
def test_what_is_skipped_or_unclear_is_left_and_never_asked_again(workshop: Story) -> None:
    wang = workshop.customer("王女士")
    wang.says(f"车间液压站掉压了，{THE_REST}")
    number = wang.hears("ack_created", "油压").ticket
    wang.says("不知道")
    wang.hears("confirm_change", "先空着", "滤芯")
    wang.says("忘记是几时了反正很久")
    wang.hears("ask_slot", "没看出是哪一天", "比如")
    wang.says("好早以前了吧")
    wang.hears("confirm_change", "先空着", "产线")
    wang.says("跳过")
    wang.hears("confirm_change", "先空着", "影响")
    wang.says("99999999999999999999")
    wang.hears("ask_slot")
    workshop.unheard.clear()
    wang.says("补充一下，泵房也在漏油")
    workshop.passes(seconds=30)
    asked = [event.data["field"] for event in events(workshop, number, Happened.FORM_ASKED)]
    assert len(asked) == len(set(asked)) <= 5
    assert set(answers(workshop, number)) == {"fault_kind"}


@pytest.mark.req("S77")
def test_a_later_word_corrects_and_a_question_is_answered_besides(workshop: Story) -> None:
    wang = workshop.customer("王女士")
    wang.says(f"车间液压站掉压了，{THE_REST}")
    number = wang.hears("ack_created", "油压").ticket
    wang.says("什么时候来人")
    wang.hears("progress")
    wang.says("160 bar")
    wang.hears("confirm_change", "油压值 16 MPa", "滤芯")
    wang.says("油压是 14 不是 16")
    wang.hears("confirm_change", "油压值 14 MPa")
    assert answers(workshop, number)["oil_pressure"] == (14,)
    wang.says("7兆帕才对，油压是7")
    wang.hears("confirm_change", "油压值 7 MPa")
    reasons = [event.data["reason"] for event in events(workshop, number, Happened.FORM_ANSWERED)]
    assert reasons[0] == "told" and len(reasons) == 4


@pytest.mark.req("S65", "S77")
def test_an_engineer_is_asked_on_site_and_once_more_when_he_has_finished(workshop: Story) -> None:
    wang, liu = workshop.customer("王女士"), workshop.engineer("刘工")
    wang.says(f"车间液压站掉压了，油压只有六兆帕，{THE_REST}")
    number = wang.hears("ack_created", "滤芯").ticket
    assert answers(workshop, number)["oil_pressure"] == (6,)
    liu.hears("new_ticket", "油压值", "6 MPa")
    liu.says("接单")
    liu.says(f"{number} 到了")
    liu.hears("ask_form", "修好后油压")
    liu.says("备注 已检查泵站，更换了2个密封圈，正在试机")
    assert "pressure_after" not in answers(workshop, number)
    summary = "液压站主泵轴封磨损导致压力不足，已更换轴封和两个密封圈，清洗过滤器，试机三十分钟压力稳定无泄漏，客户现场确认恢复正常生产"
    liu.says(f"完成 {number} {summary}")
    assert workshop.ticket(number).status == Status.DONE
    liu.hears("ask_form", "修后油压", "MPa", "可以不填")
    liu.says("修后油压十五兆帕")
    liu.hears("action_done", "修后油压 15 MPa")
    assert answers(workshop, number)["pressure_after"] == (15,)
    liu.says("撤回")
    assert "pressure_after" not in answers(workshop, number)
    workshop.chains_are_whole()


@pytest.mark.req("S18", "S57")
def test_a_card_shows_a_form_only_to_those_who_may_see_it(workshop: Story) -> None:
    wang, hu = workshop.customer("王女士"), workshop.buyer("胡采购")
    sun = workshop.manager("孙经理")
    wang.says(f"你们怎么搞的！车间液压站又掉压了，气死我了，垃圾，{THE_REST}")
    number = wang.hears("ack_created").ticket
    workshop.unheard.clear()
    sun.says(f"查 {number}")
    assert "客户情绪等级" in sun.hears("ticket_card").text
    hu.says(f"查 {number}")
    seen = "\n".join(message.text for message in workshop.unheard if message.who == hu.address)
    assert "情绪" not in seen and "液压站异常" not in seen


def merged_pair(desk: Story) -> tuple[Party, str, str]:
    wang, li = desk.customer("王女士"), desk.customer("李师傅")
    wang.says(f"车间液压站掉压了，{THE_REST}")
    first = wang.hears("ack_created").ticket
    li.says("二车间液压站也掉压了，地址杭州市滨江区江南大道1号，电话13900139000，今天下午来")
    second = li.hears("ack_created").ticket
    li.says("5兆帕")
    li.hears("confirm_change", "5 MPa")
    return li, first, second


@pytest.mark.req("S64", "S77")
def test_answers_go_along_when_tickets_are_merged_and_back_when_that_is_undone(workshop: Story) -> None:
    sun = workshop.manager("孙经理")
    _, first, second = merged_pair(workshop)
    sun.says(f"合并 {second} 到 {first}")
    assert answers(workshop, first)["oil_pressure"] == (5,)
    sun.says("撤回")
    assert "oil_pressure" not in answers(workshop, first)
    assert answers(workshop, second)["oil_pressure"] == (5,)
    workshop.chains_are_whole()


@pytest.mark.req("S77")
def test_an_answer_two_days_late_in_another_language_still_counts(workshop: Story) -> None:
    wang = workshop.customer("王女士")
    wang.says(f"车间液压站掉压了，{THE_REST}")
    number = wang.hears("ack_created", "油压").ticket
    workshop.passes(hours=48)
    workshop.unheard.clear()
    wang.says("16")
    assert "oil_pressure" not in answers(workshop, number)
    workshop.unheard.clear()
    wang.says("it shows 160 bar")
    wang.hears("confirm_change", "Oil pressure 16 MPa")
    assert answers(workshop, number)["oil_pressure"] == (16,)


@pytest.mark.req("S18")
def test_a_press_of_somebody_else_changes_nothing(workshop: Story) -> None:
    wang, mallory = workshop.customer("王女士"), workshop.customer("路人", "webchat")
    wang.says(f"车间液压站掉压了，{THE_REST}")
    number = wang.hears("ack_created").ticket
    ticket = workshop.ticket(number)
    for token in (f"form:{ticket.id}:fault_kind:cnc", f"form:{ticket.id}:nothing:x", "form:9:9:9", "form::::"):
        mallory.says("x", kind="press", token=token)
    assert answers(workshop, number)["fault_kind"] == ("hydraulic",)
