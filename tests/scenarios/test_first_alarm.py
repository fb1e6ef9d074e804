"""The first alarm of a P0 (S10): WeCom and SMS to the engineer on duty, the technical group on DingTalk; at night also a call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.words import HOUR, MINUTE, SECOND, Receipt
from tests.scenarios.escalated import FRIDAY_NIGHT, LIU, MICROSECOND, SUN, House, house

ALARM = 15 * SECOND


@pytest.fixture
def by_day(desk_url: str) -> Iterator[House]:
    with house(desk_url) as everybody:
        yield everybody


@pytest.fixture
def by_night(desk_url: str) -> Iterator[House]:
    with house(desk_url, FRIDAY_NIGHT) as everybody:
        yield everybody


@pytest.mark.req("S10")
def test_three_sinks_hear_of_it_within_fifteen_seconds(by_day: House) -> None:
    number = by_day.reports_p0()
    made = by_day.desk.ticket(number).created_at
    heard = [
        by_day.liu.hears("escalation", number, within=0),
        by_day.desk.phone(LIU).gets(number, "回复1确认", within=0),
        by_day.technicians.hears("escalation", number, within=0),
        by_day.managers.hears("escalation", number, within=0),
    ]
    assert all(one.reached.at - made < ALARM for one in heard)
    by_day.sun.hears("escalation", number, within=0)
    by_day.desk.phone(LIU).silent(seconds=60)
    by_day.desk.phone(SUN).silent()
    by_day.desk.nobody_heard_anything_else()


@pytest.mark.req("S10")
def test_outside_working_hours_the_engineer_on_duty_is_called_too(by_night: House) -> None:
    number = by_night.reports_p0()
    liu = by_night.desk.phone(LIU)
    liu.gets(number, within=0)
    liu.rings(number, "接手请按1", within=0)
    liu.presses("1")
    by_night.liu.hears("action_done", number)
    by_night.wang.hears("engineer_assigned", "刘工")
    ticket = by_night.desk.ticket(number)
    assert (ticket.status, ticket.acked_by) == ("accepted", by_night.liu.person_id)
    by_night.desk.unheard.clear()
    by_night.desk.passes(minutes=55)
    by_night.desk.phone(SUN).silent()


@pytest.mark.req("S10")
@pytest.mark.parametrize(("before_opening", "rings"), [(MICROSECOND, True), (0, False)])
def test_working_hours_begin_and_end_to_the_microsecond(desk_url: str, before_opening: int, rings: bool) -> None:
    """Saturday, 08:30: the house opens."""
    opens = FRIDAY_NIGHT + 8 * HOUR + 40 * MINUTE
    with house(desk_url, opens - HOUR) as everybody:
        everybody.wang.says("你好")
        everybody.desk.moves_to(opens - before_opening)
        everybody.desk.unheard.clear()
        number = everybody.reports_p0()
        liu = everybody.desk.phone(LIU)
        liu.gets(number, within=0)
        if rings:
            liu.rings(number, within=0)
        liu.silent(seconds=30)


@pytest.mark.req("S10")
def test_at_night_nobody_answers_and_after_five_minutes_the_duty_manager_is_called(by_night: House) -> None:
    number = by_night.reports_p0()
    by_night.desk.phone(LIU).rings(number, within=0)
    by_night.at(number, 5 * MINUTE - MICROSECOND)
    by_night.desk.phone(SUN).silent()
    by_night.at(number, 5 * MINUTE)
    by_night.desk.phone(SUN).rings(number, within=0)


@pytest.mark.req("S10")
def test_a_sink_that_fails_delays_no_other_and_is_tried_again(by_day: House) -> None:
    carrier = by_day.desk.rehearsal.carriers["dingtalk"]
    failing, post = [True], carrier.post

    async def refuses(*args: object) -> Receipt:
        return Receipt("later", after=1.0, why="503") if failing[0] else await post(*args)  # type: ignore[arg-type]

    carrier.post = refuses  # type: ignore[method-assign]
    number = by_day.reports_p0()
    by_day.liu.hears("escalation", number, within=0)
    by_day.desk.phone(LIU).gets(number, within=0)
    by_day.technicians.hears_nothing(seconds=9)
    failing[0] = False
    by_day.technicians.hears("escalation", number, within=30)


@pytest.mark.req("S10")
def test_without_a_number_the_chat_alone_tells_him_and_once(by_day: House) -> None:
    by_day.change(by_day.liu, phone=None)
    number = by_day.reports_p0()
    by_day.liu.hears("escalation", number, within=0)
    by_day.liu.hears_nothing(seconds=30)


@pytest.mark.req("S10")
def test_accepted_in_the_chat_nobody_is_called_any_more(by_night: House) -> None:
    number = by_night.p0()
    by_night.liu.says(f"接单 {number}")
    by_night.desk.unheard.clear()
    by_night.at(number, 59 * MINUTE)
    by_night.desk.phone(SUN).silent()


@pytest.mark.req("S10", "S11")
def test_two_that_fall_together_are_one_sms_and_none_is_dropped(by_day: House) -> None:
    first = by_day.p0()
    other = by_day.desk.customer("李总", "telegram", phone="13911112222")
    third = by_day.desk.customer("陈先生", "telegram", phone="13500001111")
    other.says("冲床停机了，全线停产")
    second = other.hears("ack_created", within=0).ticket
    third.says("锅炉停机了，全厂停产")
    last = third.hears("ack_created", within=0).ticket
    told = by_day.desk.phone(LIU).gets(second, last, within=60)
    assert told.reached.at - by_day.desk.ticket(first).created_at >= MINUTE
    by_day.desk.phone(LIU).silent(seconds=61)
    by_day.desk.phone(LIU).replies("1")
    assert {by_day.desk.ticket(number).acked_by for number in (first, second, last)} == {by_day.liu.person_id}
