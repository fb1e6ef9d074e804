"""Whoever waits hears an honest word before he has to ask, never too often and never at night (S97, S98)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from core.people.model import Link, Person
from core.policies import Policies
from core.store.model import Event, RoomRow
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Priority, Status
from core.tickets.prioritising import set_priority
from core.tickets.queries import must_find
from core.words import DAY, HOUR, MINUTE, SECOND, Micros
from tests.scenario import WEDNESDAY_TEN, Party, Story, story
from tests.scenarios.so_far import FIFTY, REASON, ticket_in

HALF_PAST_EIGHT = WEDNESDAY_TEN - 90 * MINUTE
"""Wednesday 08:30, when the house opens for nine and a half hours."""
NIGHT, MORNING = WEDNESDAY_TEN + 12 * HOUR, WEDNESDAY_TEN + 22 * HOUR
"""Wednesday 22:00, Thursday 08:00."""


@pytest.fixture
def desk(desk_url: str) -> Any:
    """A desk whose day begins."""
    with story(desk_url, start=HALF_PAST_EIGHT) as told:
        yield told


def waits(desk: Story, status: Status, *, grade: str | None = None, **where: Any) -> tuple[Party, Party, str]:
    """A customer whose ticket stands so, the engineer who has it or may take it, and its number."""
    wang, liu = desk.customer("王女士", phone="13911112222"), desk.engineer("刘工")
    sun = desk.manager("孙经理")
    change(desk, liu, reports_to=sun.person_id)
    change(desk, wang, level=grade)
    number = ticket_in(desk, status, wang, liu, **where)
    return wang, liu, number


def change(desk: Story, party: Party, **fields: Any) -> None:
    """Somebody's entry changes."""

    def act(turn: Turn) -> None:
        person = turn.get(Person, party.person_id)
        assert person is not None
        for name, value in fields.items():
            setattr(person, name, value)

    desk.act(act)


def silence(desk: Story, party: Party) -> list[str]:
    """What he has heard of nothing new, or of a date that has passed, in his chat or by SMS."""
    desk.listen()
    mine = [one for one in desk.unheard if one.who in (party.address, f"+86{party.number}")]
    return [one.text for one in mine if one.say.purpose in ("still_waiting", "customer_waiting")]


def begun(desk: Story, number: str) -> Micros:
    """When the stage began in which the ticket is."""
    stage_at = desk.ticket(number).stage_at
    assert stage_at is not None
    return stage_at


def on_record(desk: Story, number: str) -> list[dict[str, Any]]:
    """What the ticket's chain says of it."""
    stream = desk.ticket(number).stream
    kept = select(Event.table).where(Event.table.c.stream == stream, Event.table.c.kind == Happened.KEPT_POSTED)
    return [event.data for event in desk.act(lambda turn: turn.rows(Event, kept))]


def room_left(desk: Story, party: Party, left: int) -> None:
    """The platform takes so many messages more."""

    def act(turn: Turn) -> None:
        for room in turn.rows(RoomRow, select(RoomRow.table)):
            if room.person_id == party.person_id and room.channel == party.channel:
                room.window_left = left

    desk.act(act)


# ---- how long


BUDGETS = {
    Status.UNASSIGNED: (HOUR, 2 * HOUR, 2 * HOUR),
    Status.ACCEPTED: (2 * HOUR, 3 * HOUR, 4 * HOUR),
    Status.ON_SITE: (2 * HOUR, 3 * HOUR, 4 * HOUR),
    Status.WAITING_PART: (24 * HOUR, 24 * HOUR, 48 * HOUR),
    Status.ON_HOLD: (48 * HOUR, 48 * HOUR, 72 * HOUR),
}
"""What customers of grade A, B and of none hear nothing for, by day."""


@pytest.mark.req("S97")
@pytest.mark.parametrize("status", BUDGETS)
def test_every_stage_and_grade_has_its_budget(desk: Story, status: Status) -> None:
    liu = desk.engineer("刘工")
    due: list[tuple[Micros, Party]] = []
    for place, (grade, span) in enumerate(zip(("A", "B", None), BUDGETS[status], strict=True)):
        party = desk.customer(f"客户{place}", phone=f"1391111222{place}")
        change(desk, party, level=grade)
        due.append((begun(desk, ticket_in(desk, status, party, liu)) + span, party))
    for at, party in sorted(due, key=lambda one: one[0]):
        desk.moves_to(at - SECOND)
        assert silence(desk, party) == []
        desk.moves_to(at)
        assert len(silence(desk, party)) == 1


