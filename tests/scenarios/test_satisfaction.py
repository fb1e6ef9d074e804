"""Stars, words after them, a person after a low score, the question of the quarter, and what managers see of it (S32, S53, S84)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.insight.monthly import QUARTER, Span, begin
from core.insight.satisfaction import FirstTime, Ratings, Recommended, first_time, ratings, recommended
from core.satisfaction.telling import MONTHLY, told
from core.store.chain import words_of
from core.store.model import Event
from core.tickets.events import Happened
from core.words import DAY, HOUR, MINUTE, SECOND
from tests.scenario import Party, Story

SUMMARY = "更换进纸搓纸轮一只并清洁走纸通道，连续打印测试页二十张全部正常，客户现场试用确认没有再卡纸，一切恢复正常"
FOREVER = 10**18


def repaired(desk: Story, wang: Party, liu: Party, fault: str = "打印机卡纸") -> str:
    """A ticket that was reported, accepted and done; the desk has asked for its rating."""
    wang.says(fault)
    number = wang.hears("ack_created", within=30).ticket
    liu.says(f"接单 {number}")
    liu.says(f"完成 {number} {SUMMARY}")
    wang.hears("rating_request", within=60)
    liu.hears("action_done", number, "已完成")
    desk.unheard.clear()
    return number


@pytest.fixture
def wang(desk: Story) -> Party:
    return desk.customer("王女士")


@pytest.fixture
def liu(desk: Story) -> Party:
    return desk.engineer("刘工")


def happened(desk: Story, number: str, kind: str) -> list[Event]:
    """The events of this kind on a ticket."""
    stream = desk.ticket(number).stream
    found = select(Event.table).where(Event.table.c.stream == stream, Event.table.c.kind == kind)
    return desk.act(lambda turn: turn.rows(Event, found))


def words(desk: Story, number: str, kind: str) -> list[str]:
    """What somebody said with each of them."""
    return [desk.act(lambda turn, one=event: words_of(turn, one)["words"]) for event in happened(desk, number, kind)]


@pytest.mark.req("S84")
def test_stars_words_and_a_recommendation(desk: Story, wang: Party, liu: Party) -> None:
    number = repaired(desk, wang, liu)
    wang.says("5")
    wang.hears("rating_thanks", "谢谢您的评价", "0–10")
    wang.says("9")
    wang.hears("rating_thanks", "记下")
    wang.says("师傅很准时，讲得也清楚")
    wang.hears("rating_thanks", "谢谢您的意见")
    assert desk.ticket(number).rating == 5
    assert words(desk, number, Happened.RATING_COMMENTED) == ["师傅很准时，讲得也清楚"]
    quarter = str(Span.around(desk.now, desk.rehearsal.desk.house.zone, QUARTER))
    found = desk.act(lambda turn: recommended(turn, "main", quarter))
    assert (found.asked, found.promoters, found.score) == (1, 1, 100)


@pytest.mark.req("S84")
def test_nobody_is_asked_twice_in_a_quarter(desk: Story, wang: Party, liu: Party) -> None:
    repaired(desk, wang, liu)
    wang.says("4分")
    wang.hears("rating_thanks", "0–10")
    desk.passes(seconds=4 * DAY / SECOND)
    desk.unheard.clear()
    repaired(desk, wang, liu, "扫描仪不进纸")
    wang.says("5分 谢谢")
    assert "0–10" not in wang.hears("rating_thanks").text


def test_a_number_answers_the_question_of_the_quarter_and_no_other(desk: Story, wang: Party, liu: Party) -> None:
    number = repaired(desk, wang, liu)
    wang.says("4分")
    wang.hears("rating_thanks", "0–10")
    wang.says("11")
    desk.passes(seconds=30)
    assert desk.ticket(number).rating == 4
    wang.says("0分")
    wang.hears("rating_thanks", "记下")
    quarter = str(Span.around(desk.now, desk.rehearsal.desk.house.zone, QUARTER))
    assert desk.act(lambda turn: recommended(turn, "main", quarter)).detractors == 1


@pytest.mark.req("S53")
@pytest.mark.parametrize("said", ["2", "1分 师傅态度不好"])
def test_a_low_score_brings_a_person_into_the_conversation(desk: Story, wang: Party, liu: Party, said: str) -> None:
    zhou = desk.manager("周经理")
    number = repaired(desk, wang, liu)
    wang.says(said)
    wang.hears("handoff_ack", "周经理")
    zhou.hears("angry_customer", number)
    zhou.hears("handoff", number, "交还")
    wang.says("还是有点卡，而且晚到了两个小时")
    zhou.hears("relay", "晚到了两个小时")
    assert words(desk, number, Happened.RATING_COMMENTED) == ["还是有点卡，而且晚到了两个小时"]
    zhou.says("王女士您好，我马上安排人再来看")
    wang.hears("relay", "马上安排人再来看")
    desk.nobody_heard_anything_else()


def test_three_stars_bring_nobody(desk: Story, wang: Party, liu: Party) -> None:
    zhou = desk.manager("周经理")
    repaired(desk, wang, liu)
    wang.says("3分")
    wang.hears("rating_thanks")
    zhou.hears_nothing(seconds=5)


@pytest.mark.req("S84")
def test_who_was_not_content_is_asked_a_day_later_and_never_at_night(desk: Story, wang: Party, liu: Party) -> None:
    desk.manager("周经理")
    desk.moves_to(desk.now + 12 * HOUR + 30 * MINUTE)
    repaired(desk, wang, liu)
    wang.says("1分")
    wang.hears("rating_thanks")
    desk.passes(seconds=24 * HOUR / SECOND + 60)
    assert not [one for one in desk.unheard if one.say.purpose == "survey"]
    desk.passes(seconds=10 * HOUR / SECOND)
    wang.hears("survey", "0–10")
    wang.says("3")
    wang.hears("rating_thanks", "记下")


def test_a_report_after_the_stars_is_a_report(desk: Story, wang: Party, liu: Party) -> None:
    number = repaired(desk, wang, liu)
    wang.says("5分")
    wang.hears("rating_thanks")
    wang.says("三楼的投影仪也打不开了")
    other = wang.hears("ack_created", within=30).ticket
    assert other != number and not words(desk, number, Happened.RATING_COMMENTED)


@pytest.mark.req("S32")
@pytest.mark.parametrize(("after", "held"), [(30 * DAY, 0), (30 * DAY + SECOND, 1)])
def test_a_fault_reported_again_within_thirty_days_was_not_fixed_the_first_time(
    desk: Story, wang: Party, liu: Party, after: int, held: int
) -> None:
    number = repaired(desk, wang, liu)
    done = desk.ticket(number).done_at
    assert done is not None
    wang.says("5分")
    desk.moves_to(done + after)
    wang.says("打印机卡纸")
    desk.passes(seconds=60)
    assert desk.tickets()[-1].linked_to == desk.ticket(number).id
    desk.moves_to(done + 31 * DAY)
    found = desk.act(lambda turn: first_time(turn, "main", 0, done + 1))
    assert (found.held, found.failed) == (held, 1 - held)


@pytest.mark.req("S32")
def test_a_repair_that_was_reopened_did_not_hold_and_a_young_one_is_undecided(
    desk: Story, wang: Party, liu: Party
) -> None:
    number = repaired(desk, wang, liu)
    assert desk.act(lambda turn: first_time(turn, "main", 0, FOREVER)) == FirstTime(0, 1, ())
    wang.says("还是没修好")
    wang.hears("confirm_change", within=30)
    found = desk.act(lambda turn: first_time(turn, "main", 0, FOREVER))
    assert found == FirstTime(0, 0, (desk.ticket(number).id,)) and found.rate == 0


@pytest.mark.req("S84")
def test_managers_see_it_and_engineers_do_not(desk: Story, wang: Party, liu: Party) -> None:
    zhou = desk.manager("周经理")
    number = repaired(desk, wang, liu)
    wang.says("2分")
    zhou.hears("handoff")
    zhou.says("交还")
    desk.unheard.clear()
    zhou.says("3月满意度")
    zhou.hears("figures", "2026-03", "评分 1 条", "2.00", f"低分：{number}")
    zhou.says("上季度满意度怎么样？")
    zhou.hears("figures", "2025-Q4", "还没有")
    liu.says("满意度")
    liu.hears("error_hint", "经理")


@pytest.mark.req("S101")
def test_managers_hear_of_the_month_by_themselves(desk: Story, wang: Party, liu: Party) -> None:
    zhou = desk.manager("周经理")
    desk.act(lambda turn: begin(turn, [MONTHLY]))
    repaired(desk, wang, liu)
    wang.says("5分")
    desk.passes(seconds=5)
    desk.unheard.clear()
    desk.moves_to(Span(2026, 4).begins(desk.rehearsal.desk.house.zone, hour=9) - SECOND)
    assert not [one for one in desk.unheard if one.say.purpose == "figures"]
    desk.passes(seconds=5)
    zhou.hears("figures", "2026-03", "平均 5.00")


def test_ratings_count_by_the_span_in_which_they_were_given(desk: Story, wang: Party, liu: Party) -> None:
    number = repaired(desk, wang, liu)
    wang.says("2分")
    [rated] = happened(desk, number, Happened.RATED)
    assert desk.act(lambda turn: ratings(turn, "main", rated.at, rated.at + 1)).low == (desk.ticket(number).id,)
    assert desk.act(lambda turn: ratings(turn, "main", 0, rated.at)).count == 0
    assert desk.act(lambda turn: told(turn, "main", Span(2024, 1), "en")) is None


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_nps_is_the_nearest_whole_number(promoters: int, passives: int, detractors: int) -> None:
    found = Recommended(2000, promoters, passives, detractors)
    if not found.answered:
        assert found.score is None
        return
    assert found.score is not None and -100 <= found.score <= 100
    assert abs(found.score * found.answered - 100 * (promoters - detractors)) * 2 <= found.answered


@given(st.tuples(*[st.integers(0, 300)] * 5))
def test_a_mean_lies_between_its_stars(stars: tuple[int, int, int, int, int]) -> None:
    found = Ratings(stars, ())
    assert (found.mean is None) == (found.count == 0)
    if found.mean is not None:
        given_stars = [number for number, count in enumerate(stars, 1) if count]
        assert 100 * min(given_stars) <= found.mean <= 100 * max(given_stars)
