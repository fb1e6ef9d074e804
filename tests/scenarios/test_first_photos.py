"""首图直传率: who sends the photos of his work himself; managers hear of it on the first of the month (S91)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from config.declared import REPORTS
from core.insight import monthly
from core.insight.monthly import MONTH, QUARTER, Report, Span
from core.insight.photos import Rate, photo_figures
from core.people.model import Person
from core.policies import Policies
from core.store.model import Timer, TimerState
from core.store.turn import Turn
from core.tickets import noting
from core.tickets.model import Attachment, Status, Ticket
from core.tickets.queries import by_number
from core.tickets.reporting import Told, supplement
from core.words import DAY, HOUR, MINUTE, SECOND, Media
from tests.scenario import Party, Story

MARCH = Span(2026, 3)
SUMMARY = "更换搓纸轮并清理进纸通道，连续打印五十张测试正常，已向客户演示日常清洁方法，建议每季度保养一次，现场已恢复使用，客户确认正常，无遗留问题。"


def repaired(desk: Story, liu: Party, words: str, *, photo: bool = True) -> str:
    """A ticket from the report to the completion, with or without a photo of the engineer's own."""
    customer = desk.customer(f"客户{words}", channel="webchat")
    customer.says(words)
    number = customer.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    if photo:
        liu.says(f"{number} 到了")
        liu.sends_photo("site.jpg")
    liu.says(f"完成 {number} {SUMMARY}")
    assert desk.ticket(number).status == Status.DONE
    desk.passes(minutes=1)
    desk.unheard.clear()
    return number


def rates(desk: Story, span: Span = MARCH) -> dict[str, tuple[int, int]]:
    found = desk.act(lambda turn: photo_figures(turn, "main", span))
    return {person.name: (rate.count, rate.of) for person, rate in found.engineers}


@pytest.mark.req("S91")
def test_only_what_he_sent_himself_and_in_time_counts(desk: Story) -> None:
    liu, sun = desk.engineer("刘工", channel="dingtalk"), desk.manager("孙经理", channel="feishu")
    repaired(desk, liu, "打印机卡纸")
    assert rates(desk) == {"刘工": (1, 1)}
    late = repaired(desk, liu, "空压机漏油", photo=False)
    desk.act(lambda turn: shows(turn, late, liu))
    assert rates(desk) == {"刘工": (1, 2)}, "a photo after the completion comes too late"
    repaired(desk, liu, "投影仪打不开", photo=False)
    passed_on = desk.tickets()[-1]
    desk.act(lambda turn: forwards(turn, passed_on, sun))
    assert rates(desk) == {"刘工": (1, 3)}
    desk.act(lambda turn: forwards(turn, passed_on, liu))
    assert rates(desk) == {"刘工": (1, 3)}, "what he passed on is another's photo"
    desk.act(lambda turn: cancelled(turn, passed_on))
    assert rates(desk) == {"刘工": (1, 2)}
    assert rates(desk, MARCH.later()) == rates(desk, MARCH.later(-1)) == {}


@pytest.mark.req("S91")
def test_a_completion_that_was_taken_back_or_not_done_after_all_does_not_count(desk: Story) -> None:
    liu = desk.engineer("刘工", channel="dingtalk")
    repaired(desk, liu, "打印机卡纸")
    number = repaired(desk, liu, "空压机漏油")
    assert rates(desk) == {"刘工": (2, 2)}
    desk.act(lambda turn: reopened(turn, number))
    assert rates(desk) == {"刘工": (1, 1)}


def shows(turn: Turn, number: str, by: Party) -> None:
    """He sends a photo of his own now."""
    known, person = by_number(turn, "main", number), turn.get(Person, by.person_id)
    assert known is not None and person is not None
    noting.photo(turn, known, person, "image", [Media("late")])


def forwards(turn: Turn, ticket: Ticket, by: Party) -> None:
    """Somebody passes on a photo that was taken before the completion."""
    known, person = turn.get(Ticket, ticket.id), turn.get(Person, by.person_id)
    assert known is not None and person is not None and known.done_at is not None
    turn.cause = replace(turn.cause, at=known.done_at - MINUTE)
    supplement(turn, known, person, Told(media=(Media("x"),), kind="image", passed_on_by=person.id))


def cancelled(turn: Turn, ticket: Ticket) -> None:
    known = turn.get(Ticket, ticket.id)
    assert known is not None
    known.status = Status.CANCELLED


def reopened(turn: Turn, number: str) -> None:
    found = turn.first(Ticket, select(Ticket.table).where(Ticket.table.c.number == number))
    assert found is not None
    found.status, found.done_at = Status.ACCEPTED, None


