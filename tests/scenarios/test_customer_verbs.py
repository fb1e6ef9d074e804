"""What customers may want of the desk, in their own words: each leads somewhere, and the one who must act hears of it."""

from __future__ import annotations

import pytest

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import Priority, Status
from core.words import MINUTE
from tests.scenario import Party, Story
from tests.scenarios.so_far import ticket_in

S = Status


def _world(desk: Story) -> tuple[Party, Party, Party]:
    return desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")


@pytest.mark.req("S17")
def test_one_sentence_fills_four_fields_and_the_engineer_reads_them(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    wang.says("打印机坏了，我很生气，Error Code 0x7F，要换DR-4200-TN，需周末上门")
    number = wang.hears("ack_created").ticket
    ticket = desk.ticket(number)
    fields = (ticket.emotion, ticket.error_code, ticket.part_code, ticket.delivery_constraint)
    assert fields == ("angry", "0x7F", "DR-4200-TN", "weekend_only")
    liu.hears("assigned", number, "0x7F", "DR-4200-TN", "只能周末")


@pytest.mark.parametrize("words", ["催一下", "怎么还没来啊", "快点行不行"])
def test_urging_is_counted_and_reaches_whoever_has_it(desk: Story, words: str) -> None:
    wang, liu, sun = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says(words)
    wang.hears("progress", number, "刘工")
    liu.hears("urged", number, "第1次")
    wang.says("再催一下")
    liu.hears("urged", number, "第2次")
    assert desk.ticket(number).urge_count == 2
    sun.hears_nothing()


def test_urging_what_nobody_has_reaches_who_answers_for_it(desk: Story) -> None:
    wang, liu, sun = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    wang.says("催一下")
    wang.hears("progress", number, "孙经理")
    sun.hears("urged", number)
    liu.hears_nothing()


@pytest.mark.parametrize("words", ["约明天下午三点来", "改到明天下午三点", "明天下午三点再来吧"])
def test_another_time_holds_at_once(desk: Story, words: str) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says(words)
    wang.hears("confirm_change", "15:00")
    desk.passes(seconds=30)
    ticket = desk.ticket(number)
    assert ticket.appointment_start or ticket.preferred_start


def test_another_time_is_asked_for_if_it_was_not_said(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says("我想改个时间")
    wang.hears("ask_slot", number, "什么时间")
    wang.says("后天上午十点")
    wang.hears("confirm_change", "10:00", "刘工")
    liu.hears("rescheduled", number)
    assert desk.ticket(number).appointment_start is not None


def test_a_time_that_is_past_is_refused(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    before = desk.ticket(number)
    wang.says("改到2026年3月1日上午十点")
    desk.passes(seconds=20)
    assert desk.ticket(number).appointment_start is None
    assert desk.ticket(number).preferred_text == before.preferred_text
    liu.hears_nothing()


@pytest.mark.parametrize(
    ("answer", "status"), [("是", S.CANCELLED), ("对，取消", S.CANCELLED), ("不，还是来吧", S.ACCEPTED)]
)
def test_cancelling_needs_a_yes(desk: Story, answer: str, status: Status) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says("不用派人来了，我们自己弄好了")
    wang.hears("ask_confirm", number, "打印机")
    assert desk.ticket(number).status == S.ACCEPTED
    wang.says(answer)
    assert desk.ticket(number).status == status
    if status == S.CANCELLED:
        wang.hears("cancelled", number)
        liu.hears("cancelled", number)
    else:
        wang.hears("confirm_change", number, "保留")
    desk.nobody_heard_anything_else()


def test_a_yes_to_a_question_of_two_days_ago_cancels_nothing(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says(f"取消 {number}")
    wang.hears("ask_confirm")
    desk.passes(hours=49)
    wang.says("是")
    wang.hears("smalltalk", "再说一次")
    assert desk.ticket(number).status == S.ACCEPTED
    liu.hears("overdue", number, within=0)
    for times in (1, 2, 3):
        liu.hears("customer_waiting", number, f"第 {times} 次", within=0)
    liu.hears_nothing(seconds=30)


@pytest.mark.parametrize(("microseconds", "counts"), [(0, True), (1, False)])
def test_a_question_is_open_for_half_an_hour_and_not_a_microsecond_more(
    desk: Story, microseconds: int, counts: bool
) -> None:
    wang, liu = desk.customer("王女士", "telegram", phone="13800138021"), desk.engineer("刘工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says(f"取消 {number}")
    wang.hears("ask_confirm")
    desk.moves_to(desk.now + 30 * MINUTE + microseconds)
    wang.says("是")
    assert desk.ticket(number).status == (S.CANCELLED if counts else S.ACCEPTED)


@pytest.mark.parametrize(("microseconds", "counts"), [(0, True), (1, False)])
def test_a_typed_number_means_the_menu_for_half_an_hour(desk: Story, microseconds: int, counts: bool) -> None:
    wang, liu = desk.customer("王女士", "telegram", phone="13800138021"), desk.engineer("刘工")
    ticket_in(desk, S.ACCEPTED, wang, liu)
    ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷")
    wang.says("我那个弄得怎么样了")
    wang.hears("ask_choice", "打印机", "空调")
    desk.moves_to(desk.now + 30 * MINUTE + microseconds)
    wang.says("2")
    desk.passes(seconds=30)
    assert (
        bool([m for m in desk.unheard if m.who == wang.address and m.say.purpose == "progress" and "空调" in m.text])
        == counts
    )


def test_which_one_keeps_what_was_wanted(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    one = ticket_in(desk, S.ACCEPTED, wang, liu)
    two = ticket_in(desk, S.ACCEPTED, wang, liu, "空调", "不制冷")
    wang.says("改到后天下午三点")
    wang.hears("ask_choice", one, two, "改时间")
    wang.says("2")
    wang.hears("confirm_change", two, "15:00")
    liu.hears("rescheduled", two)
    assert desk.ticket(one).appointment_start is None
    wang.says("催一下")
    wang.hears("ask_choice", "催一下")
    wang.says("1")
    liu.hears("urged", one)
    assert desk.ticket(two).urge_count == 0
    wang.says("不用来了，取消")
    wang.hears("ask_choice", "取消")
    wang.says("2")
    wang.hears("ask_confirm", two)
    wang.says("是")
    wang.hears("cancelled", two)
    assert [desk.ticket(n).status for n in (one, two)] == [S.ACCEPTED, S.CANCELLED]


@pytest.mark.parametrize("words", ["没修好", "还是不行", "还没好，又坏了", "not fixed"])
def test_the_very_words_that_we_suggest_bring_it_back(desk: Story, words: str) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.DONE, wang, liu)
    wang.says(words)
    wang.hears("confirm_change", number)
    liu.hears("reopened", number, words)
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.engineer_id, ticket.rating) == (S.ACCEPTED, liu.person_id, None)
    desk.passes(hours=100)
    assert desk.ticket(number).status == S.ACCEPTED


def test_which_of_two_is_not_fixed(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    one, two = ticket_in(desk, S.DONE, wang, liu), ticket_in(desk, S.DONE, wang, liu, "空调", "不制冷")
    wang.says("没修好")
    wang.hears("ask_choice", "打印机", "空调")
    wang.says("2")
    wang.hears("confirm_change", two)
    liu.hears("reopened", two, "没修好")
    assert [desk.ticket(n).status for n in (one, two)] == [S.DONE, S.ACCEPTED]
    wang.says("打印机也没修好")
    wang.hears("confirm_change", one)


def test_another_fault_brings_nothing_back(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.DONE, wang, liu)
    wang.says("车间漏水了")
    new = wang.hears("ack_created").ticket
    assert new != number
    assert desk.ticket(number).status == S.DONE
    assert liu.person_id


def test_asking_whether_it_is_fixed_brings_nothing_back(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.DONE, wang, liu)
    wang.says("修好了没有？")
    wang.hears("progress", number)
    assert desk.ticket(number).status == S.DONE


@pytest.mark.parametrize(
    ("words", "stars"),
    [
        ("5分 师傅很好", 5),
        ("5", 5),
        ("1", 1),
        ("三分", 3),
        ("很满意", 5),
        ("不满意", 2),
        ("一般般吧", 3),
        ("五星好评", 5),
    ],
)
def test_a_verdict_closes_the_ticket(desk: Story, words: str, stars: int) -> None:
    wang, liu, sun = _world(desk)
    number = ticket_in(desk, S.DONE, wang, liu)
    desk.passes(minutes=40)
    wang.says(words)
    desk.passes(seconds=20)
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.rating) == (S.CLOSED, stars)
    heard_of_it = [m for m in desk.unheard if m.who == sun.address]
    assert bool(heard_of_it) == (stars <= 2)


@pytest.mark.parametrize("number_typed", ["1", "2", "3", "4", "5"])
def test_a_number_typed_for_the_stars_means_so_many(desk: Story, number_typed: str) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.DONE, wang, liu)
    wang.says(number_typed)
    wang.hears("rating_thanks")
    assert desk.ticket(number).rating == int(number_typed)


def test_stars_pressed_twice_count_once(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.DONE, wang, liu)
    token = f"rate:{desk.ticket(number).id}"
    wang.says(kind="press", token=f"{token}:5")
    wang.hears("rating_thanks")
    wang.says(kind="press", token=f"{token}:1")
    wang.hears("smalltalk", "没有等您评价")
    assert desk.ticket(number).rating == 5


def test_anger_gets_a_calm_answer_and_reaches_the_managers(desk: Story) -> None:
    wang, liu, sun = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says("你们什么破服务，我要投诉！")
    wang.hears("apology_ack", number, "刘工")
    sun.hears("angry_customer", number, "投诉")
    assert desk.ticket(number).emotion == "angry"
    desk.nobody_heard_anything_else()


def test_a_person_answers_in_both_directions_until_he_gives_back(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    lin = desk.agent("小林")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says("转人工")
    wang.hears("handoff_ack", "小林")
    lin.hears("handoff", "王女士")
    lin.says("您好，我是小林，请说")
    wang.hears("relay", "小林：您好")
    wang.says("发票能开专票吗")
    lin.hears("relay", "王女士", "发票")
    lin.says("可以的，请把抬头发我")
    wang.hears("relay", "抬头")
    lin.says(f"查 {number}")
    lin.hears("ticket_card", number)
    wang.hears_nothing()
    lin.says("交还")
    lin.hears("action_done", "交还")
    wang.hears("handoff_end")
    wang.says(f"{number} 到哪一步了")
    wang.hears("progress", number)
    lin.says("大家中午吃什么")
    wang.hears_nothing(seconds=10)
    lin.says("交还")
    lin.hears("error_hint", "没有")
    liu.hears_nothing()


def test_one_agent_serves_one_after_the_other(desk: Story) -> None:
    wang, chen = desk.customer("王女士", phone="13800138021"), desk.customer("陈先生", phone="13500001111")
    lin = desk.agent("小林")
    wang.says("转人工")
    chen.says("转人工")
    lin.hears("handoff", "王女士")
    lin.hears("handoff", "陈先生")
    wang.hears("handoff_ack")
    chen.hears("handoff_ack")
    lin.says("您好，请讲")
    wang.hears("relay", "请讲")
    chen.says("还在吗")
    lin.hears("relay", "陈先生", "还在吗")
    chen.hears_nothing()
    lin.says("交还")
    wang.hears("handoff_end")
    lin.hears("handoff", "陈先生")
    lin.says("在的，让您久等了")
    chen.hears("relay", "久等")
    wang.hears_nothing()


def test_an_agent_who_falls_silent_has_given_back(desk: Story) -> None:
    wang, lin = desk.customer("王女士", phone="13800138021"), desk.agent("小林")
    wang.says("转人工")
    lin.hears("handoff")
    desk.passes(minutes=31)
    wang.says("空压机漏油")
    wang.hears("ack_created", "空压机")
    assert lin.person_id


def test_a_deny_declines_the_question_and_nothing_else(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    wang.says("三楼打印机卡纸")
    number = wang.hears("ack_created", "什么时间").ticket
    wang.says("没有了")
    wang.hears("smalltalk", "好的")
    wang.hears_nothing(seconds=30)
    assert desk.ticket(number).status == S.UNASSIGNED
    assert liu.person_id


def test_a_choice_pressed_days_later_does_no_harm(desk: Story) -> None:
    """The menu has been overtaken: a meaning that belongs to forgotten words makes no ticket."""
    wang, _, sun = _world(desk)
    wang.says("那个那个什么来着")
    desk.passes(seconds=30)
    desk.unheard.clear()
    desk.passes(hours=47)
    wang.says(kind="press", token="meaning:report_fault")
    wang.hears("smalltalk")
    assert desk.tickets() == []
    sun.hears_nothing()


def test_a_customer_may_not_lower_what_is_dangerous_but_may_raise(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    for words, priority in (("加急", Priority.P1), ("不急", Priority.P2), ("P0", Priority.P0), ("不急", Priority.P0)):
        wang.says(words)
        desk.passes(seconds=10)
        assert desk.ticket(number).priority == priority


def test_a_role_taken_away_in_the_middle_of_a_draft(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"完成 {number} 换了硒鼓")
    liu.hears("too_short_summary", "50")

    def to_purchasing(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.role = person.role.PROCUREMENT

    desk.act(to_purchasing)
    liu.says("清洁定影组件与搓纸轮，连续打印测试页二十张正常无卡纸无底灰，客户现场试用确认无误后签字，一切正常")
    liu.hears("error_hint", "没有权限")
    assert desk.ticket(number).status == S.ON_SITE
    wang.hears_nothing()
