"""Talk as it happens: late, in pieces, in two languages, on two channels, or not to be understood."""

from __future__ import annotations

import pytest

from core.tickets.model import Status
from dialogue.understanding.deciding import Thresholds
from dialogue.understanding.leaning import leaning
from dialogue.understanding.words import Understanding
from tests.scenario import WEDNESDAY_TEN, Party, Story, mind

DARK = ("那个啥 你懂的", "就那样呗", "嘚吧嘚吧", "哎呀那谁", "上回那码事", "左边右边都是", "红的那种", "跟老样子差不多", "晚点再讲那个", "反正就是它",
        "也不是不行", "看情况吧要不", "咕噜咕噜", "嗯那个那个", "后来咋样那事")  # fmt: skip
"""Words of which little can be made."""


def dark(decision: str) -> list[str]:
    """Those of which the desk makes so little that it clarifies, or rejects them."""
    meant = [mind().customer(words, WEDNESDAY_TEN) for words in DARK]
    return [one.text for one in meant if one.decision == decision and not one.slots.keys() - {"emotion", "urgency"}]


def asked_for(party: Party, words: str, what: str) -> str:
    """He reports something, and is asked for something that is missing; the ticket's number."""
    party.says(words)
    return party.hears("ack_created", what).ticket


@pytest.mark.req("S65")
def test_several_messages_in_seconds_get_one_answer_with_one_question(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    for words in ("你好", "就是那个空压机", "在二号厂房", "今天早上开始漏油"):
        wang.says(words)
        desk.passes(seconds=2)
    wang.hears("smalltalk")
    answer = wang.hears("ack_created", "电话")
    assert answer.text.count("？") + answer.text.count("请留") == 1
    desk.nobody_heard_anything_else()
    [ticket] = desk.tickets()
    assert (ticket.device, ticket.fault_symptom) == ("空压机", "漏油")


@pytest.mark.req("S65")
def test_an_answer_two_days_late_is_still_one_but_a_yes_to_something_hard_is_not(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat", phone="13800138021")
    number = asked_for(wang, "打印机卡纸了", "什么位置")
    desk.passes(hours=48)
    desk.unheard.clear()
    wang.says("老厂区食堂后头那个小楼")
    wang.hears("confirm_change", number)
    assert desk.ticket(number).address == "老厂区食堂后头那个小楼"
    wang.says("不用来了，取消吧")
    wang.hears("ask_confirm", number)
    desk.passes(hours=48)
    desk.unheard.clear()
    wang.says("好的")
    wang.hears("smalltalk")
    assert desk.ticket(number).status == Status.UNASSIGNED
    wang.says("取消吧，真的不用来了")
    wang.hears("ask_confirm", number)
    wang.says("是的")
    wang.hears("cancelled", number)
    assert len(desk.tickets()) == 1


@pytest.mark.req("S65")
def test_a_menu_of_two_days_ago_still_counts_and_a_new_fault_is_no_answer(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat", phone="13800138021")
    first = asked_for(wang, "打印机卡纸了", "什么位置")
    desk.passes(minutes=40)
    second = asked_for(wang, "空调不制冷了", "什么位置")
    wang.says("修得怎么样了")
    wang.hears("ask_choice", first, second)
    desk.passes(hours=48)
    desk.unheard.clear()
    wang.says("2")
    wang.hears("ask_choice", first, second)
    wang.says("2")
    wang.hears("progress", second)
    desk.passes(hours=48)
    desk.unheard.clear()
    wang.says("食堂的冰柜漏水了")
    third = wang.hears("ack_created").ticket
    assert third not in (first, second) and desk.ticket(second).address is None


@pytest.mark.req("S65")
def test_answers_follow_the_language_of_the_last_words(desk: Story) -> None:
    mary = desk.customer("Mary", channel="slack")
    mary.says("the printer in the lobby has a paper jam")
    number = mary.hears("ack_created").ticket
    mary.says("什么时候来修？")
    assert "响应" in mary.hears("progress", number).text
    mary.says("any update on my ticket?")
    assert mary.hears("progress", number).text.isascii() or "响应" not in "".join(m.text for m in desk.unheard)


@pytest.mark.req("S65", "S51")
def test_a_question_follows_the_person_from_one_channel_to_another(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    web = desk.also(wang, "webchat")
    number = asked_for(wang, "打印机卡纸了", "什么位置")
    web.says("老厂区食堂后头那个小楼")
    web.hears("confirm_change", number)
    assert desk.ticket(number).address == "老厂区食堂后头那个小楼"
    wang.says("取消吧，不用来了")
    wang.hears("ask_confirm", number)
    web.says("是的")
    web.hears("cancelled", number)
    desk.unheard.clear()
    wang.says("是的")
    wang.hears("smalltalk")
    desk.chains_are_whole()


@pytest.mark.req("S65")
def test_who_is_not_understood_is_asked_by_numbers_and_the_second_time_meets_a_person_who_has_read_all(
    desk: Story,
) -> None:
    first, *_ = dark("clarify")
    second, *_ = [*dark("reject"), *dark("clarify")[1:]]
    wang, sun = desk.customer("王女士", channel="webchat"), desk.manager("孙经理")
    wang.says(first)
    menu = wang.hears("clarify", "您是想").reached.buttons
    assert len(menu) == 4 and "人工" in menu[-1]
    wang.says(second)
    wang.hears("handoff_ack", "孙经理")
    sun.hears("handoff", first, second)
    desk.nobody_heard_anything_else()
    assert not desk.tickets()


@pytest.mark.req("S65")
def test_a_typed_number_chooses_a_meaning_and_misses_count_only_in_a_row(desk: Story) -> None:
    first, second, *_ = dark("clarify")
    wang, sun = desk.customer("王女士", channel="webchat"), desk.manager("孙经理")
    wang.says(first)
    wang.hears("clarify")
    wang.says("4")
    wang.hears("handoff_ack")
    sun.hears("handoff", first)
    desk.passes(minutes=40)
    wang.says(first)
    wang.hears("clarify")
    wang.says("你好")
    wang.hears("smalltalk")
    wang.says(second)
    wang.hears("clarify")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S65")
def test_what_was_asked_before_is_still_open_after_not_being_understood(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    number = asked_for(wang, "打印机卡纸了", "电话")
    wang.says(dark("clarify")[0])
    wang.hears("clarify")
    wang.says("80218888")
    wang.hears("confirm_change", number)
    assert desk.ticket(number).phone == "80218888"


def understood(**odds: float) -> Understanding:
    ranking = tuple(sorted(odds.items(), key=lambda pair: -pair[1]))
    return Understanding("三楼", ranking[0][0], ranking[0][1], ranking, "clarify", (), {}, "embedded")


def test_what_an_open_question_expects_weighs_four_times() -> None:
    limits = Thresholds(accept=0.6, reject=0.1, margin=0.1)
    meant = understood(ask_faq=0.4, supplement_info=0.3, report_fault=0.3)
    leant = leaning(meant, {"supplement_info"}, limits.decide)
    assert (leant.intent, leant.decision) == ("supplement_info", "accept") and sum(
        dict(leant.ranking).values()
    ) == pytest.approx(1)
    assert leaning(meant, (), limits.decide) is meant
