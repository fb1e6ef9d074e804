"""Every legal step of a ticket, and every other: refused in words that name what is possible, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from core.store.model import Event
from core.tickets.model import Status
from tests.scenario import Party, Story
from tests.scenarios.so_far import FIFTY, PART, REASON, ticket_in

S = Status
LEGAL: dict[Status, dict[str, Status]] = {
    S.UNASSIGNED: {"accept": S.ACCEPTED, "assign": S.UNASSIGNED, "hold": S.ON_HOLD, "cancel": S.CANCELLED},
    S.ACCEPTED: {
        "arrive": S.ON_SITE,
        "need_part": S.WAITING_PART,
        "complete": S.DONE,
        "hold": S.ON_HOLD,
        "transfer": S.UNASSIGNED,
        "cancel": S.CANCELLED,
    },
    S.ON_SITE: {
        "need_part": S.WAITING_PART,
        "complete": S.DONE,
        "hold": S.ON_HOLD,
        "transfer": S.UNASSIGNED,
        "cancel": S.CANCELLED,
    },
    S.WAITING_PART: {
        "part_arrived": S.ACCEPTED,
        "arrive": S.ON_SITE,
        "complete": S.DONE,
        "hold": S.ON_HOLD,
        "cancel": S.CANCELLED,
    },
    S.ON_HOLD: {"resume": S.ON_SITE},
    S.DONE: {"rate": S.CLOSED, "not_fixed": S.ACCEPTED},
    S.CLOSED: {},
    S.CANCELLED: {},
}
"""As it is promised (rules.md), written out here once more so that a change of the desk's own table is seen."""

NAMED = {
    S.UNASSIGNED: ("接单", "挂起"),
    S.ACCEPTED: ("到场", "申请配件", "完成", "挂起", "转单"),
    S.ON_SITE: ("申请配件", "完成", "挂起", "转单"),
    S.WAITING_PART: ("到场", "完成", "挂起"),
    S.ON_HOLD: ("恢复",),
    S.DONE: ("客户确认", "没修好"),
    S.CLOSED: ("已关闭", "新建"),
    S.CANCELLED: ("已取消", "新建"),
}
"""What a refusal tells an engineer about each status."""


@dataclass
class People:
    wang: Party
    liu: Party
    zhang: Party
    sun: Party
    hu: Party


@pytest.fixture
def people(desk: Story) -> People:
    return People(
        desk.customer("王女士", phone="13800138021"),
        desk.engineer("刘工"),
        desk.engineer("张工", on_duty=False),
        desk.manager("孙经理"),
        desk.buyer("胡采购"),
    )


def cancels(people: People, number: str, status: Status) -> None:
    people.wang.says(f"取消 {number}")
    people.wang.says("是")
    if status == S.ON_SITE:
        people.liu.hears("ask_confirm", number)
        people.liu.says(kind="press", token=f"agree_cancel:{number}")


SAY: dict[str, Callable[[People, str, Status], None]] = {
    "accept": lambda people, number, status: people.liu.says(f"接单 {number}"),
    "assign": lambda people, number, status: people.sun.says(f"{number} 派给张工"),
    "arrive": lambda people, number, status: people.liu.says(f"{number} 到了"),
    "need_part": lambda people, number, status: people.liu.says(f"{number} 换件 {PART} 1个"),
    "part_arrived": lambda people, number, status: people.hu.says(f"{number} {PART} 到了"),
    "complete": lambda people, number, status: people.liu.says(f"完成 {number} {FIFTY}"),
    "hold": lambda people, number, status: people.liu.says(f"挂起 {number} {REASON}"),
    "resume": lambda people, number, status: people.liu.says(f"恢复 {number}"),
    "transfer": lambda people, number, status: people.liu.says(f"{number} 转给张工"),
    "cancel": cancels,
    "rate": lambda people, number, status: people.wang.says("5分 师傅很好"),
    "not_fixed": lambda people, number, status: people.wang.says(f"{number} 没修好"),
}
STAFF = frozenset(SAY) - {"cancel", "rate", "not_fixed", "assign"}
"""Verbs that an engineer or purchasing says; the rest are a customer's, or a manager's."""

LEGAL_STEPS = [(status, verb) for status, verbs in LEGAL.items() for verb in verbs]
ELSEWHERE = {(S.UNASSIGNED, "transfer"), (S.WAITING_PART, "need_part")}
"""What has a test of its own: nobody gives away what is not his; one may wait for several parts."""
ILLEGAL = {s: [v for v in sorted(STAFF) if v not in LEGAL[s] and (s, v) not in ELSEWHERE] for s in Status}


@pytest.mark.req("S34", "S38")
@pytest.mark.parametrize(("status", "verb"), LEGAL_STEPS)
def test_a_legal_step_arrives(desk: Story, people: People, status: Status, verb: str) -> None:
    number = ticket_in(desk, status, people.wang, people.liu)
    SAY[verb](people, number, status)
    ticket = desk.ticket(number)
    assert ticket.status == LEGAL[status][verb]
    assert ticket.engineer_id == {"assign": people.zhang.person_id, "transfer": people.zhang.person_id}.get(
        verb, None if status == S.UNASSIGNED and verb != "accept" else people.liu.person_id
    )
    desk.chains_are_whole()


