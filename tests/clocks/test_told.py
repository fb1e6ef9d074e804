"""What people are told about time: why a ticket counts as overdue, what has stayed, how long hand-overs take, a year without holidays."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import bindparam, select

from config.metrics import Metrics
from config.policies import calendar
from config.settings import Settings
from config.standing import Standing
from core.clocks.beginning import FIRST_LOOK, begin
from core.clocks.calendar import Calendar
from core.insight.flow import flow
from core.people.model import Person
from core.policies import Policies
from core.pulse import Pulse
from core.store.model import Event
from core.tickets import accepting, noting
from core.words import DAY, HOUR, MINUTE, SECOND, Micros
from tests.clocks.test_kept import does, reported
from tests.scenario import Story, story


def told_in_chat(desk: Story) -> str:
    """A ticket as it comes of a chat; its number."""
    wang = desk.customer("王女士", phone=f"138{desk.now % 100_000_000:08}")
    wang.says("空压机漏油")
    return wang.hears("ack_created").ticket


# ---- words


@pytest.mark.req("S9", "S12")
def test_why_it_counts_as_overdue_is_answered_by_segments(desk: Story) -> None:
    sun, liu = desk.manager("孙经理"), desk.engineer("刘工")
    desk.moves_to(desk.now + 7 * HOUR)
    number = reported(desk, "P1")
    desk.passes(hours=17)
    sun.says(f"{number} 为什么超时")
    told = sun.hears("ticket_card", number).text
    assert "首响已超时 30 分：P1 要求 2 小时（工作时间），应在 今天 09:30 前，到现在还没有。" in told
    assert "3月4日 周三 17:00–18:00 计时 1 小时" in told
    assert "不计：营业时间外" in told and "一共计时 2 小时 30 分。" in told
    desk.passes(minutes=1)
    sun.says("为什么这单算超时")
    assert "首响已超时 31 分" in sun.hears("ticket_card", number).text
    mary = desk.manager("Mary", on_duty=False)
    desk.act(lambda turn: setattr(turn.get(Person, mary.person_id), "lang", "en"))
    mary.says(f"why is {number} overdue")
    assert "First response: overdue by 31 min." in mary.hears("ticket_card", number).text
    liu.says(f"{number} 已联系客户，10:30 到")
    sun.says(f"{number} 为什么超时")
    assert "才有" in sun.hears("ticket_card", "首响超时 31 分").text


@pytest.mark.req("S85", "S61")
def test_what_has_stayed_is_listed_by_person_after_forty_eight_hours(desk: Story) -> None:
    sun, zhang = desk.manager("孙经理"), desk.engineer("张工")
    number = reported(desk)
    does(desk, number, lambda turn, ticket: accepting.accept(turn, ticket, turn.get(Person, zhang.person_id)))
    start = desk.ticket(number).created_at
    desk.moves_to(start + 47 * HOUR)
    second = reported(desk)
    desk.moves_to(start + 48 * HOUR)
    sun.says("滞留")
    assert "没有滞留超 48 小时的单" in sun.hears("overdue_list").text
    desk.moves_to(start + 48 * HOUR + SECOND)
    sun.says("滞留")
    told = sun.hears("overdue_list", "滞留超 48 小时的单共 1 张").text
    assert "张工 1 单" in told and f"{number} P2" in told and "已 48 小时" in told and second not in told
    sun.says("看板")
    assert "滞留超 48 小时：张工 1 单" in sun.hears("board").text


@pytest.mark.req("S61", "S62", "S4")
def test_hand_over_time_and_overdue_rate_match_hand_calculation(desk: Story) -> None:
    """Offered to Liu, who takes it after 4 minutes, and in time; the other is offered for 8 minutes, and answered late."""
    desk.manager("孙经理")
    liu = desk.engineer("刘工")
    begun = desk.now
    one = told_in_chat(desk)
    offered = handed(desk, one)
    desk.moves_to(offered + 4 * MINUTE)
    does(desk, one, lambda turn, ticket: accepting.accept(turn, ticket, turn.get(Person, liu.person_id)))
    does(
        desk,
        one,
        lambda turn, ticket: noting.note(turn, ticket, turn.get(Person, liu.person_id), "已联系客户，14:30 到"),
    )
    other = told_in_chat(desk)
    desk.moves_to(handed(desk, other) + 8 * MINUTE)
    does(desk, other, lambda turn, ticket: accepting.accept(turn, ticket, turn.get(Person, liu.person_id)))
    seen = desk.act(lambda turn: flow(turn, "main", begun, desk.now + 1))
    assert (seen.tickets, seen.steps, seen.step, seen.decided, seen.overdue_rate) == (2, 2, 6 * MINUTE, 1, 0.0)
    desk.moves_to(desk.ticket(other).created_at + DAY + 1)
    does(
        desk,
        other,
        lambda turn, ticket: noting.note(turn, ticket, turn.get(Person, liu.person_id), "已联系客户，14:30 到"),
    )
    seen = desk.act(lambda turn: flow(turn, "main", begun, desk.now + 1))
    assert (seen.decided, seen.overdue, seen.overdue_rate, seen.handed_over, seen.often) == (2, 1, 0.5, 0, 0)


def handed(desk: Story, number: str) -> Micros:
    offers = select(Event.table).where(
        Event.table.c.kind == "ticket.offered", Event.table.c.stream == bindparam("stream")
    )
    stream = desk.ticket(number).stream
    return desk.act(lambda turn: turn.rows(Event, offers, stream=stream))[-1].at


# ---- the year


@pytest.mark.req("S9")
def test_managers_hear_of_a_year_without_holidays_once_a_week(desk_url: str) -> None:
    house: Calendar = calendar(Settings(_env_file=None))  # pyright: ignore[reportCallIssue]
    start = 1793750400 * SECOND
    """Wednesday, 4 November 2026, 08:00 in Shanghai: 58 days before 2027."""
    known = replace(house, years=frozenset(range(2004, 2027)))
    with story(desk_url, start=start, policies=Policies(calendar=known)) as desk:
        sun = desk.manager("孙经理")
        desk.act(begin)
        desk.act(begin)
        sun.hears_nothing(seconds=FIRST_LOOK // SECOND - 1)
        sun.hears("hint", "2027", "法定节假日", within=2)
        sun.hears_nothing(seconds=7 * 24 * 3600 - 60)
        sun.hears("hint", "2027", within=120)
        desk.nobody_heard_anything_else()


def test_the_year_is_in_the_metrics() -> None:
    """What Prometheus reads, 60 days and one microsecond before a year that nobody knows, and 60 days before."""
    known = replace(Calendar(), years=frozenset((2026,)))
    new_year = int(datetime(2027, 1, 1, tzinfo=known.zone).timestamp()) * SECOND
    shown, calm = [], Standing(None, 0, (), True)
    for now in (new_year - 60 * DAY - 1, new_year - 60 * DAY):
        text = Metrics(Pulse(lambda: 0), lambda: calm, lambda: 0, lambda now=now: now, known).text().decode()
        shown += re.findall(r"^huiying_holidays_unknown_year (\S+)", text, re.MULTILINE)
    assert [float(value) for value in shown] == [0, 2027]
