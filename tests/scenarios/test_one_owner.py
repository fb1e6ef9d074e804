"""到底谁在管? Exactly one person answers for a ticket at every instant, and every hand-over is told by both sides (S1, S61)."""

from __future__ import annotations

import pytest

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.handing_over import handovers_of
from core.tickets.model import Handover, Status
from core.tickets.ownership import owner_of
from core.tickets.queries import must_find
from tests.scenario import Party, Story
from tests.scenarios.so_far import ticket_in

S = Status
GONE = 81013
"""WeCom's code for a member who cannot be reached any more."""


@pytest.mark.req("S1")
def test_a_hand_over_that_fails_once_is_sent_again_and_its_owner_can_be_named_all_along(desk: Story) -> None:
    wang, lin = desk.customer("王女士", phone="13800138021"), desk.agent("小林", "dingtalk")
    liu = desk.engineer("刘工", on_duty=False)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    wang.says("我这单现在到底归谁管")
    wang.hears("progress", number, "小林")

    desk.rehearsal.wecom.fault("message/send", "5xx")
    lin.says(f"{number} 派给刘工")
    lin.hears("action_done", number, "刘工")
    [offer] = _handovers(desk, number)
    assert (offer.giver_id, offer.taker_id, offer.sent_at) == (lin.person_id, liu.person_id, desk.now)
    assert (offer.failed, offer.delivered_at, offer.answer) == (1, None, None)
    wang.says("谁在管")
    wang.hears("progress", "刘工", "小林")
    assert _owner(desk, number) == lin.person_id

    liu.hears("assigned", number)
    [offer] = _handovers(desk, number)
    assert (offer.failed, offer.channel) == (1, "wecom")
    assert offer.delivered_at is not None and offer.delivered_at > offer.sent_at
    liu.says(f"接单 {number}")
    [offer] = _handovers(desk, number)
    assert (offer.answer, offer.answered_at) == ("accepted", desk.now)
    wang.says("现在谁负责")
    wang.hears("progress", "刘工")
    assert _owner(desk, number) == liu.person_id