@pytest.mark.parametrize("status", Status)
def test_any_other_step_is_refused_and_changes_nothing(desk: Story, people: People, status: Status) -> None:
    number = ticket_in(desk, status, people.wang, people.liu)
    before, events = desk.ticket(number), _events(desk)
    for verb in ILLEGAL[status]:
        SAY[verb](people, number, status)
        speaker = people.hu if verb == "part_arrived" else people.liu
        speaker.hears("error_hint", number, *NAMED[status])
        assert (vars(desk.ticket(number)), _events(desk)) == (vars(before), events), verb
        desk.nobody_heard_anything_else()


@pytest.mark.parametrize("status", [S.WAITING_PART, S.ON_HOLD, S.DONE, S.CLOSED, S.CANCELLED])
def test_a_manager_assigns_nothing_that_waits_or_is_over(desk: Story, people: People, status: Status) -> None:
    number = ticket_in(desk, status, people.wang, people.liu)
    before = desk.ticket(number)
    people.sun.says(f"{number} 派给张工")
    people.sun.hears("error_hint", number)
    assert vars(desk.ticket(number)) == vars(before)
    desk.nobody_heard_anything_else()


def test_an_engineer_gives_nobody_a_ticket_that_is_not_his(desk: Story, people: People) -> None:
    number = ticket_in(desk, S.UNASSIGNED, people.wang, people.liu)
    people.liu.says(f"{number} 转给张工")
    people.liu.hears("error_hint", "没有权限")
    desk.nobody_heard_anything_else()


def test_a_customer_cancels_nothing_that_is_on_hold(desk: Story, people: People) -> None:
    number = ticket_in(desk, S.ON_HOLD, people.wang, people.liu)
    people.wang.says(f"取消 {number}")
    people.wang.hears("refuse", number, "暂停", "刘工")
    people.liu.hears("relay", number, "取消")
    assert desk.ticket(number).status == S.ON_HOLD
    desk.nobody_heard_anything_else()


@pytest.mark.parametrize("status", [S.UNASSIGNED, S.ACCEPTED, S.ON_SITE, S.WAITING_PART, S.ON_HOLD, S.CLOSED])
def test_nobody_rates_what_is_not_done(desk: Story, people: People, status: Status) -> None:
    number = ticket_in(desk, status, people.wang, people.liu)
    rated = desk.ticket(number).rating
    people.wang.says("5分 师傅很好")
    people.wang.hears("smalltalk", "没有等您评价")
    assert (desk.ticket(number).status, desk.ticket(number).rating) == (status, rated)


def test_on_site_both_sides_must_agree_to_cancel(desk: Story, people: People) -> None:
    number = ticket_in(desk, S.ON_SITE, people.wang, people.liu)
    people.wang.says(f"{number} 不用修了，取消吧")
    people.wang.hears("ask_confirm", number)
    people.wang.says("是")
    people.wang.hears("confirm_change", "刘工", "确认")
    assert desk.ticket(number).status == S.ON_SITE
    people.zhang.says(kind="press", token=f"agree_cancel:{number}")
    people.zhang.hears("error_hint", "不是你的单")
    assert desk.ticket(number).status == S.ON_SITE
    people.liu.hears("ask_confirm", number)
    people.liu.says(kind="press", token=f"agree_cancel:{number}")
    people.liu.hears("cancelled", number)
    people.wang.hears("cancelled", number)
    assert desk.ticket(number).status == S.CANCELLED
    desk.nobody_heard_anything_else()


def test_an_engineer_on_site_cancels_with_the_customers_yes(desk: Story, people: People) -> None:
    number = ticket_in(desk, S.ON_SITE, people.wang, people.liu)
    people.liu.says(f"取消 {number}")
    people.liu.hears("action_done", number, "客户同意")
    people.wang.hears("ask_confirm", number, "刘工", "同意吗")
    people.wang.says("同意")
    people.wang.hears("cancelled", number)
    people.liu.hears("cancelled", number)
    assert desk.ticket(number).status == S.CANCELLED
    desk.nobody_heard_anything_else()


def test_somebody_elses_ticket_is_not_cancelled(desk: Story, people: People) -> None:
    number = ticket_in(desk, S.ACCEPTED, people.wang, people.liu)
    people.zhang.says(f"取消 {number}")
    people.zhang.hears("error_hint", "不是你的单")
    assert desk.ticket(number).status == S.ACCEPTED


def test_not_fixed_once_it_is_closed_makes_a_new_linked_ticket(desk: Story, people: People) -> None:
    number = ticket_in(desk, S.CLOSED, people.wang, people.liu)
    people.wang.says("还是不行，没修好")
    new = people.wang.hears("ack_created", "打印机").ticket
    assert new != number
    ticket = desk.ticket(new)
    assert (ticket.linked_to, ticket.device, ticket.fault_symptom) == (desk.ticket(number).id, "打印机", "卡纸")
    assert desk.ticket(number).status == S.CLOSED


def _events(desk: Story) -> int:
    return desk.act(lambda turn: turn.ask(select(func.count()).select_from(Event.table))[0][0])
