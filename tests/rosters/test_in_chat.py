"""值班 in chat: who it is, words passed on, a manager's change, swaps; and that nothing else is taken for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.people.duty import on_duty
from core.people.model import Person, Role
from core.rosters.model import Swap
from core.store.turn import Turn
from core.words import DAY
from tests.rosters.on_paper import leaves, roster, rotation
from tests.scenario import Story


class House:
    """Three engineers who take daily turns from 08:30; 刘工 on Wednesday the 4th, 赵工 on Thursday, 王工 on Friday …"""

    def __init__(self, desk: Story):
        self.desk = desk
        self.sun = desk.manager("孙经理")
        self.liu, self.zhao, self.wang = (desk.engineer(name) for name in ("刘工", "赵工", "王工"))
        roster(desk, "一线值班", rotation(self.wang, self.liu, self.zhao, start="2026-03-03"), fallback=self.sun)
        self.liu.hears("roster_handover", "由你值班", "08:30")
        desk.passes(seconds=5)

    def on_duty(self, *, days: float = 0) -> list[str | None]:
        """Who will be on duty then, as things stand."""

        def ask(turn: Turn) -> list[str | None]:
            turn.now += int(days * DAY)
            return [person.name for person in on_duty(turn, "main", Role.ENGINEER)]

        return self.desk.rehearsal.desk.look(ask)


@pytest.fixture
def house(desk: Story) -> Iterator[House]:
    house = House(desk)
    yield house
    desk.nobody_heard_anything_else()
    desk.chains_are_whole()


@pytest.mark.req("S1")
@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("谁值班", "一线值班：刘工（今天 08:30 – 明天（3月5日 周四）08:30）"),
        ("现在谁值班？", "一线值班：刘工"),
        ("今晚谁值班", "一线值班：刘工（今天 18:00 – 明天（3月5日 周四）08:30）"),
        ("明天值班表", "一线值班：赵工（明天（3月5日 周四）08:30 – 后天（3月6日 周五）08:30）"),
        ("值班 明天", "一线值班：赵工"),
        ("值班表", "一线值班：刘工"),
        ("@值班 是谁？", "一线值班：刘工"),
        ("一线值班周六是谁", "一线值班：刘工（3月7日"),
        ("周六谁值班", "一线值班：刘工（3月7日 周六 08:30 – 3月8日 周日 08:30）"),
        ("周末谁值班", "刘工（3月7日 周六 08:30 – 3月8日 周日 08:30）\n一线值班：赵工（3月8日"),
        ("tomorrow who is on duty", "一线值班：赵工"),
    ],
)
def test_who_is_on_duty_and_from_when_until_when(house: House, asked: str, answer: str) -> None:
    house.sun.says(asked)
    house.sun.hears("on_call_list", answer)


def test_a_hole_is_said_with_who_stands_in(house: House) -> None:
    leaves(house.desk, house.zhao)
    house.sun.hears("roster_hole", "一线值班", "原为赵工")
    house.sun.says("明天谁值班")
    house.sun.hears("on_call_list", "一线值班：没人，孙经理顶班（明天")


@pytest.mark.req("S1")
@pytest.mark.parametrize(
    "text",
    [
        "@值班 二号线停了，来个人",
        "值班 二号线停了，来个人",
        "@值班工程师：二号线停了，来个人",
        "＠值班二号线停了，来个人",
        "二号线停了，来个人 @值班",
    ],
)
def test_words_for_whoever_is_on_duty_reach_him_and_the_answer_says_whom(house: House, text: str) -> None:
    house.wang.says(text)
    house.liu.hears("relay", "王工", "二号线停了，来个人")
    house.wang.hears("action_done", "刘工", "一线值班")


def test_words_for_the_duty_manager_or_a_roster_by_name(house: House) -> None:
    house.wang.says("@值班经理 客户要投诉")
    house.sun.hears("relay", "客户要投诉")
    house.wang.hears("action_done", "孙经理")
    house.wang.says("@一线值班 客户要投诉")
    house.liu.hears("relay", "客户要投诉")
    house.wang.hears("action_done", "刘工")


def test_whoever_is_on_duty_himself_reaches_who_answers_for_the_desk(house: House) -> None:
    house.liu.says("@值班 我这边走不开")
    house.sun.hears("relay", "刘工", "走不开")
    house.liu.hears("action_done", "孙经理")


@pytest.mark.req("S1")
@pytest.mark.parametrize("text", ["周六我和赵工换班", "换班 赵工 周六", "我周六跟赵工换个班", "我想周六和赵工换班"])
def test_a_swap_holds_once_the_colleague_agrees(house: House, text: str) -> None:
    house.liu.says(text)
    house.liu.hears("action_done", "已问赵工")
    house.zhao.hears(
        "roster_swap",
        "刘工",
        "赵工替刘工值一线值班 3月7日 周六 08:30",
        "刘工替赵工值一线值班 3月8日 周日 08:30",
        "同意换班",
    )
    assert house.on_duty(days=3) == ["刘工"]
    house.zhao.says("同意换班")
    house.zhao.hears("action_done", "换班生效")
    house.liu.hears("roster_swap", "换班生效", "赵工替刘工")
    house.sun.hears("roster_swap", "换班生效", "刘工替赵工")
    assert (house.on_duty(days=3), house.on_duty(days=4)) == (["赵工"], ["刘工"])


def test_a_swap_may_be_declined_and_then_nothing_changes(house: House) -> None:
    house.liu.says("周六我和赵工换班")
    house.liu.hears("action_done")
    house.zhao.hears("roster_swap", "不换")
    house.zhao.says("不换")
    house.zhao.hears("action_done", "刘工")
    house.liu.hears("roster_swap", "赵工不同意")
    house.zhao.says("同意换班")
    house.zhao.hears("error_hint", "没有等你答复的换班")
    assert house.on_duty(days=3) == ["刘工"]


def test_buttons_answer_a_swap_once_and_only_for_whom_it_was_meant(house: House) -> None:
    house.liu.says("周六我和赵工换班")
    house.liu.hears("action_done")
    house.zhao.hears("roster_swap", "同意换班", "不换")
    [swap] = house.desk.act(lambda turn: turn.rows(Swap, select(Swap.table)))
    agree = f"swap:agree:{swap.id}"
    house.wang.says("同意换班", kind="press", token=agree)
    house.wang.hears("error_hint", "不能再答复")
    house.zhao.says("1")
    house.zhao.hears("action_done", "换班生效")
    house.liu.hears("roster_swap")
    house.sun.hears("roster_swap")
    house.zhao.says("同意换班", kind="press", token=agree)
    house.zhao.hears("error_hint", "不能再答复")


def test_a_swap_whose_shift_has_begun_or_changed_hands_is_over(house: House) -> None:
    house.liu.says("明天我和赵工换班")
    house.liu.hears("action_done")
    house.zhao.hears("roster_swap")
    house.sun.says("明天王工替赵工")
    house.sun.hears("action_done")
    house.wang.hears("roster_changed")
    house.zhao.hears("roster_changed")
    house.zhao.says("同意换班")
    house.zhao.hears("error_hint", "不能再答复")


def test_a_shift_that_has_begun_is_swapped_no_more(house: House) -> None:
    house.liu.says("明天赵工替我")
    house.liu.hears("error_hint", "换不了")
    house.zhao.says("明天刘工替我")
    house.zhao.hears("action_done")
    house.liu.hears("roster_swap", "同意换班")
    house.desk.passes(hours=22.5)
    house.zhao.hears("roster_handover")
    house.liu.hears("roster_handover")
    house.liu.says("同意换班")
    house.liu.hears("error_hint", "不能再答复")
    assert house.on_duty() == ["赵工"]


def test_one_may_ask_a_colleague_to_stand_in_without_return(house: House) -> None:
    house.liu.says("周六赵工替我")
    house.liu.hears("action_done", "赵工替刘工")
    asked = house.zhao.hears("roster_swap", "赵工替刘工值一线值班 3月7日 周六")
    assert "刘工替赵工" not in asked.text
    house.zhao.says("同意")
    house.zhao.hears("action_done")
    house.liu.hears("roster_swap")
    house.sun.hears("roster_swap")
    assert (house.on_duty(days=3), house.on_duty(days=4)) == (["赵工"], ["赵工"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("周五我和赵工换班", "换不了"),
        ("我和赵工换班", "哪天"),
        ("周六我和刘工换班", "自己"),
        ("周六我和老孔换班", "没找到"),
    ],
)
def test_what_cannot_be_swapped_is_said(house: House, text: str, words: str) -> None:
    house.liu.says(text)
    house.liu.hears("error_hint", words)


@pytest.mark.req("S1")
def test_a_manager_puts_somebody_on_duty(house: House) -> None:
    house.sun.says("周六赵工值班")
    house.sun.hears("action_done", "一线值班 3月7日 周六 08:30 – 3月8日 周日 08:30：赵工值班")
    house.zhao.hears("roster_changed", "孙经理", "赵工值班")
    house.liu.hears("roster_changed", "孙经理")
    assert (house.on_duty(days=2), house.on_duty(days=3), house.on_duty(days=3.93)) == (["王工"], ["赵工"], ["赵工"])


def test_a_manager_has_one_stand_in_for_another_in_the_evening_until_the_hand_over(house: House) -> None:
    house.sun.says("周六晚赵工替刘工")
    house.sun.hears("action_done", "3月7日 周六 18:00 – 3月8日 周日 08:30：赵工替刘工")
    house.zhao.hears("roster_changed")
    house.liu.hears("roster_changed")
    assert (house.on_duty(days=3), house.on_duty(days=3 + 8 / 24)) == (["刘工"], ["赵工"])


def test_a_change_of_today_holds_from_now_on(house: House) -> None:
    house.sun.says("今天赵工值班")
    house.sun.hears("action_done", "今天 10:00 – 明天（3月5日 周四）08:30：赵工值班")
    house.zhao.hears("roster_changed")
    house.liu.hears("roster_changed")
    house.zhao.hears("roster_handover", "由你值班")
    house.liu.hears("roster_handover", "赵工已接班")


def test_leave_leaves_a_hole_that_the_managers_hear_of(house: House) -> None:
    house.sun.says("周六刘工请假")
    house.sun.hears("action_done", "刘工不值班")
    house.liu.hears("roster_changed")
    house.sun.hears("roster_hole", "3月7日 周六 08:30", "孙经理顶班")
    assert house.on_duty(days=3) == ["孙经理"]
    house.sun.says("周六王工值班")
    house.sun.hears("action_done", "王工值班")
    house.wang.hears("roster_changed")
    assert house.on_duty(days=3) == ["王工"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("周六老孔值班", "没找到叫“老孔”"), ("周六赵工替王工", "没有排班")],
)
def test_what_a_manager_cannot_change_is_said(house: House, text: str, words: str) -> None:
    house.sun.says(text)
    house.sun.hears("error_hint", words)


def test_only_managers_change_the_roster(house: House) -> None:
    house.liu.says("周六赵工值班")
    house.liu.hears("error_hint", "只有经理", "换班")
    assert house.on_duty(days=3) == ["刘工"]


def test_of_several_rosters_the_one_is_meant_on_which_he_stands_or_that_is_named(desk: Story) -> None:
    sun, liu, zhao = desk.manager("孙经理"), desk.engineer("刘工"), desk.engineer("赵工")
    roster(desk, "白班表", rotation(liu, start="2026-03-05", window="08:30-18:00"))
    roster(desk, "夜班表", rotation(zhao, start="2026-03-05", handover="18:00", window="18:00-08:30"))
    wang = desk.engineer("王工")
    sun.says("周六王工替赵工")
    sun.hears("action_done", "夜班表 3月7日 周六 18:00 – 3月8日 周日 08:30")
    wang.hears("roster_changed")
    zhao.hears("roster_changed")
    sun.says("周六王工值班")
    sun.hears("error_hint", "白班表、夜班表")
    sun.says("周六白班表王工值班")
    sun.hears("action_done", "白班表 3月7日 周六 08:30–18:00：王工值班")
    liu.hears("roster_changed")
    wang.hears("roster_changed")
    desk.nobody_heard_anything_else()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Saturday 赵工 on duty", "赵工值班"),
        ("周六由赵工来值班。", "赵工值班"),
        ("赵工周六值班", "赵工值班"),
        ("3月7日 赵工替刘工值班", "赵工替刘工"),
        ("周六一线值班改成赵工值班", "赵工值班"),
        ("7号赵工顶刘工的班", "赵工替刘工"),
    ],
)
def test_a_manager_may_say_it_in_many_ways(house: House, text: str, words: str) -> None:
    house.sun.says(text)
    house.sun.hears("action_done", "一线值班 3月7日 周六 08:30 – 3月8日 周日 08:30", words)
    house.zhao.hears("roster_changed")
    house.liu.hears("roster_changed")
    assert house.on_duty(days=3) == ["赵工"]


def test_it_can_be_said_in_english(desk: Story) -> None:
    boss, ann, bob = desk.manager("Sun"), desk.engineer("Ann"), desk.engineer("Bob")
    for party in (boss, ann, bob):
        desk.act(lambda turn, party=party: setattr(turn.get(Person, party.person_id), "lang", "en"))
    roster(desk, "First line", rotation(ann, bob, start="2026-03-04"))
    ann.hears("roster_handover", "you are on duty now, until tomorrow")
    desk.passes(seconds=5)
    boss.says("who is on duty?")
    boss.hears("on_call_list", "First line: Ann")
    boss.says("tomorrow Ann on duty")
    boss.hears("action_done", "First line")
    ann.hears("roster_changed", "Sun changed the roster")
    bob.hears("roster_changed")
    bob.says("swap Saturday with Ann")
    bob.hears("action_done", "Asked Ann")
    ann.hears("roster_swap", "Bob would like to swap")
    ann.says("agree to swap")
    ann.hears("action_done", "Swapped")
    bob.hears("roster_swap", "Swapped")
    boss.hears("roster_swap")
    bob.says("@on duty line 2 is down")
    ann.hears("relay", "line 2 is down")
    bob.hears("action_done", "Ann", "First line")
    desk.nobody_heard_anything_else()


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("周六14点到18点赵工替刘工", "3月7日 周六 14:00–18:00"),
        ("周六白班赵工替刘工", "3月7日 周六 08:30–18:00"),
        ("周六夜班赵工替刘工", "3月7日 周六 18:00 – 3月8日 周日 08:30"),
        ("周六上午赵工替刘工", "3月7日 周六 08:30–12:00"),
    ],
)
def test_parts_of_a_day_are_understood_and_read_back(house: House, text: str, span: str) -> None:
    house.sun.says(text)
    house.sun.hears("action_done", f"一线值班 {span}：赵工替刘工")
    house.zhao.hears("roster_changed", span)
    house.liu.hears("roster_changed", span)


@pytest.mark.parametrize("text", ["今晚我值班", "明天老客户替换滤芯", "周六值班室漏水已处理", "好的，换班的事再说"])
def test_talk_among_colleagues_changes_nothing(house: House, text: str) -> None:
    house.liu.says(text)
    house.desk.unheard.clear()
    assert (house.on_duty(), house.on_duty(days=3)) == (["刘工"], ["刘工"])


def test_without_rosters_everything_is_as_it_was(desk: Story) -> None:
    sun, liu = desk.manager("孙经理"), desk.engineer("刘工")
    sun.says("谁值班")
    sun.hears("on_call_list", "工程师 刘工")
    sun.says("@值班 来个人")
    liu.hears("relay", "来个人")
    sun.hears("action_done", "刘工")
    sun.says("周六刘工值班")
    sun.hears("error_hint", "还没有值班表")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_words_from_a_group_are_answered_in_the_group(house: House) -> None:
    other = house.desk.also(house.wang, "dingtalk")
    other.says("@值班 二号线停了", group="tech")
    house.liu.hears("relay", "王工", "二号线停了")
    [answer] = house.desk.unheard
    assert (answer.group, answer.say.purpose) == (True, "action_done") and "刘工" in answer.text
    house.desk.unheard.clear()
