"""What engineers, purchasing and managers say in a working day, by command or in their own words (S81, S90)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.people.model import Person
from core.store.model import Inbox
from core.store.turn import Turn
from core.tickets.model import Priority, Status
from core.tickets.substance import summary_length
from core.words import MINUTE
from tests.scenario import Party, Story
from tests.scenarios.so_far import FIFTY, PART, REASON, ticket_in

S = Status


def _world(desk: Story) -> tuple[Party, Party, Party, Party]:
    return (
        desk.customer("王女士", phone="13800138021"),
        desk.engineer("刘工"),
        desk.engineer("张工", on_duty=False),
        desk.manager("孙经理"),
    )


@pytest.mark.req("S38")
@pytest.mark.parametrize(("verb", "status"), [("完成", S.DONE), ("挂起", S.ON_HOLD)])
def test_fifty_characters_and_not_one_less(desk: Story, verb: str, status: Status) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    assert summary_length(FIFTY) == 50
    liu.says(f"{verb} {number} {FIFTY[:-1]}")
    liu.hears("too_short_summary", "50", "49", "还差 1")
    wang.hears_nothing()
    assert desk.ticket(number).status == S.ON_SITE
    liu.says(f"{verb} {number} {FIFTY}")
    liu.hears("action_done", number)
    assert desk.ticket(number).status == status


@pytest.mark.req("S38")
@pytest.mark.parametrize("padding", ["。" * 60, "  " * 60, "啊" * 60, "！？。，" * 20, "\u200b" * 80])
def test_padding_does_not_count(desk: Story, padding: str) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"完成 {number} 换了限位开关{padding}")
    liu.hears("too_short_summary", number)
    assert desk.ticket(number).status == S.ON_SITE


@pytest.mark.req("S38")
@pytest.mark.parametrize(("verb", "status"), [("完成", S.DONE), ("挂起", S.ON_HOLD)])
def test_a_summary_that_is_too_short_is_added_to(desk: Story, verb: str, status: Status) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"{verb} {number}")
    liu.hears("too_short_summary", "还差 50")
    liu.says("更换硒鼓一支并清洁定影组件与搓纸轮，")
    liu.hears("too_short_summary", number)
    assert desk.ticket(number).first_response_at is None or status == S.DONE
    liu.says(
        f"{'已修好' if verb == '完成' else '客户说等通知'}，连续打印测试页二十张正常无卡纸无底灰，客户现场试用确认无误后签字，约好下周回访"
    )
    liu.hears("action_done", number)
    ticket = desk.ticket(number)
    assert ticket.status == status
    if status == S.DONE:
        assert ticket.summary and ticket.summary.startswith("更换硒鼓") and "回访" in ticket.summary


@pytest.mark.req("S38")
@pytest.mark.parametrize(("microseconds", "kept"), [(0, True), (1, False)])
def test_a_draft_is_kept_for_half_an_hour(desk: Story, microseconds: int, kept: bool) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu = desk.engineer("刘工", "dingtalk")
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"完成 {number} {FIFTY[:30]}")
    liu.hears("too_short_summary")
    desk.moves_to(desk.now + 30 * MINUTE + microseconds)
    liu.says(FIFTY[30:] + "，请客户留意使用情况")
    assert desk.ticket(number).status == (S.DONE if kept else S.ON_SITE)


@pytest.mark.req("S38")
def test_another_command_ends_a_draft(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"完成 {number} {FIFTY[:30]}")
    liu.hears("too_short_summary")
    liu.says("我的单")
    liu.hears("my_list", number)
    liu.says(FIFTY[30:] + "，请客户留意使用情况")
    liu.hears("action_done", number)
    assert desk.ticket(number).status == S.ON_SITE


@pytest.mark.req("S12", "S38")
def test_a_voice_note_counts_by_its_transcript(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu = desk.engineer("刘工", "dingtalk")
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(kind="voice", words=f"完成 {number} {FIFTY}")
    liu.hears("action_done", number)
    assert desk.ticket(number).status == S.DONE


@pytest.mark.req("S6", "S12")
@pytest.mark.parametrize(
    "words", ["收到", "  ", "好的", "收到!", "　　", "👌", "1", "嗯嗯", "ok", "备注 {n} ……", "备注 {n} 收到"]
)
def test_heard_is_not_a_first_response(desk: Story, words: str) -> None:
    wang, liu, _, sun = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(words.format(n=number))
    desk.passes(seconds=20)
    assert desk.ticket(number).first_response_at is None
    assert all(message.say.purpose in ("hint", "error_hint") for message in desk.unheard)
    assert len(desk.unheard) <= 1
    said_at = desk.now
    liu.says(f"备注 {number} 已联系客户,14:30到")
    assert desk.ticket(number).first_response_at == said_at
    sun.hears_nothing()


@pytest.mark.req("S7", "S12")
def test_a_photo_is_an_action_and_no_first_response(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.sends_photo()
    liu.hears("action_done", number)
    ticket = desk.ticket(number)
    assert (ticket.attachments, ticket.first_response_at) == (1, None)
    assert ticket.first_action_at is not None


@pytest.mark.req("S90")
@pytest.mark.parametrize(
    "words", ["接单 {n}", "接单{d}", "{n}我接", "{d} 归我", "{n}接单", "一零零一我来", "#{d} 接单"]
)
def test_a_number_in_any_form(desk: Story, words: str) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    liu.says(words.format(n=number, d=number.removeprefix("GD-")))
    liu.hears("action_done", number)
    assert desk.ticket(number).status == S.ACCEPTED


@pytest.mark.req("S90")
def test_no_number_means_the_only_one_the_last_one_or_a_question(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    one = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says("到了")
    liu.hears("action_done", one)
    two = ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷")
    three = ticket_in(desk, S.ACCEPTED, wang, liu, "空压机", "漏油")
    liu.says(f"查 {two}")
    liu.hears("ticket_card", two)
    liu.says("到了")
    liu.hears("action_done", two)
    assert [desk.ticket(n).status for n in (one, two, three)] == [S.ON_SITE, S.ON_SITE, S.ACCEPTED]


@pytest.mark.req("S90")
def test_asked_which_he_answers_by_a_number_of_the_list(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    one, two = ticket_in(desk, S.ACCEPTED, wang, liu), ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷")
    liu.says("改P1")
    liu.hears("ask_choice", one, two)
    liu.says("2")
    liu.hears("action_done", two, "P1")
    assert [desk.ticket(n).priority for n in (one, two)] == [Priority.P2, Priority.P1]
    liu.says(kind="press", token=f"do:set_priority:{one}")
    liu.hears("error_hint")
    assert desk.ticket(one).priority == Priority.P2


def test_several_numbers_are_all_done_and_each_wrong_one_is_named(desk: Story) -> None:
    wang, liu, zhang, _ = _world(desk)
    mine, theirs = ticket_in(desk, S.ACCEPTED, wang, liu), ticket_in(desk, S.ACCEPTED, wang, zhang, "空调", "不制冷")
    liu.says(f"{mine} {theirs} 4711 到了")
    liu.hears("action_done", mine)
    liu.hears("error_hint", theirs, "不是你的单")
    liu.hears("error_hint", "GD-4711", "核对")
    assert [desk.ticket(n).status for n in (mine, theirs)] == [S.ON_SITE, S.ACCEPTED]


def test_a_ticket_of_another_entity_does_not_exist(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)

    def move(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.entity = "other"

    desk.act(move)
    for words in (f"接单 {number}", f"查 {number}", f"{number} 到了"):
        liu.says(words)
        liu.hears("error_hint", number, "没有")
        desk.passes(seconds=15)
    assert desk.ticket(number).status == S.UNASSIGNED


@pytest.mark.req("S1")
def test_two_engineers_accept_in_the_same_instant(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工", "dingtalk")
    zhang = desk.engineer("张工", "dingtalk", on_duty=False)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    desk.at_once((liu, f"接单 {number}"), (zhang, f"{number} 我接"))
    desk.passes(seconds=10)
    ticket = desk.ticket(number)
    first, second = (liu, zhang) if ticket.engineer_id == liu.person_id else (zhang, liu)
    assert (ticket.status, ticket.owner_id) == (S.ACCEPTED, first.person_id)
    first.hears("action_done", "接单成功")
    second.hears("accept_conflict", first.name)
    wang.hears("engineer_assigned", first.name)
    wang.hears_nothing()


def test_said_twice_by_hand_it_is_done_once(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    liu.says(f"接单 {number}")
    liu.hears("action_done")
    wang.hears("engineer_assigned")
    liu.says(f"接单 {number}")
    liu.hears("error_hint", "已经是你的单", "到场")
    liu.says(f"完成 {number} {FIFTY}")
    wang.hears("done")
    liu.says(f"完成 {number} {FIFTY}")
    liu.hears("error_hint", "客户确认")
    wang.hears_nothing(seconds=10)


def test_a_role_taken_away_before_he_chooses(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    one = ticket_in(desk, S.ACCEPTED, wang, liu)
    ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷")
    liu.says("到了")
    liu.hears("ask_choice", one)

    def demote(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.role = person.role.PROCUREMENT

    desk.act(demote)
    liu.says("1")
    liu.hears("error_hint", "没有权限")
    assert desk.ticket(one).status == S.ACCEPTED


@pytest.mark.req("S5c", "S85")
def test_a_manager_asks_and_a_p0_comes_first(desk: Story) -> None:
    wang, liu, zhang, sun = _world(desk)
    plain = [ticket_in(desk, S.UNASSIGNED, wang, liu, "空调", f"不制冷{n}") for n in range(3)]
    urgent = ticket_in(desk, S.UNASSIGNED, wang, liu, "注塑机", "停机")
    mine = ticket_in(desk, S.ACCEPTED, wang, liu, "打印机", "卡纸")
    sun.says(f"{urgent} 改P0")
    desk.passes(seconds=10)
    desk.unheard.clear()
    sun.says("看板")
    board = sun.hears("board", "待接单 4", "已接单 1").text
    assert board.index(urgent) < min(board.index(number) for number in plain)
    sun.says("超时的单")
    sun.hears("overdue_list", urgent)
    sun.says("今天谁值班")
    sun.hears("on_call_list", "刘工", "孙经理")
    sun.says(f"催一下 {mine}")
    liu.hears("urged", mine)
    sun.hears("action_done", mine, "刘工")
    sun.says(f"{mine} 转给张工")
    zhang.hears("assigned", mine, "孙经理")
    sun.says(f"{mine} 为什么派给他")
    sun.hears("ticket_card", mine)
    liu.says("我的单")
    assert mine not in liu.hears("my_list").text or desk.ticket(mine).engineer_id == liu.person_id


@pytest.mark.req("S61")
def test_my_open_tickets_lists_them_all(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    numbers = [ticket_in(desk, status, wang, liu) for status in (S.ACCEPTED, S.ON_SITE, S.WAITING_PART, S.ON_HOLD)]
    over = [ticket_in(desk, status, wang, liu) for status in (S.DONE, S.CLOSED)]
    liu.says("我的未闭环")
    heard = liu.hears("my_list", *numbers)
    assert not any(number in heard.text for number in over)


def test_support_is_asked_of_the_superior(desk: Story) -> None:
    wang, liu, _, sun = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"{number} 搞不定，请主管支援")
    liu.hears("action_done", number, "孙经理")
    sun.hears("escalation", number, "刘工")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("{n} 换个配件吧", "action_done"),
        ("报价 {n}", "action_done"),
        ("{n} 转单", "error_hint"),
        ("{n} 换 DR-1 1000个", "error_hint"),
    ],
)
def test_half_a_command_is_no_failure(desk: Story, words: str, kind: str) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(words.format(n=number))
    liu.hears(kind)
    assert desk.ticket(number).status == S.ON_SITE
    rows = desk.act(lambda turn: turn.rows(Inbox, select(Inbox.table)))
    assert [row.error for row in rows if row.error] == []


@pytest.mark.req("S16", "S19")
def test_purchasing_dates_and_receives_by_words(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    hu = desk.buyer("胡采购")
    number = ticket_in(desk, S.WAITING_PART, wang, liu)
    hu.says(f"{number} 什么时候要")
    wang.says("谢谢")
    desk.passes(seconds=10)
    desk.unheard.clear()
    hu.says(f"{number} 周五能到")
    hu.hears("action_done", number, "3月6日")
    liu.hears("part_eta", PART, "3月6日")
    wang.hears("progress", "3月6日")
    hu.says(f"{number} FX-9 到了")
    hu.hears("error_hint", "FX-9")
    hu.says(f"{number} 到货了")
    liu.hears("part_arrived", PART)
    assert desk.ticket(number).status == S.ACCEPTED
    hu.says(f"接单 {number}")
    desk.passes(seconds=10)
    assert desk.ticket(number).engineer_id == liu.person_id


@pytest.mark.req("S34")
def test_holding_and_going_on_where_it_stopped(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    for status in (S.UNASSIGNED, S.ACCEPTED, S.ON_SITE, S.WAITING_PART):
        number = ticket_in(desk, status, wang, liu)
        liu.says(f"挂起 {number} {REASON}")
        assert desk.ticket(number).status == S.ON_HOLD
        liu.says(f"恢复 {number}")
        assert desk.ticket(number).status == status
