"""Nobody moves (S21, S87, S88, S34, S9): the stage holder's superior hears once, with both sides; a date that was named waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.escalation.idling import idle_since
from core.tickets.model import Status as S
from core.words import DAY, HOUR, MINUTE
from tests.scenario import WEDNESDAY_TEN
from tests.scenarios.escalated import MICROSECOND, NOTE, SUN, House, house
from tests.scenarios.so_far import PART, REASON

SIX_IN_THE_EVENING = WEDNESDAY_TEN + 8 * HOUR
"""When the house closes on Wednesday; it opens at 08:30 on Thursday."""


@pytest.fixture
def here(desk_url: str) -> Iterator[House]:
    with house(desk_url) as everybody:
        yield everybody


def warned(here: House, number: str, who: str = "sun") -> str:
    """At this instant, and no earlier, a superior is warned; what he reads."""
    superior = getattr(here, who)
    superior.hears_nothing()
    here.desk.moves_to(here.desk.now + MICROSECOND)
    return superior.hears("stuck_warning", number, within=0).text


@pytest.mark.req("S21", "S87")
@pytest.mark.parametrize("status", [S.UNASSIGNED, S.ACCEPTED, S.ON_SITE, S.WAITING_PART, S.ON_HOLD])
def test_two_hours_without_an_update_and_not_a_microsecond_less(here: House, status: S) -> None:
    hu = here.desk.buyer("胡采购")
    here.change(hu, reports_to=here.qian.person_id)
    number = here.ticket_in(status)
    moved = here.desk.ticket(number).moved_at
    assert moved is not None
    here.desk.moves_to(moved + 2 * HOUR - MICROSECOND)
    here.desk.unheard[:] = [m for m in here.desk.unheard if m.say.purpose == "stuck_warning"]
    text = warned(here, number, "qian" if status in (S.WAITING_PART, S.UNASSIGNED) else "sun")
    assert "上游：" in text and "卡点：" in text and "下游：" in text
    assert here.desk.ticket(number).red in ("stuck", "silent")
    for nobody in (here.liu, hu, here.managers):
        nobody.hears_nothing(seconds=3600)


@pytest.mark.req("S21")
def test_the_night_does_not_count(desk_url: str) -> None:
    with house(desk_url, SIX_IN_THE_EVENING - 30 * MINUTE) as here:
        number = here.ticket_in(S.ACCEPTED)
        moved = here.desk.ticket(number).moved_at
        assert moved is not None
        open_today = SIX_IN_THE_EVENING - moved
        here.desk.moves_to(SIX_IN_THE_EVENING + 14 * HOUR + 30 * MINUTE + 2 * HOUR - open_today - MICROSECOND)
        warned(here, number)


@pytest.mark.req("S21")
def test_a_p0_counts_at_night_too(desk_url: str) -> None:
    with house(desk_url, SIX_IN_THE_EVENING) as here:
        number = here.p0()
        here.liu.says(f"接单 {number}")
        moved = here.desk.ticket(number).moved_at
        assert moved is not None
        here.desk.moves_to(moved + 2 * HOUR)
        assert {episode.promise for episode in here.episodes(number)} >= {"stuck", "fuse"}
        told = [m for m in here.desk.unheard if m.say.purpose == "stuck_warning" and m.who == here.sun.address]
        assert told == [], "whom the fuse has alerted is not warned besides"


@pytest.mark.req("S21", "S87")
def test_an_update_starts_it_anew_and_a_stay_is_warned_of_once_by_the_red_line(here: House) -> None:
    number = here.ticket_in(S.WAITING_PART)
    here.desk.buyer("胡采购")
    here.desk.passes(minutes=119)
    here.liu.says(f"{number} {NOTE}")
    noted = here.desk.ticket(number).moved_at
    assert noted is not None
    here.desk.unheard.clear()
    here.desk.moves_to(noted + 2 * HOUR - MICROSECOND)
    warned(here, number)
    here.liu.says(f"{number} 供应商说还在查，{NOTE}")
    assert here.desk.ticket(number).red is None
    here.desk.unheard.clear()
    here.desk.passes(hours=3)
    here.sun.hears_nothing()


@pytest.mark.req("S87")
def test_an_engineer_who_falls_silent_again_is_told_of_again(here: House) -> None:
    number = here.ticket_in(S.ACCEPTED)
    here.desk.passes(hours=2)
    here.sun.hears("stuck_warning", number, within=0)
    here.sun.hears_nothing()
    here.liu.says(f"{number} {NOTE}")
    noted = here.desk.ticket(number).moved_at
    assert noted is not None
    here.desk.unheard.clear()
    here.desk.moves_to(noted + 2 * HOUR - MICROSECOND)
    assert "接单后" in warned(here, number)


@pytest.mark.req("S21", "S87")
def test_a_date_that_was_named_is_waited_for(here: House) -> None:
    number = here.ticket_in(S.ACCEPTED)
    here.liu.says(f"改约 {number} 明天上午10点")
    here.desk.unheard.clear()
    start = here.desk.ticket(number).appointment_start
    assert start == WEDNESDAY_TEN + DAY
    here.desk.moves_to(start + 2 * HOUR - MICROSECOND)
    here.desk.unheard[:] = [m for m in here.desk.unheard if m.say.purpose == "stuck_warning"]
    warned(here, number)


@pytest.mark.req("S21")
def test_while_a_part_has_a_date_nobody_is_warned(here: House) -> None:
    hu = here.desk.buyer("胡采购")
    number = here.ticket_in(S.WAITING_PART)
    hu.says(f"{number} {PART} 周五到货")
    here.desk.unheard.clear()
    here.desk.passes(hours=26)
    assert not [m for m in here.desk.unheard if m.say.purpose == "stuck_warning"]


@pytest.mark.req("S21")
def test_a_hold_with_a_date_waits_for_it(here: House) -> None:
    number = here.ticket_in(S.ACCEPTED)
    here.liu.says(f"挂起 {number} {REASON}，明天上午10点恢复")
    until = here.desk.ticket(number).hold_until
    assert until is not None
    here.desk.unheard.clear()
    here.desk.moves_to(until + 2 * HOUR - MICROSECOND)
    here.desk.unheard[:] = [m for m in here.desk.unheard if m.say.purpose == "stuck_warning"]
    warned(here, number)


@pytest.mark.req("S88")
@pytest.mark.parametrize(("level", "goes"), [("B", True), ("A", False), ("C", False), (None, False)])
def test_a_b_customer_goes_one_level_up_after_a_day(here: House, level: str, goes: bool) -> None:
    number = here.ticket_in(S.ACCEPTED)
    here.grade(level)
    here.liu.says(f"{number} {NOTE}")
    here.liu.says(f"改约 {number} 后天上午10点")
    here.at(number, DAY - MICROSECOND)
    here.desk.unheard.clear()
    here.at(number, DAY)
    if goes:
        here.sun.hears("escalation", number, "B 类客户", within=0)
    here.sun.hears_nothing()
    here.desk.passes(hours=30)
    assert not [m for m in here.desk.unheard if m.say.purpose == "escalation"]


@pytest.mark.req("S88", "S9")
def test_a_b_customer_without_a_response_escalates_once_and_the_engineer_hears_he_is_late(here: House) -> None:
    number = here.ticket_in(S.ACCEPTED)
    here.grade("B")
    here.at(number, DAY - MICROSECOND)
    here.desk.unheard.clear()
    here.at(number, DAY)
    here.sun.hears("escalation", number, within=0)
    here.liu.hears("overdue", number, within=0)
    here.desk.nobody_heard_anything_else()


@pytest.mark.req("S34")
def test_thirty_two_that_say_in_progress_are_listed_at_seventy_two_hours(here: House) -> None:
    numbers = [here.ticket_in(S.ON_SITE, device=f"{n}号机", fault="异响") for n in range(32)]
    worked = here.ticket_in(S.ON_SITE, device="冲床", fault="漏油")
    here.liu.says(f"{worked} {NOTE}")
    set_so = here.desk.ticket(numbers[-1]).stage_at
    assert set_so is not None
    assert len(here.desk.act(lambda turn: idle_since(turn, "main", 3 * DAY))) == 0
    here.desk.moves_to(set_so + 3 * DAY)
    listed = [m for m in here.desk.unheard if m.say.purpose == "idle_list"]
    text = "\n".join(m.text for m in listed)
    assert all(text.count(f"{number} ") == 1 for number in numbers) and worked not in text
    assert text.count("刘工") == 32 and {m.who for m in listed} == {here.sun.address}
    here.desk.unheard.clear()
    here.desk.passes(hours=80)
    assert not [m for m in here.desk.unheard if m.say.purpose == "idle_list"]


@pytest.mark.req("S34")
def test_seventy_two_hours_to_the_microsecond(here: House) -> None:
    number = here.ticket_in(S.ON_SITE)
    set_so = here.desk.ticket(number).stage_at
    assert set_so is not None
    here.desk.moves_to(set_so + 3 * DAY - MICROSECOND)
    here.desk.unheard.clear()
    here.sun.hears_nothing()
    here.desk.moves_to(set_so + 3 * DAY)
    here.sun.hears("idle_list", number, "刘工", within=0)
    here.sun.says("无效停留有哪些？")
    here.sun.hears("idle_list", number, "刘工")
    here.liu.says(f"{number} {NOTE}")
    here.sun.says("无效停留")
    here.sun.hears("idle_list", "没有无效停留")


@pytest.mark.req("S9", "S12")
def test_a_response_that_is_due_and_has_not_come_is_told_to_the_engineer_and_above(here: House) -> None:
    number = here.ticket_in(S.ACCEPTED)
    here.sun.says(f"{number} 改P1")
    due = here.desk.ticket(number).response_due_at
    assert due is not None
    here.desk.moves_to(due - MICROSECOND)
    here.liu.hears_nothing()
    here.desk.unheard.clear()
    here.desk.moves_to(due)
    here.liu.hears("overdue", number, within=0)
    assert here.desk.ticket(number).red == "response"
    here.liu.says(f"{number} {NOTE}")
    assert here.desk.ticket(number).red is None


@pytest.mark.req("S11", "S21")
def test_a_desk_that_stood_still_for_two_hours_tells_once_and_says_that_it_is_late(here: House) -> None:
    number = here.p0()
    clock = here.desk.rehearsal.clock
    clock.now += 3 * HOUR
    here.desk.settle()
    here.desk.phone(SUN).rings(number, within=0)
    here.sun.hears("escalation", number, "现在补发", within=0)
    here.desk.phone(SUN).gets(number, within=61)
    here.desk.phone(SUN).silent(seconds=60)
