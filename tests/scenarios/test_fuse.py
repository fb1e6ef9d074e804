"""静默超时熔断 (S11): a P0 without a processing action for an hour rings somebody, and only a human act stops it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.tickets.model import Status
from core.words import HOUR, MINUTE, SECOND, Receipt, Room, Say
from tests.scenarios.escalated import LIU, MICROSECOND, NOTE, QIAN, SUN, House, house
from tests.scenarios.so_far import REASON


@pytest.fixture
def desk_house(desk_url: str) -> Iterator[House]:
    with house(desk_url) as everybody:
        yield everybody


def burns(house: House, number: str) -> None:
    """The fuse of this ticket burns down at this instant, and no earlier."""
    sun = house.desk.phone(SUN)
    sun.silent()
    house.desk.moves_to(house.desk.now + MICROSECOND)
    sun.rings(number, "按1", within=0)
    house.sun.hears("escalation", number, "没有处理动作", within=0)
    house.managers.hears("escalation", number, within=0)


@pytest.mark.req("S11")
def test_at_sixty_minutes_and_not_a_microsecond_earlier_the_duty_manager_is_called(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR - MICROSECOND)
    desk_house.desk.phone(SUN).silent()
    desk_house.desk.unheard.clear()
    burns(desk_house, number)
    assert desk_house.desk.ticket(number).red == "fuse"
    desk_house.qian.hears("overdue", number, within=0)
    desk_house.desk.phone(SUN).gets(number, within=60)
    desk_house.at(number, HOUR + 10 * MINUTE - MICROSECOND)
    desk_house.desk.nobody_heard_anything_else()


@pytest.mark.req("S11", "S6")
@pytest.mark.parametrize("click", ["收到", "1", "接单 {0}", "到了 {0}"])
def test_what_says_nothing_does_not_put_it_out(desk_house: House, click: str) -> None:
    number = desk_house.p0()
    desk_house.at(number, 30 * MINUTE)
    desk_house.liu.says(click.format(number))
    desk_house.at(number, HOUR - MICROSECOND)
    desk_house.desk.unheard.clear()
    burns(desk_house, number)


@pytest.mark.req("S11")
@pytest.mark.parametrize("act", ["note", "photo"])
def test_a_processing_action_starts_it_anew(desk_house: House, act: str) -> None:
    number = desk_house.p0()
    desk_house.liu.says(f"接单 {number}")
    desk_house.at(number, 59 * MINUTE + 59 * SECOND)
    if act == "note":
        desk_house.liu.says(f"{number} {NOTE}")
    else:
        desk_house.liu.sends_photo()
    acted = desk_house.desk.ticket(number).last_action_at
    assert acted is not None
    desk_house.at(number, 61 * MINUTE)
    desk_house.desk.unheard.clear()
    desk_house.desk.moves_to(acted + HOUR - MICROSECOND)
    desk_house.desk.unheard.clear()
    burns(desk_house, number)


@pytest.mark.req("S11")
def test_on_hold_until_a_date_nobody_is_called(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.liu.says(f"接单 {number}")
    desk_house.liu.says(f"挂起 {number} {REASON}，明天上午10点恢复")
    assert desk_house.desk.ticket(number).hold_until is not None
    desk_house.at(number, 5 * HOUR)
    desk_house.desk.phone(SUN).silent()


@pytest.mark.req("S11")
def test_the_work_is_done_and_nobody_is_called(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.liu.says(f"接单 {number}")
    desk_house.liu.says(f"完成 {number} {REASON}")
    assert desk_house.desk.ticket(number).status == Status.DONE
    desk_house.at(number, 5 * HOUR)
    desk_house.desk.phone(SUN).silent()


@pytest.mark.req("S11")
def test_a_key_takes_it_everybody_sees_it_and_an_hour_without_work_rings_one_level_higher(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    sun, qian, desk = desk_house.desk.phone(SUN), desk_house.desk.phone(QIAN), desk_house.desk
    sun.rings(number, within=0)
    desk.passes(seconds=20)
    sun.presses("1")
    taken = desk.now
    desk_house.sun.hears("action_done", number, "确认不算处理")
    desk_house.managers.hears("acknowledged", number, "孙经理")
    ticket = desk.ticket(number)
    assert (ticket.acked_at, ticket.acked_by) == (taken, desk_house.sun.person_id)
    desk.unheard.clear()
    desk.moves_to(taken + HOUR - MICROSECOND)
    qian.silent()
    desk.moves_to(taken + HOUR)
    qian.rings(number, within=0)
    desk_house.qian.hears("escalation", number, "第 1 级", within=0)
    sun.silent()
    qian.presses("1")
    desk_house.sun.hears("customer_waiting", number, "没有听到新消息", within=0)
    desk_house.sun.hears_nothing()
    desk_house.liu.says(f"接单 {number}")
    desk_house.liu.says(f"{number} {NOTE}")
    desk.unheard.clear()
    desk.passes(minutes=59)
    qian.silent()
    sun.silent()


@pytest.mark.req("S11")
@pytest.mark.parametrize("how", ["key", "sms", "button", "command", "收到"])
def test_whoever_is_entitled_takes_it_by_key_reply_button_or_command(desk_house: House, how: str) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    desk, sun = desk_house.desk, desk_house.sun
    match how:
        case "key":
            desk.phone(SUN).presses("1")
        case "sms":
            desk.phone(SUN).replies("1")
        case "button":
            sun.says(kind="press", token=f"acknowledge:{number}")
        case "command":
            sun.says(f"确认 {number}")
        case _:
            sun.says("收到")
    sun.hears("action_done", number)
    assert desk.ticket(number).acked_by == sun.person_id
    desk.unheard.clear()
    desk.passes(minutes=59)
    desk.phone(SUN).silent()
    desk.phone(QIAN).silent()


@pytest.mark.req("S11")
@pytest.mark.parametrize("pressed", ["2", "#"])
def test_another_key_or_hearing_it_to_the_end_takes_nothing(desk_house: House, pressed: str) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    sun, qian = desk_house.desk.phone(SUN), desk_house.desk.phone(QIAN)
    sun.rings(number, within=0)
    sun.answers()
    sun.presses(pressed)
    sun.declines()
    assert desk_house.desk.ticket(number).acked_at is None
    desk_house.at(number, HOUR + 10 * MINUTE - MICROSECOND)
    qian.silent()
    desk_house.at(number, HOUR + 10 * MINUTE)
    qian.rings(number, within=0)


@pytest.mark.req("S11")
def test_a_key_counts_before_the_desk_knows_what_became_of_its_call(desk_house: House) -> None:
    """The provider takes the call and its answer is lost: the telephone rings, and its name is not known yet."""
    number = desk_house.p0()
    desk_house.at(number, HOUR - MICROSECOND)
    calls = desk_house.desk.rehearsal.phones.desk_phone.calls
    post = calls.post

    async def lost(room: Room, say: Say, key: str) -> Receipt:
        await post(room, say, key)
        return Receipt("unknown", why="timeout")

    calls.post = lost  # type: ignore[method-assign]
    desk_house.at(number, HOUR)
    desk_house.desk.phone(SUN).rings(number, within=0)
    desk_house.desk.phone(SUN).presses("1")
    assert desk_house.desk.ticket(number).acked_by == desk_house.sun.person_id


@pytest.mark.req("S11")
def test_a_call_that_is_rejected_goes_to_the_next_at_once(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    sun, qian = desk_house.desk.phone(SUN), desk_house.desk.phone(QIAN)
    sun.rings(number, within=0)
    sun.declines()
    sun.gets(number, within=1)
    qian.rings(number, within=1)


@pytest.mark.req("S11")
def test_nobody_answers_and_it_goes_on_until_somebody_does(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    sun, qian, desk = desk_house.desk.phone(SUN), desk_house.desk.phone(QIAN), desk_house.desk
    sun.rings(number, within=0)
    sun.gets(number, within=61)
    desk_house.at(number, HOUR + 10 * MINUTE)
    qian.rings(number, within=0)
    desk_house.at(number, HOUR + 20 * MINUTE)
    sun.rings(number, within=0)
    qian.rings(number, within=0)
    desk_house.at(number, 2 * HOUR)
    sun.rings(number, within=0)
    sun.presses("1")
    desk.unheard.clear()
    desk.passes(minutes=59)
    sun.silent()
    qian.silent()


@pytest.mark.req("S11", "S8")
def test_who_is_not_entitled_takes_nothing(desk_house: House) -> None:
    hu = desk_house.desk.buyer("胡采购")
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    hu.says(kind="press", token=f"acknowledge:{number}")
    hu.hears("error_hint")
    assert desk_house.desk.ticket(number).acked_at is None


@pytest.mark.req("S11")
def test_work_ends_the_alarm_without_any_acknowledgement(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.liu.says(f"接单 {number}")
    desk_house.at(number, HOUR)
    desk_house.desk.phone(SUN).rings(number, within=0)
    desk_house.liu.says(f"{number} {NOTE}")
    desk_house.desk.unheard.clear()
    assert desk_house.desk.ticket(number).red is None
    desk_house.at(number, HOUR + 59 * MINUTE)
    desk_house.desk.phone(SUN).silent()
    desk_house.desk.phone(QIAN).silent()
    desk_house.desk.phone(SUN).replies("1")
    desk_house.sun.hears("hint", "没有要你接手")


@pytest.mark.req("S10", "S11")
def test_raised_to_p0_the_hour_begins_then_and_who_has_it_hears_at_once(desk_house: House) -> None:
    number = desk_house.ticket_in(Status.ACCEPTED)
    desk_house.at(number, 90 * MINUTE)
    desk_house.sun.says(f"{number} 改P0")
    raised = desk_house.desk.now
    desk_house.liu.hears("escalation", number, within=0)
    desk_house.desk.phone(LIU).gets(number, within=0)
    desk_house.technicians.hears("escalation", number, within=0)
    desk_house.desk.unheard.clear()
    desk_house.desk.moves_to(raised + HOUR - MICROSECOND)
    desk_house.desk.unheard.clear()
    desk_house.desk.moves_to(raised + HOUR)
    desk_house.desk.phone(SUN).rings(number, within=0)


@pytest.mark.req("S11")
def test_settings_that_change_move_no_alarm_under_way(desk_house: House) -> None:
    number = desk_house.p0()
    desk_house.at(number, HOUR)
    [alarm, fuse, *_] = desk_house.episodes(number)
    assert (alarm.promise, fuse.promise) == ("alarm", "fuse")
    assert [step["after"] for step in fuse.ladder["steps"]] == [0, 0, 10 * MINUTE, 20 * MINUTE]
