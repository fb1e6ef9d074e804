"""What the page of a ticket shows its customer as the story goes on, and what it never shows (S18, S97)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.people.model import Person
from core.store.model import WAITING_TIMERS, Timer
from core.store.turn import Turn
from core.tickets.customer_page import CustomerPage, customer_page
from core.tickets.maintaining import TIMER
from core.tickets.merging import merge
from core.tickets.model import Status, Ticket
from core.tickets.queries import by_number
from tests.scenario import Party, Story
from tests.scenarios.so_far import FIFTY, ticket_in

S = Status
SHOWN = {"number", "device", "fault_symptom", "serial_no"}
"""Fields of a ticket whose words stand on the page."""
REASON = "客户车间明天全天停电检修无法试机，主机油路已检查完毕密封圈已更换，等恢复供电后再做加载测试和保压测试，约好后天上午九点"


def _world(desk: Story) -> tuple[Party, Party, Party]:
    return desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")


def page(desk: Story, party: Party, number: str) -> CustomerPage:
    found = seen(desk, party, number)
    assert found is not None
    return found


def seen(desk: Story, party: Party, number: str) -> CustomerPage | None:
    assert party.person_id is not None
    person_id = party.person_id
    return desk.act(lambda turn: customer_page(turn, person_id, number))


def told(found: CustomerPage) -> list[str]:
    return [step.what for step in found.steps]


@pytest.mark.req("S97", "S16", "S98")
def test_the_story_is_told_as_it_goes_on(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    assert told(page(desk, wang, number)) == ["已报修"]
    liu.says(f"接单 {number}")
    liu.says(f"{number} 我到了")
    liu.says(f"挂起 {number} {REASON}")
    found = page(desk, wang, number)
    assert found.status == "暂停" and "负责人：刘工" in found.facts and any("停电检修" in fact for fact in found.facts)
    assert told(found)[0].startswith("暂停：客户车间明天全天停电检修") and told(found)[1:] == [
        "刘工已到现场",
        "刘工已接单",
        "已报修",
    ]
    assert [stage.place for stage in found.stages] == ["past", "past", "now", "ahead"]
    liu.says(f"恢复 {number}")
    liu.says(f"完成 {number} {FIFTY}")
    desk.passes(seconds=61)
    found = page(desk, wang, number)
    assert told(found)[:2] == ["刘工已处理完成", "继续处理"] and FIFTY not in str(found)
    assert found.maintenance.startswith("下次保养") and [stage.place for stage in found.stages][-1] == "now"
    desk.unheard.clear()
    wang.says("没修好")
    desk.passes(seconds=5)
    found = page(desk, wang, number)
    assert told(found)[0] == "没修好，重新处理" and found.maintenance == ""


def test_what_was_taken_back_is_not_told(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    before = told(page(desk, wang, number))
    liu.says(f"{number} 我到了")
    assert told(page(desk, wang, number)) == ["刘工已到现场", *before]
    liu.says("打错了，撤回")
    assert told(page(desk, wang, number)) == before
    liu.says(f"{number} 我到了")
    assert told(page(desk, wang, number)) == ["刘工已到现场", *before]


def test_the_day_of_maintenance_goes_with_the_completion(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"完成 {number} {FIFTY}")
    ticket = desk.ticket(number)
    assert ticket.maintenance_at is not None
    assert _reminders(desk) == [ticket.maintenance_at]
    liu.says("打错了，撤回")
    assert desk.ticket(number).maintenance_at is None
    assert _reminders(desk) == []


def _reminders(desk: Story) -> list[int]:
    """When the desk will remind of maintenance."""
    waiting = select(Timer.table).where(WAITING_TIMERS, Timer.table.c.kind == TIMER)
    return [timer.due_at for timer in desk.act(lambda turn: turn.rows(Timer, waiting))]


@pytest.mark.req("S51", "S64")
def test_a_ticket_that_was_merged_shows_the_one_in_which_it_is_handled(desk: Story) -> None:
    wang, liu, sun = _world(desk)
    chen = desk.customer("陈先生", phone="13800138022")
    first, second = ticket_in(desk, S.ACCEPTED, wang, liu), ticket_in(desk, S.UNASSIGNED, chen, liu)

    def act(turn: Turn) -> None:
        one, other, by = (
            by_number(turn, "main", second),
            by_number(turn, "main", first),
            turn.get(Person, sun.person_id),
        )
        assert one is not None and other is not None and by is not None
        merge(turn, one, other, by)

    desk.act(act)
    found = page(desk, chen, second)
    assert found.number == first and found.status == "已接单"
    assert page(desk, chen, first).number == first
    assert seen(desk, wang, second) is None, "what the other had reported is not hers"


@pytest.mark.req("S18")
@pytest.mark.parametrize("status", [S.UNASSIGNED, S.ON_HOLD, S.CLOSED])
def test_no_other_field_of_the_ticket_stands_on_it(desk: Story, status: Status) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, status, wang, liu)
    words = {
        name
        for name, value in Ticket.__annotations__.items()
        if "str" in str(value) and name not in {"entity", "number", "status", "held_from", "priority", "asked"}
    }
    assert words >= {"phone", "address", "description", "summary", "preferred_text", "delivery_constraint", "emotion"}

    def write(turn: Turn) -> None:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        for name in words:
            setattr(ticket, name, f"<{name}>")

    desk.act(write)
    found = str(page(desk, wang, number))
    assert {name for name in words if f"<{name}>" in found} <= SHOWN


@pytest.mark.req("S18")
def test_staff_and_strangers_see_no_customers_page(desk: Story) -> None:
    wang, liu, sun = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    stranger = desk.customer("路人", phone="13800138029")
    assert [seen(desk, party, number) for party in (liu, sun, stranger)] == [None, None, None]
    assert seen(desk, wang, "GD-9999") is None
