"""Somebody scans a code: the desk knows what it names, and shows each what he may see."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from config.rehearsal import CODES
from core.people.model import Duty, Link, Person
from core.scans.codes import Code, CodeKind
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.reporting import Told, report
from core.words import Room
from tests.scenario import Party, Story

SERIAL = "GA37-0812"


def token(kind: CodeKind, target: object) -> str:
    return CODES.token("main", Code(kind, str(target)))


def reported(desk: Story, customer: Party, symptom: str, *, serial: str = SERIAL, closed: bool = False) -> str:
    """The number of a ticket that the customer once reported of the compressor."""

    def act(turn: Turn) -> str:
        person = turn.get(Person, customer.person_id)
        assert person is not None
        fields = {"device": "空压机", "device_model": "GA37", "serial_no": serial, "fault_symptom": symptom}
        fields["address"] = f"{person.name}的车间"
        ticket = report(turn, person, Room(customer.channel, "desk", customer.address), Told(symptom, fields))
        if closed:
            ticket.status, ticket.closed_at, ticket.summary = "closed", turn.now, f"{symptom}已修好"  # type: ignore[assignment]
        return ticket.number

    number = desk.act(act)
    desk.unheard.clear()
    return number


def events(desk: Story, kind: str) -> list[Event]:
    return desk.act(lambda turn: turn.rows(Event, select(Event.table).where(Event.table.c.kind == kind)))


@pytest.mark.req("S67", "S52")
def test_who_scans_a_device_only_says_what_is_wrong(desk: Story) -> None:
    chen = desk.customer("陈先生", channel="webchat", phone="13800138022")
    before = reported(desk, chen, "漏油", closed=True)
    wang, liu = desk.customer("王女士", channel="wechat_mp"), desk.engineer("刘工", channel="feishu")
    wang.does("enter", token("device", SERIAL))
    heard = wang.hears("smalltalk", "空压机 GA37", SERIAL)
    assert "GD-" not in heard.text and "陈" not in heard.text, "what another customer reported is not hers to see"
    wang.says("启动不了")
    number = wang.hears("ack_created").ticket
    liu.hears("assigned", number, "以前", f"1 单，最近一单 {before} ")
    ticket = desk.ticket(number)
    assert (ticket.serial_no, ticket.device, ticket.device_model) == (SERIAL, "空压机", "GA37")
    assert ticket.address is None, "the other's address is no business of hers"
    [event] = events(desk, "code.scanned")
    assert event.data["kind"] == "device"
    desk.chains_are_whole()


@pytest.mark.req("S67")
def test_his_own_device_brings_its_address_and_his_own_tickets(desk: Story) -> None:
    chen = desk.customer("陈先生", channel="wechat_mp", phone="13800138022")
    old = reported(desk, chen, "漏油", closed=True)
    chen.does("enter", token("device", SERIAL))
    chen.hears("smalltalk", "您在这台设备上的工单", old, "漏油")
    chen.says("又启动不了了")
    number = chen.hears("ack_created").ticket
    assert (desk.ticket(number).address, desk.ticket(number).phone) == ("陈先生的车间", "13800138022")
    assert number != old


@pytest.mark.req("S67")
def test_another_device_of_the_same_kind_is_another_ticket(desk: Story) -> None:
    chen = desk.customer("陈先生", channel="wechat_mp", phone="13800138022")
    first = reported(desk, chen, "启动不了")
    chen.does("enter", token("device", "GA37-0999"))
    chen.says("空压机启动不了")
    number = chen.hears("ack_created").ticket
    assert number != first and desk.ticket(number).serial_no == "GA37-0999"
    chen.does("enter", token("device", SERIAL))
    chen.says("还漏油")
    assert "漏油" in desk.ticket(first).description, "the ticket that is open on the scanned device is meant"


@pytest.mark.req("S67")
def test_a_customers_code_says_who_he_is_on_a_new_chat(desk: Story) -> None:
    chen = desk.customer("陈先生", channel="webchat", phone="13800138022")
    reported(desk, chen, "漏油", closed=True)
    phone = desk.stranger("wechat_mp")
    phone.does("enter", token("customer", chen.person_id))
    phone.hears("smalltalk", "陈先生您好")
    phone.says("空压机启动不了")
    number = phone.hears("ack_created").ticket
    assert desk.ticket(number).customer_id == chen.person_id
    assert desk.ticket(number).address == "陈先生的车间"
    [link] = desk.act(lambda turn: turn.rows(Link, select(Link.table).where(Link.table.c.who_id == phone.address)))
    assert (link.proof, link.person_id) == ("code", chen.person_id)


def test_who_was_met_before_his_code_is_recognised_and_who_has_tickets_of_his_own_is_not_taken_for_another(
    desk: Story,
) -> None:
    chen = desk.customer("陈先生", channel="webchat", phone="13800138022")
    met, other = desk.stranger("wechat_mp"), desk.customer("李女士", channel="wechat_mp", phone="13800138033")
    met.says("你好")
    met.hears("smalltalk")
    met.does("enter", token("customer", chen.person_id))
    met.hears("smalltalk", "陈先生您好")
    reported(desk, other, "漏油")
    other.does("enter", token("customer", chen.person_id))
    assert "陈" not in other.hears("smalltalk").text
    links = desk.act(lambda turn: turn.rows(Link, select(Link.table).where(Link.table.c.who_id == other.address)))
    assert [link.person_id for link in links] == [other.person_id]
    met.says("冰箱不制冷")
    assert desk.ticket(met.hears("ack_created").ticket).customer_id == chen.person_id


@pytest.mark.req("S58")
def test_a_teams_code_brings_the_ticket_to_that_team(desk: Story) -> None:
    day, night = desk.engineer("白工", channel="feishu"), desk.engineer("夜工", channel="slack")

    def on_duty(turn: Turn) -> None:
        for party, team in ((day, "一组"), (night, "二组")):
            turn.add(
                Duty(id=turn.new_id(), entity="main", person_id=party.person_id or 0, begins=0, ends=1440, team=team)
            )

    desk.act(on_duty)
    wang = desk.customer("王女士", channel="webchat")
    wang.does("enter", token("team", "二组"))
    wang.hears("smalltalk", "这里是二组")
    wang.says("投影仪打不开")
    number = wang.hears("ack_created").ticket
    night.hears("assigned", number, "属二组", "扫的是它的码")
    assert desk.ticket(number).team == "二组"
    day.hears_nothing()


@pytest.mark.req("S104")
def test_an_engineer_who_scans_a_device_sees_its_whole_life_and_starts_a_repair(desk: Story) -> None:
    chen = desk.customer("陈先生", channel="webchat", phone="13800138022")
    liu, qian = desk.engineer("刘工", channel="feishu"), desk.buyer("小钱", channel="slack")
    numbers = [reported(desk, chen, symptom, closed=True) for symptom in ("漏油", "异响", "过热")]
    liu.does("enter", token("device", SERIAL))
    shown = liu.hears("device_history", "空压机 GA37", "异响已修好", "启动维修").text
    assert [shown.index(number) for number in numbers] == sorted(shown.index(number) for number in numbers)
    qian.does("enter", token("device", SERIAL))
    theirs = qian.hears("device_history", *numbers).text
    assert "已修好" not in theirs, "procurement sees no work"
    liu.does("press", "启动维修", press="repair")
    started = liu.hears("action_done", "已建单并由你接单").ticket
    ticket = desk.ticket(started)
    assert (ticket.serial_no, ticket.engineer_id, ticket.customer_id) == (SERIAL, liu.person_id, chen.person_id)
    desk.unheard.clear()
    liu.does("press", "启动维修", press="repair")
    liu.hears("error_hint", "再扫一次码")
    liu.does("enter", token("device", SERIAL))
    assert "启动维修" not in liu.hears("device_history", started).text
    assert len(desk.tickets()) == 4


@pytest.mark.req("S104")
@pytest.mark.parametrize("asked", ["SN {} 的记录", "序列号{}的历史工单", "history of SN {}"])
def test_the_serial_number_typed_gives_the_same_list(desk: Story, asked: str) -> None:
    chen, liu = desk.customer("陈先生", channel="webchat", phone="13800138022"), desk.engineer("刘工", channel="feishu")
    numbers = [reported(desk, chen, symptom, closed=True) for symptom in ("漏油", "异响")]
    reported(desk, chen, "异响", serial="GA37-08129")
    liu.says(asked.format(SERIAL))
    shown = liu.hears("device_history", *numbers).text
    assert shown.count("GD-") == 2
    liu.says(asked.format("NONE-1"))
    liu.hears("device_history", "NONE-1")


@pytest.mark.req("S67")
def test_a_forged_code_opens_an_ordinary_chat_and_is_on_record(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    good = token("device", SERIAL)
    forged = good[:-1] + ("A" if good[-1] != "A" else "B")
    for text in (forged, "qr-of-somebody-else", "", "x" * 500):
        wang.does("enter", text)
        assert SERIAL not in wang.hears("smalltalk", "报修服务台").text
    liu.does("enter", forged)
    liu.hears_nothing()
    assert len(events(desk, "code.refused")) == 2 and not events(desk, "code.scanned")
    wang.says("投影仪打不开")
    assert desk.ticket(wang.hears("ack_created").ticket).serial_no is None


def test_what_was_scanned_counts_for_a_day_and_for_one_report(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    wang.does("enter", token("device", SERIAL))
    wang.hears("smalltalk")
    desk.passes(hours=25)
    wang.says("投影仪打不开")
    assert desk.ticket(wang.hears("ack_created").ticket).serial_no is None