@pytest.mark.req("S97")
def test_the_word_is_honest_and_whoever_has_the_ticket_hears_of_it(desk: Story) -> None:
    wang, liu, number = waits(desk, Status.ACCEPTED, grade="A")
    room_left(desk, wang, 5)
    desk.moves_to(begun(desk, number) + 2 * HOUR)
    said = wang.hears("still_waiting", within=0).text
    assert "还没有新进展" in said and "刘工已接单" in said and "时间还没有定" in said
    assert "在催刘工" in said and "最迟今天 14:30" in said
    liu.hears("customer_waiting", number, "第 1 次", "请写一句进展", within=0)
    assert on_record(desk, number)[0] | {"ticket": 0} == {
        "ticket": 0, "times": 1, "passed": None, "waiting": 1, "reached": 1,
    }  # fmt: skip


@pytest.mark.req("S97")
def test_nothing_new_is_said_more_and_more_rarely_and_then_no_more(desk: Story) -> None:
    wang, _, number = waits(desk, Status.UNASSIGNED, grade="A")
    start = begun(desk, number)
    following = (
        (start + HOUR, "最迟今天 11:30"),
        (start + 3 * HOUR, "最迟今天 15:30"),
        (start + 7 * HOUR, "之后有进展才再打扰您"),
    )
    for at, then in following:
        room_left(desk, wang, 5)
        desk.moves_to(at - SECOND)
        assert silence(desk, wang) == []
        desk.moves_to(at)
        assert then in wang.hears("still_waiting", within=0).text
    desk.passes(hours=240)
    assert silence(desk, wang) == []
    assert [one["times"] for one in on_record(desk, number)] == [1, 2, 3]


@pytest.mark.req("S97")
def test_the_second_time_his_superior_hears_it_too(desk: Story) -> None:
    _, liu, number = waits(desk, Status.ACCEPTED, grade="A")
    sun = Party(desk, "孙经理", "wecom", "wecom_3")
    desk.moves_to(begun(desk, number) + 2 * HOUR)
    assert (len(silence(desk, liu)), len(silence(desk, sun))) == (1, 0)
    desk.moves_to(begun(desk, number) + 6 * HOUR)
    assert (len(silence(desk, liu)), len(silence(desk, sun))) == (2, 1)
    assert "第 2 次" in silence(desk, sun)[0]


