"""我的工单, 我的设备, 我的报告, 下次保养什么时候: a customer sees all that is his, and nothing of anybody else's (S97, S104)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from config.rehearsal import CODES, PAGES
from core.people.linking import direct_room
from core.people.model import Person
from core.people.passes import read_pass
from core.reports.model import Report, ReportState
from core.scans.codes import Code
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Status
from core.tickets.queries import by_number
from core.tickets.reporting import Told, report
from tests.scenario import Heard, Party, Story
from tests.scenarios.so_far import ticket_in

S = Status


def leads_to(desk: Story, heard: Heard) -> tuple[int, str]:
    """Whom the link lets in, and where."""
    link = heard.reached.say.link
    assert link is not None
    found = read_pass(PAGES.key, urlsplit(link).query.removeprefix("p="), desk.now)
    assert urlsplit(link).path == f"/{found.subject}"
    return found.person_id, found.subject


def inquiries(desk: Story) -> int:
    found = desk.act(lambda turn: turn.rows(Event, select(Event.table).where(Event.table.c.kind == Happened.INQUIRED)))
    return len(found)


def closed_before(desk: Story, customer: Party, device: str, fault: str, *, serial: str = "") -> str:
    """The number of a ticket of his that is over."""

    def act(turn: Turn) -> str:
        person = turn.get(Person, customer.person_id)
        room = direct_room(turn, person) if person else None
        assert person is not None and room is not None
        fields = {"device": device, "fault_symptom": fault, **({"serial_no": serial} if serial else {})}
        ticket = report(turn, person, room, Told(fault, fields))
        ticket.status, ticket.closed_at = S.CLOSED, turn.now
        return ticket.number

    number = desk.act(act)
    desk.passes(seconds=10)
    desk.unheard.clear()
    return number


def _world(desk: Story) -> tuple[Party, Party]:
    desk.manager("孙经理")
    return desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")


@pytest.mark.req("S97")
@pytest.mark.parametrize("words", ["我的工单", "帮我查一下我的工单", "看看我的报修单有哪些？", "my tickets"])
def test_his_tickets_are_listed_those_under_way_first_and_a_link_opens_all(desk: Story, words: str) -> None:
    wang, liu = _world(desk)
    other = ticket_in(desk, S.ACCEPTED, desk.customer("陈先生", phone="13800138022"), liu, "空压机", "漏油")
    open_one = ticket_in(desk, S.ACCEPTED, wang, liu)
    over = closed_before(desk, wang, "投影仪", "打不开")
    wang.says(words)
    heard = wang.hears("own_list", open_one, over, "刘工")
    assert heard.text.index(open_one) < heard.text.index(over) and other not in heard.text
    assert leads_to(desk, heard) == (wang.person_id, "my")


@pytest.mark.req("S97")
def test_more_than_five_are_counted_and_a_question_after_progress_still_counts(desk: Story) -> None:
    wang, liu = _world(desk)
    wang.says("我的工单")
    wang.hears("own_list", "还没有报修过")
    numbers = [closed_before(desk, wang, f"{place}号打印机", "卡纸") for place in range(1, 7)]
    wang.says("我的工单")
    heard = wang.hears("own_list", "还有 1 个")
    assert [number in heard.text for number in numbers] == [False, True, True, True, True, True]
    ticket_in(desk, S.ACCEPTED, wang, liu)
    wang.says("修好了吗")
    wang.hears("progress")
    assert inquiries(desk) == 1


@pytest.mark.req("S97", "S66")
def test_his_devices_and_when_each_is_due(desk: Story) -> None:
    wang, liu = _world(desk)
    wang.says("我的设备")
    wang.hears("own_devices", "还没有登记")
    wang.says("下次保养什么时候")
    wang.hears("own_maintenance", "还没有保养计划")
    done = ticket_in(desk, S.DONE, wang, liu)
    closed_before(desk, wang, "空压机", "漏油", serial="GA37-1")
    at = desk.ticket(done).maintenance_at
    assert at is not None
    wang.says("我的设备")
    heard = wang.hears("own_devices", "空压机 SN GA37-1：还没有保养计划", "打印机：下次保养 9月4日")
    assert leads_to(desk, heard) == (wang.person_id, "my")
    wang.says("打印机下次保养什么时候？")
    assert "空压机" not in wang.hears("own_maintenance", "打印机：下次保养").text
    wang.says("空压机什么时候保养")
    wang.hears("own_maintenance", "空压机 SN GA37-1：还没有保养计划")
    wang.says("when is the next maintenance?")
    wang.hears("own_maintenance", "打印机")
    wang.says("没修好")
    desk.passes(seconds=5)
    assert desk.ticket(done).maintenance_at is None, "the work was not done after all"


@pytest.mark.req("S100", "S97")
def test_his_reports_are_listed_but_for_those_that_do_not_hold(desk: Story) -> None:
    wang, liu = _world(desk)
    wang.says("我的报告")
    wang.hears("own_reports", "还没有您的服务报告")
    number = ticket_in(desk, S.DONE, wang, liu)

    def make(turn: Turn) -> None:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        for place, state in enumerate((ReportState.VOID, ReportState.SIGNED), 1):
            row_id = turn.new_id()
            turn.add(
                Report(
                    id=row_id, entity="main", ticket_id=ticket.id, event_id=-row_id, person_id=ticket.customer_id,
                    number=f"{number}-{place}", token=f"token{place}", state=state, ordered_at=turn.now, made_at=turn.now,
                    hash="0" * 64,
                )
            )  # fmt: skip

    desk.act(make)
    wang.says("我的报告")
    heard = wang.hears("own_reports", f"{number}-2", "您已签字")
    assert f"{number}-1" not in heard.text


@pytest.mark.req("S104", "S18")
def test_a_devices_code_shows_each_his_own_of_its_life(desk: Story) -> None:
    wang, liu = _world(desk)[0], desk.engineer("刘工", channel="feishu")
    wang.says("你好")
    chen = desk.customer("陈先生", channel="wechat_mp", phone="13800138022")
    chen.says("你好")
    desk.passes(seconds=5)
    hers = closed_before(desk, wang, "空压机", "漏油", serial="GA37-1")
    his = [closed_before(desk, chen, "空压机", f"第{place}次异响", serial="GA37-1") for place in range(1, 8)]
    token = CODES.token("main", Code("device", "GA37-1"))
    chen.does("enter", token)
    heard = chen.hears("smalltalk", "您在这台设备上的工单", "还有 2 个")
    assert hers not in heard.text and [number in heard.text for number in his] == [False, False, *[True] * 5]
    assert f"/my/devices/{his[-1]}/0?p=" in (heard.reached.say.link or "")
    stranger = desk.customer("路人", channel="wechat_mp")
    stranger.does("enter", token)
    seen = stranger.hears("smalltalk", "已识别设备")
    assert "GD-" not in seen.text and seen.reached.say.link is None
    liu.does("enter", token)
    everything = liu.hears("device_history", hers)
    assert all(number in everything.text for number in his)


def test_whoever_tells_of_a_fault_is_not_taken_to_ask_for_a_list(desk: Story) -> None:
    wang, _ = _world(desk)
    wang.says("我的设备空压机漏油了，下次保养什么时候")
    number = wang.hears("ack_created").ticket
    assert desk.ticket(number).device == "空压机"
