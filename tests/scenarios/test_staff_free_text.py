"""Free text of engineers: several things in one message, and messages that come late (S12, S38, S90)."""

from __future__ import annotations

import pytest

from core.parts.model import PartRequest
from core.tickets.model import Status
from core.words import MINUTE, SECOND
from tests.scenario import Party, Story
from tests.scenarios.so_far import FIFTY, PART, ticket_in

S = Status
ALL_AT_ONCE = f"到现场了，液压站压力不够，要换件 {PART} 一个"


def _world(desk: Story) -> tuple[Party, Party, Party]:
    return desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")


def _says_late(desk: Story, who: Party, text: str, minutes: float) -> int:
    """He wrote it that many minutes ago, where there was no network; when he wrote it, in whole seconds as the platform tells it."""
    server = desk.rehearsal.wecom
    server.without_network = int(minutes * MINUTE)
    written = (desk.now - server.without_network) // SECOND * SECOND
    who.says(text)
    server.without_network = 0
    return written


@pytest.mark.req("S12", "S16", "S90")
def test_arrival_note_and_part_in_one_message_and_all_of_it_taken_back(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    buyer = desk.buyer("赵采购")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(ALL_AT_ONCE)
    echo = liu.hears("action_done", number, "到场", "首响", PART, "撤回")
    assert "\n" not in echo.text.strip() and echo.text.count(number) == 1
    liu.hears_nothing()
    ticket = desk.ticket(number)
    assert ticket.status == S.WAITING_PART and ticket.arrived_at and ticket.first_response_at
    buyer.hears("part_request", PART)
    desk.passes(seconds=20)
    liu.says("撤回")
    liu.hears("action_done", number)
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.arrived_at, ticket.first_response_at) == (S.ACCEPTED, None, None)
    buyer.hears("correction", number)
    assert [row.state for row in desk.act(lambda turn: turn.rows(PartRequest, PartRequest.table.select()))] == [
        "withdrawn"
    ]


@pytest.mark.req("S12")
def test_taking_a_ticket_with_news_is_one_line(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    liu.says(f"接单{number}，已联系客户，让他先断电")
    liu.hears("action_done", number, "接单成功", "首响", "撤回")
    liu.hears_nothing()
    assert desk.ticket(number).first_response_at


@pytest.mark.req("S12", "S90")
def test_an_arrival_that_comes_after_the_work_is_done_overturns_nothing(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    desk.passes(minutes=30)
    liu.says(f"完成 {number} {FIFTY}")
    liu.hears("action_done", number)
    wang.hears("done", number)
    desk.passes(minutes=10)
    desk.listen()
    desk.unheard.clear()
    written = _says_late(desk, liu, "到现场了，卡纸在定影组件", 25)
    liu.hears("action_done", number, "补记", "不动")
    ticket = desk.ticket(number)
    assert ticket.status == S.DONE
    assert (ticket.arrived_at, ticket.first_response_at) == (written, written)
    wang.hears_nothing(seconds=20)


@pytest.mark.req("S12", "S90")
def test_what_is_written_in_the_order_in_which_it_happened_is_carried_out_however_late(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    desk.passes(minutes=90)
    desk.unheard.clear()
    arrived = _says_late(desk, liu, "到了，压力表才两公斤", 80)
    liu.hears("action_done", number)
    done = _says_late(desk, liu, f"完成 {number} {FIFTY}", 10)
    liu.hears("action_done", number)
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.arrived_at, ticket.done_at) == (S.DONE, arrived, done)


@pytest.mark.req("S11", "S12")
@pytest.mark.parametrize(("written", "in_time"), [(59, True), (61, False)])
def test_a_note_from_before_the_fuse_burnt_counts_when_it_was_written(desk: Story, written: int, in_time: bool) -> None:
    """The fuse (60 min) has rung; the note was written a minute before it burnt, or a minute after."""
    wang, liu, _ = _world(desk)
    wang.says("注塑机整条线停了，报 E-07")
    desk.passes(seconds=20)
    number = desk.tickets()[0].number
    created = desk.ticket(number).created_at
    liu.says(f"接单 {number}")
    desk.moves_to(created + 75 * MINUTE)
    desk.listen()
    assert any(each.say.purpose in ("escalation", "overdue") for each in desk.unheard)
    desk.unheard.clear()
    at = _says_late(desk, liu, f"{number} 已断电挂牌，伺服报警在查", 75 - written)
    liu.hears("action_done", number)
    ticket = desk.ticket(number)
    assert ticket.first_response_at == at == ticket.last_action_at
    assert (at <= created + 60 * MINUTE) is in_time
    desk.unheard.clear()
    desk.moves_to(at + 59 * MINUTE)
    desk.listen()
    assert not [each for each in desk.unheard if each.say.purpose == "escalation"]


@pytest.mark.req("S58")
def test_who_cannot_take_it_gives_it_back_or_is_asked_to_whom(desk: Story) -> None:
    wang, liu, _ = _world(desk)
    desk.engineer("张工", on_duty=False)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says("这单我接不了，家里有事")
    liu.hears("error_hint", "转给谁")
    liu.says("转给张工")
    liu.hears("action_done", number, "张工")
    assert desk.ticket(number).status == S.UNASSIGNED