@pytest.mark.req("S97")
def test_whoever_hears_something_else_meanwhile_is_left_alone(desk: Story) -> None:
    wang, _, number = waits(desk, Status.UNASSIGNED)
    desk.passes(hours=1)
    wang.says("修好了吗")
    wang.hears("progress", number)
    asked_at = desk.ticket(number).told_at
    assert asked_at is not None
    desk.moves_to(asked_at + 2 * HOUR - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(asked_at + 2 * HOUR)
    assert len(silence(desk, wang)) == 1


@pytest.mark.parametrize(
    ("due", "hears"),
    [(NIGHT - SECOND, NIGHT - SECOND), (NIGHT, MORNING), (MORNING - SECOND, MORNING), (MORNING, MORNING)],
    ids=["21:59:59", "22:00", "07:59:59", "08:00"],
)
def test_nobody_is_woken(desk: Story, due: Micros, hears: Micros) -> None:
    """A P0 is on the wall clock, and its customer may be told in the night that it is one."""
    wang, liu, number = waits(desk, Status.ACCEPTED)
    desk.moves_to(due - 2 * HOUR)
    room_left(desk, wang, 5)

    def urgent(turn: Turn) -> None:
        his, ticket = turn.get(Person, liu.person_id), must_find(turn, "main", number)
        assert his is not None
        ticket.told_at = turn.now
        set_priority(turn, ticket, his, Priority.P0)

    desk.act(urgent)
    desk.unheard.clear()
    desk.moves_to(hears - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(hears)
    assert len(silence(desk, wang)) == 1


@pytest.mark.req("S97")
def test_the_night_does_not_count(desk: Story) -> None:
    wang, _, number = waits(desk, Status.ACCEPTED, grade="A")
    desk.moves_to(NIGHT - HOUR)
    room_left(desk, wang, 5)
    desk.act(lambda turn: setattr(must_find(turn, "main", number), "told_at", turn.now))
    desk.unheard.clear()
    desk.moves_to(MORNING + HOUR - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(MORNING + HOUR)
    assert len(silence(desk, wang)) == 1


# ---- dates


@pytest.mark.req("S97", "S98")
def test_a_visit_that_was_agreed_is_waited_for_and_owned_up_to_when_nobody_comes(desk: Story) -> None:
    wang, liu, number = waits(desk, Status.ACCEPTED, grade="A")
    liu.says(f"{number} 约3月5日14:30上门")
    liu.hears("action_done")
    ticket = desk.ticket(number)
    until = max(ticket.appointment_start or 0, ticket.appointment_end or 0)
    desk.unheard.clear()
    room_left(desk, wang, 5)
    desk.moves_to(until + 30 * MINUTE - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(until + 30 * MINUTE)
    said = silence(desk, wang)[0]
    assert "说好今天 14:30上门，时间已过" in said and "在催刘工" in said
    assert "跟客户说好今天 14:30" in silence(desk, liu)[0]


@pytest.mark.parametrize("said", ["到了", "14:40 已进厂，正在拆机检查主轴"])
def test_an_engineer_who_is_at_work_is_not_late(desk: Story, said: str) -> None:
    wang, liu, number = waits(desk, Status.ACCEPTED, grade="A")
    liu.says(f"{number} 约3月5日14:30上门")
    desk.moves_to(WEDNESDAY_TEN + DAY + 4 * HOUR + 40 * MINUTE)
    liu.says(f"{number} {said}")
    desk.unheard.clear()
    desk.passes(hours=2)
    assert [one for one in silence(desk, wang) if "时间已过" in one] == []


@pytest.mark.req("S97")
def test_before_the_time_that_he_wished_for_he_would_not_ask(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13911112222"), desk.engineer("刘工")
    wang.says("3楼打印机卡纸 型号HP M428 明天上午来")
    number = wang.hears("ack_created", within=30).ticket
    liu.says(f"接单 {number}")
    desk.unheard.clear()
    desk.moves_to(MORNING + 4 * HOUR - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(MORNING + 4 * HOUR)
    assert len(silence(desk, wang)) == 1


@pytest.mark.req("S97")
def test_a_part_may_come_until_the_house_closes_on_its_day(desk: Story) -> None:
    wang, liu, number = waits(desk, Status.WAITING_PART, grade="A")
    hu = desk.buyer("胡采购")
    hu.says(f"{number} 配件3月5日到货")
    hu.hears("action_done")
    desk.unheard.clear()
    closes = WEDNESDAY_TEN + DAY + 8 * HOUR
    room_left(desk, wang, 5)
    desk.moves_to(closes + 30 * MINUTE - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(closes + 30 * MINUTE)
    assert "配件说好今天（3月5日 周四）到，时间已过" in silence(desk, wang)[0]
    assert silence(desk, hu) and silence(desk, liu)


def test_a_pause_with_a_date_is_kept_until_then(desk: Story) -> None:
    wang, liu, number = waits(desk, Status.ACCEPTED, grade="A")
    liu.says(f"挂起 {number} 到3月6日10:00 {REASON}")
    liu.hears("action_done")
    until = desk.ticket(number).hold_until
    assert until is not None
    desk.unheard.clear()
    desk.moves_to(until + 30 * MINUTE - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(until + 30 * MINUTE)
    assert len(silence(desk, wang)) == 1


# ---- how he is reached


@pytest.mark.req("S98")
@pytest.mark.parametrize(("left", "by_sms"), [(4, False), (3, True), (0, True)])
def test_three_messages_of_a_window_are_left_for_what_matters_more(desk: Story, left: int, by_sms: bool) -> None:
    wang, _, number = waits(desk, Status.UNASSIGNED, grade="A")
    room_left(desk, wang, left)
    desk.moves_to(begun(desk, number) + HOUR)
    phone = desk.phone("13911112222")
    if by_sms:
        assert phone.gets().text == f"工单{number}：暂无新进展，已提醒孙经理；有消息马上告诉您。"
        wang.hears_nothing()
    else:
        wang.hears("still_waiting", number, within=0)
        phone.silent()


def test_who_cannot_be_reached_is_seen(desk: Story) -> None:
    wang, liu, number = waits(desk, Status.ACCEPTED, grade="A")
    room_left(desk, wang, 3)
    change(desk, wang, phone=None)
    desk.moves_to(begun(desk, number) + 2 * HOUR)
    wang.hears_nothing(seconds=60)
    liu.hears("customer_waiting", number, "请打电话", within=0)
    assert [(one["waiting"], one["reached"]) for one in on_record(desk, number)] == [(1, 0)]


def test_who_does_without_hears_nothing(desk: Story) -> None:
    wang, _, number = waits(desk, Status.UNASSIGNED, grade="A")
    wang.says("没进展不用通知我")
    wang.hears("confirm_change", "没有新进展")
    desk.unheard.clear()
    desk.passes(hours=9)
    assert silence(desk, wang) == [] and on_record(desk, number) == []
    wang.says("恢复通知")
    wang.hears("confirm_change")


@pytest.mark.req("S98")
@pytest.mark.parametrize(("hours", "by_sms"), [(47, False), (49, True)])
def test_another_time_is_told_by_whatever_way_is_open(desk: Story, hours: int, by_sms: bool) -> None:
    wang, liu, number = waits(desk, Status.ACCEPTED)
    liu.says(f"{number} 约3月10日14:30上门")
    wang.hears("progress", "14:30")
    desk.passes(hours=hours)
    desk.unheard.clear()
    liu.says(f"{number} 改约3月11日9:00上门")
    if by_sms:
        desk.phone("13911112222").gets("改为3月11日09:00上门", number)
    else:
        wang.hears("correction", "09:00")


# ---- what ends it


@pytest.mark.parametrize("over", [Status.DONE, Status.CANCELLED])
def test_a_ticket_that_is_over_is_silent(desk: Story, over: Status) -> None:
    status = Status.ON_SITE if over == Status.DONE else Status.UNASSIGNED
    wang, liu, number = waits(desk, status, grade="A")
    if over == Status.DONE:
        liu.says(f"完成 {FIFTY} {number}")
    else:
        wang.says(f"取消 {number}")
        wang.says("是")
    assert desk.ticket(number).status == over
    desk.unheard.clear()
    desk.passes(hours=30)
    assert silence(desk, wang) == []


def test_what_was_not_fixed_begins_anew(desk: Story) -> None:
    wang, _, number = waits(desk, Status.DONE, grade="A")
    wang.says("没修好，还是卡纸")
    wang.hears("confirm_change", number)
    desk.unheard.clear()
    at = desk.ticket(number).told_at
    assert at is not None
    desk.moves_to(at + 2 * HOUR - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(at + 2 * HOUR)
    assert len(silence(desk, wang)) == 1


def test_a_step_that_was_taken_back_takes_its_budget_back(desk: Story) -> None:
    wang, liu, number = waits(desk, Status.UNASSIGNED, grade="A")
    liu.says(f"接单 {number}")
    liu.hears("action_done")
    desk.passes(seconds=20)
    liu.says("撤回")
    wang.hears("correction", within=30)
    desk.unheard.clear()
    at = desk.ticket(number).told_at
    assert at is not None and desk.ticket(number).status == Status.UNASSIGNED
    desk.moves_to(at + HOUR - SECOND)
    assert silence(desk, wang) == []
    desk.moves_to(at + HOUR)
    assert len(silence(desk, wang)) == 1


def test_a_house_may_do_without(desk_url: str) -> None:
    plain = Policies()
    with story(desk_url, policies=replace(plain, silence=replace(plain.silence, most=0))) as desk:
        wang, liu, number = waits(desk, Status.ACCEPTED, grade="A")
        liu.says(f"{number} 约3月5日14:30上门")
        desk.unheard.clear()
        desk.passes(hours=80)
        assert silence(desk, wang) == [] and on_record(desk, number) == []


def test_without_chat_and_number_nothing_is_promised(desk: Story) -> None:
    wang, _, number = waits(desk, Status.UNASSIGNED, grade="A")

    def gone(turn: Turn) -> None:
        for link in turn.rows(Link, select(Link.table)):
            link.dead |= link.person_id == wang.person_id

    desk.act(gone)
    desk.moves_to(begun(desk, number) + HOUR)
    assert desk.phone("13911112222").gets("暂无新进展").ticket == number