@pytest.mark.req("S1")
def test_a_hand_over_that_cannot_be_delivered_is_told_to_who_still_answers_for_it(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工", "dingtalk")
    zhang = desk.engineer("张工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    desk.rehearsal.wecom.fault("message/send", GONE)
    liu.says(f"{number} 转给张工")
    liu.hears("action_done", number)
    liu.hears("hint", number, "张工", "没有送到", "仍由你负责")
    [handover] = _handovers(desk, number)
    assert (handover.failed, handover.delivered_at) == (1, None)
    assert _owner(desk, number) == liu.person_id
    zhang.hears_nothing(seconds=60)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_a_hand_over_finds_the_taker_where_else_he_was_heard(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工", "dingtalk")
    zhang = desk.engineer("张工", "feishu")
    at_wecom = desk.also(zhang, "wecom")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    at_wecom.says("我的单")
    at_wecom.hears("my_list")
    desk.rehearsal.wecom.fault("message/send", GONE)
    liu.says(f"{number} 转给张工")
    zhang.hears("assigned", number)
    [handover] = _handovers(desk, number)
    assert (handover.failed, handover.channel) == (1, "feishu")
    assert handover.delivered_at is not None
    liu.hears("action_done")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_the_giver_answers_for_it_until_the_other_accepts(desk: Story) -> None:
    wang, liu, zhang = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("张工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 转给张工，他在那个厂区")
    liu.hears("action_done", number, "张工", "刘工负责")
    zhang.hears("assigned", number, "刘工")
    assert _owner(desk, number) == liu.person_id
    wang.says("我这单现在到底归谁管")
    wang.hears("progress", "刘工", "张工")
    zhang.says(f"接单 {number}")
    zhang.hears("action_done", number)
    liu.hears("unassigned", number, "张工")
    wang.hears("engineer_assigned", "张工")
    assert _owner(desk, number) == zhang.person_id
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_a_hand_over_that_is_refused_goes_back(desk: Story) -> None:
    wang, liu, zhang = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("张工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 转给张工")
    zhang.hears("assigned", number)
    zhang.says(f"{number} 改派")
    zhang.hears("action_done", number)
    liu.hears("assigned", number, "张工", "仍由你负责")
    [handover] = _handovers(desk, number)
    assert handover.answer == "refused"
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.engineer_id, ticket.owner_id) == (S.ACCEPTED, liu.person_id, liu.person_id)
    zhang.says(f"{number} 到了")
    zhang.hears("error_hint", "不是你的单")


@pytest.mark.req("S1")
def test_during_a_hand_over_only_the_owner_holds_and_may_take_it_back_himself(desk: Story) -> None:
    wang, liu, zhang = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("张工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 转给张工")
    zhang.hears("assigned", number)
    liu.says(f"接单 {number}")
    liu.hears("action_done", "接单成功")
    zhang.hears("unassigned", number, "刘工")
    assert [h.answer for h in _handovers(desk, number)] == ["overtaken"]
    assert _owner(desk, number) == liu.person_id


@pytest.mark.req("S1")
def test_a_third_engineer_may_accept_what_nobody_has_and_both_others_hear_it(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu, zhang, zhao = desk.engineer("刘工"), desk.engineer("张工"), desk.engineer("赵工")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 转给张工")
    zhang.hears("assigned", number)
    zhao.says(f"{number} 我接")
    zhao.hears("action_done", "接单成功")
    liu.hears("unassigned", number, "赵工")
    zhang.hears("unassigned", number, "赵工")
    assert _owner(desk, number) == zhao.person_id


@pytest.mark.req("S1")
def test_what_nobody_has_belongs_to_the_duty_dispatcher_else_to_the_duty_manager(desk: Story) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工", on_duty=False)
    sun = desk.manager("孙经理")
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    assert _owner(desk, number) == sun.person_id
    lin = desk.agent("小林")
    assert _owner(desk, number) == lin.person_id
    _off_duty(desk, lin)
    assert _owner(desk, number) == sun.person_id
    _off_duty(desk, sun)
    assert _owner(desk, number) == lin.person_id


@pytest.mark.req("S1", "S75")
@pytest.mark.parametrize("change", ["left", "role"])
def test_who_has_left_answers_for_nothing(desk: Story, change: str) -> None:
    wang, liu, zhang = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("张工")
    sun = desk.manager("孙经理")
    number = ticket_in(desk, S.ON_SITE, wang, liu)

    def leave(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        if change == "left":
            person.active = False
        else:
            person.role = person.role.PROCUREMENT

    desk.act(leave)
    assert _owner(desk, number) == sun.person_id
    wang.says("谁在管")
    wang.hears("progress", "孙经理")
    sun.says(f"{number} 转给张工")
    zhang.hears("assigned", number)
    zhang.says(f"接单 {number}")
    assert _owner(desk, number) == zhang.person_id


@pytest.mark.req("S61")
def test_the_sixth_hand_over_alarms_the_superior_and_the_fifth_does_not(desk: Story) -> None:
    wang, liu, zhang = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("张工")
    sun = desk.manager("孙经理")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    giver, taker = liu, zhang
    for count in range(1, 8):
        giver.says(f"{number} 转给{taker.name}")
        assert desk.ticket(number).handovers == count
        if count == 6:
            sun.hears("stuck_warning", number, "6", giver.name)
        sun.hears_nothing(seconds=5)
        taker.says(f"接单 {number}")
        desk.passes(seconds=10)
        giver, taker = taker, giver


@pytest.mark.req("S5b", "S1")
def test_nobody_is_given_a_ticket_who_could_not_hear_of_it(desk: Story) -> None:
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    desk.code_for("赵工")
    desk.buyer("胡采购")
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    before = desk.ticket(number)
    liu.says(f"{number} 转给赵工")
    liu.hears("error_hint", "赵工", "没有绑定")
    liu.says(f"{number} 转给胡采购")
    liu.hears("error_hint", "胡采购", "不是工程师")
    liu.says(f"{number} 转给李四")
    liu.hears("error_hint", "没找到")
    liu.says(f"{number} 转给刘工")
    liu.hears("error_hint", "已经在刘工那里")
    assert vars(desk.ticket(number)) == vars(before)
    sun.hears_nothing()


def _handovers(desk: Story, number: str) -> list[Handover]:
    ticket = desk.ticket(number)
    return desk.act(lambda turn: handovers_of(turn, ticket))


def _owner(desk: Story, number: str) -> int | None:
    def ask(turn: Turn) -> int | None:
        owner = owner_of(turn, must_find(turn, "main", number))
        return owner.id if owner else None

    return desk.act(ask)


def _off_duty(desk: Story, party: Party) -> None:
    def go(turn: Turn) -> None:
        person = turn.get(Person, party.person_id)
        assert person is not None
        person.on_duty = False

    desk.act(go)