@pytest.mark.req("S91")
@pytest.mark.parametrize(
    ("count", "of", "shown", "rewarded"),
    [
        (950, 1000, "95.0%", False),
        (951, 1000, "95.1%", True),
        (19, 20, "95.0%", False),
        (20, 21, "95.3%", True),
        (9501, 10_000, "95.1%", True),
        (9500, 10_000, "95.0%", False),
        (9499, 10_000, "95.0%", False),
        (1, 1, "100.0%", True),
        (0, 3, "0.0%", False),
        (1, 3, "33.4%", False),
        (0, 0, "0.0%", False),
    ],
)
def test_above_ninety_five_percent_earns_the_reward_and_ninety_five_does_not(
    count: int, of: int, shown: str, rewarded: bool
) -> None:
    rate = Rate(count, of)
    assert (str(rate), rate.rewarded) == (shown, rewarded)
    assert rate.rewarded == (of > 0 and count * 100 > 95 * of)


@pytest.mark.req("S91")
def test_managers_ask_for_the_list_and_nobody_else_gets_it(desk: Story) -> None:
    liu, wu = desk.engineer("刘工", channel="dingtalk"), desk.engineer("吴工", channel="dingtalk", on_duty=False)
    sun = desk.manager("孙经理", channel="feishu")
    sun.says("首图直传率")
    sun.hears("figures", "2026-03 没有完成的工单")
    repaired(desk, liu, "打印机卡纸")
    repaired(desk, wu, "空压机漏油", photo=False)
    sun.says("首图直传率")
    sun.hears("figures", "首图直传率 2026-03", "刘工 100.0%（1/1）达标，有奖", "吴工 0.0%（0/1）", "图片留存率 100.0%")
    sun.says("2月首图直传率")
    sun.hears("figures", "2026-02 没有")
    liu.says("首图直传率")
    liu.hears("error_hint", "只有经理")


@pytest.mark.req("S91")
def test_a_photo_whose_content_never_came_is_missed(desk: Story) -> None:
    liu = desk.engineer("刘工", channel="dingtalk")
    number = repaired(desk, liu, "打印机卡纸")
    desk.act(lambda turn: lost(turn, number))
    kept = desk.act(lambda turn: photo_figures(turn, "main", MARCH)).kept
    assert (kept.count, kept.of) == (0, 1)


def lost(turn: Turn, number: str) -> None:
    for row in turn.rows(Attachment, select(Attachment.table)):
        row.hash = row.marked = None


@pytest.mark.req("S91")
def test_the_list_comes_by_itself_on_the_first_once_and_after_a_stop_for_every_month(desk: Story) -> None:
    liu, sun = desk.engineer("刘工", channel="dingtalk"), desk.manager("孙经理", channel="feishu")
    for _ in range(2):
        desk.act(lambda turn: monthly.begin(turn, REPORTS))
    repaired(desk, liu, "打印机卡纸")
    first = Span(2026, 4).begins(Policies().zone, hour=9)
    desk.moves_to(first - SECOND)
    desk.unheard.clear()
    assert not told(desk, sun, "首图直传率 2026-03")
    desk.moves_to(first)
    assert told(desk, sun, "首图直传率 2026-03") == 1
    desk.act(lambda turn: monthly.begin(turn, REPORTS))
    desk.moves_to(first + 20 * DAY)
    assert told(desk, sun, "首图直传率") == 0
    waiting = desk.act(lambda turn: turn.rows(Timer, select(Timer.table)))
    mine = [one.episode for one in waiting if one.subject == "report:first_photo" and one.state == TimerState.WAITING]
    assert mine == ["2026-04"]


def told(desk: Story, sun: Party, words: str) -> int:
    """How many messages with these words he has got since the last look."""
    desk.listen()
    found = [message for message in desk.unheard if message.who == sun.address and words in message.text]
    desk.unheard.clear()
    return len(found)


@pytest.mark.req("S91")
def test_what_fell_due_while_the_desk_stood_still_is_told_span_by_span(desk: Story) -> None:
    sun = desk.manager("孙经理", channel="feishu")
    report = Report("trial", lambda turn, entity, span, lang: f"trial {span}", QUARTER)
    house: Any = desk.rehearsal.desk.house
    house.timers.update(monthly.timers([report]))
    try:
        desk.act(lambda turn: monthly.begin(turn, [report]))
        desk.rehearsal.clock.now += 200 * DAY
        desk.settle()
        for span in ("2026-Q1", "2026-Q2"):
            sun.hears("figures", f"trial {span}")
        assert told(desk, sun, "trial") == 0
    finally:
        del house.timers[report.timer]


def test_spans_follow_one_another_and_know_their_names() -> None:
    zone = Policies().zone
    for months in (MONTH, QUARTER):
        span = Span.around(desk_start := MARCH.begins(zone, hour=10), zone, months)
        for _ in range(30):
            assert Span.named(str(span)) == span and span.later().later(-1) == span
            assert span.ends(zone) == span.later().begins(zone)
            assert (
                Span.around(span.begins(zone), zone, months) == span == Span.around(span.ends(zone) - 1, zone, months)
            )
            span = span.later()
        assert span.begins(zone) > desk_start + 24 * HOUR
    assert [str(Span(2026, 12).later()), str(Span(2026, 1, QUARTER).later(-1))] == ["2027-01", "2025-Q4"]
