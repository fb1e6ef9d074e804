"""Dispatch: somebody gets every ticket, with a reason that can be asked for; if he does not answer, the next one does."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from core.people.model import Person, Role
from core.tickets import cancelling, holding, merging
from core.tickets.board import Column, standings
from core.tickets.handing_over import handovers_of
from core.tickets.model import Status
from core.words import DAY, HOUR, MINUTE, SECOND, Micros
from tests.scenario import WEDNESDAY_TEN, Party, Story, story

REASON = "等客户停机检修后再处理，客户要求本周六上午停产时统一施工，届时需要两名工程师到场，备件已经准备好，请提前一天联系客户确认时间"


def is_(desk: Story, party: Party, **facts: Any) -> None:
    """What the personnel file says of somebody."""

    def note(turn: Any) -> None:
        person = turn.get(Person, party.person_id)
        for name, value in facts.items():
            setattr(person, name, value)

    desk.act(note)


def until(desk: Story, instant: Micros) -> None:
    """Time passes until then."""
    desk.run(desk.rehearsal.pass_until(instant))
    desk.listen()


def reports(desk: Story, customer: Party, words: str) -> str:
    """A customer reports something; the number of the ticket once it is offered."""
    customer.says(words)
    return customer.hears("ack_created").ticket


# ---- who gets it


@pytest.mark.req("S58", "S83", "S5b")
def test_who_knows_the_machine_gets_it_and_the_reason_can_be_asked_for(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone="13800138021"), desk.manager("孙经理")
    zhao, lei = desk.engineer("赵工"), desk.engineer("王磊", channel="dingtalk")
    desk.engineer("张工", on_duty=False)
    is_(desk, lei, skills=["空压机", "液压"])
    desk.act(
        lambda turn: turn.add(Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name="小李", on_duty=True))
    )

    number = reports(desk, wang, "空压机漏油")
    heard = lei.hears("assigned", number, within=1)
    assert heard.reached.buttons == ("接单", "改派") and "new_ticket" in heard.reached.say.also
    assert "派单理由：会修空压机、手上没有单\n" in heard.text
    assert f"/t/{number}?p=" in (heard.reached.say.link or heard.text)
    zhao.hears_nothing()
    wang.says("我这单现在到底归谁管")
    wang.hears("progress", "王磊", "孙经理")

    sun.says(f"{number} 为什么派给他")
    told = sun.hears("ticket_card", number).text
    assert "派给王磊：会修空压机、手上没有单。" in told
    assert all(why in told for why in ("赵工（技能不对口）", "张工（不当班）", "小李（没绑定聊天账号）"))
    mary = desk.manager("Mary", on_duty=False)
    is_(desk, mary, lang="en")
    mary.says(f"{number} 为什么派给他")
    told = mary.hears("ticket_card", number).text
    assert "Given to 王磊: knows 空压机, no open tickets." in told and "赵工 (lacks the skill)" in told
    desk.nobody_heard_anything_else()


@pytest.mark.req("S75")
def test_a_customer_who_moved_gets_the_engineer_of_the_new_district(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    hai, yin = desk.engineer("海曙的老陈"), desk.engineer("鄞州的小吴")
    is_(desk, hai, region="海曙")
    is_(desk, yin, region="鄞州区")
    is_(desk, wang, address="宁波市海曙区中山西路 11 号", region="海曙区")
    reports(desk, wang, "空压机漏油")
    hai.hears("assigned", "空压机")
    is_(desk, wang, address="宁波市鄞州区学士路 298 号")
    desk.passes(minutes=1)
    reports(desk, wang, "投影仪打不开")
    yin.hears("assigned", "投影仪", "派单理由：负责鄞州区、手上没有单")


@pytest.mark.req("S58")
def test_whose_duty_begins_gets_the_next_ticket(desk: Story) -> None:
    wang, liu, chen = (
        desk.customer("王女士", phone="13800138021"),
        desk.engineer("刘工"),
        desk.customer("陈先生", phone="1"),
    )
    reports(desk, wang, "空压机漏油")
    liu.hears("assigned", "空压机")
    is_(desk, liu, on_duty=False)
    zhao = desk.engineer("赵工")
    reports(desk, chen, "投影仪打不开")
    zhao.hears("assigned", "投影仪")
    liu.hears_nothing()


@pytest.mark.req("S58")
def test_twenty_tickets_are_shared_among_five_engineers(desk: Story) -> None:
    engineers = [desk.engineer(name) for name in ("刘工", "赵工", "张工", "陈工", "吴工")]
    for place in range(20):
        reports(desk, desk.customer(f"客户{place}", phone=f"138001380{place:02}"), "空压机漏油")
    offered = Counter(ticket.engineer_id for ticket in desk.tickets())
    assert offered == {engineer.person_id: 4 for engineer in engineers}


# ---- nobody answers, or somebody says no


@pytest.mark.req("S58", "S1")
def test_after_ten_minutes_without_an_answer_the_next_one_is_asked(desk: Story) -> None:
    wang, liu, zhao = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("赵工")
    desk.manager("孙经理")
    number = reports(desk, wang, "空压机漏油")
    asked_at = desk.now
    liu.hears("assigned", number)
    until(desk, asked_at + 9 * MINUTE + 59 * SECOND)
    zhao.hears_nothing()
    assert desk.ticket(number).engineer_id == liu.person_id
    until(desk, asked_at + 10 * MINUTE)
    assert desk.ticket(number).engineer_id == zhao.person_id
    zhao.hears("assigned", number, within=1)
    liu.hears("unassigned", number, "赵工", within=1)
    ticket = desk.ticket(number)
    assert (ticket.engineer_id, ticket.owner_id, ticket.status) == (zhao.person_id, None, Status.UNASSIGNED)
    zhao.says(f"接单 {number}")
    zhao.hears("action_done", number)
    wang.hears("engineer_assigned", "赵工")
    desk.passes(hours=1)
    desk.nobody_heard_anything_else()
    answers = [(offer.taker_id, offer.answer) for offer in desk.act(lambda turn: handovers_of(turn, ticket))]
    assert answers == [(liu.person_id, "unanswered"), (zhao.person_id, "accepted")]
    desk.chains_are_whole()


@pytest.mark.req("S58", "S10")
def test_a_p0_waits_three_minutes_and_everybody_on_duty_hears_of_it(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone="13800138021"), desk.manager("孙经理")
    liu, zhao = desk.engineer("刘工"), desk.engineer("赵工")
    number = reports(desk, wang, "整条线停了，注塑机报 E-07")
    asked_at = desk.now
    first = liu.hears("escalation", number, within=1)
    assert first.reached.say.also == ("assigned", "new_ticket") and "改派" in first.reached.buttons
    assert "改派" not in zhao.hears("escalation", number, "接单", within=1).reached.buttons
    sun.hears("escalation", number, within=1)
    until(desk, asked_at + 2 * MINUTE + 59 * SECOND)
    zhao.hears_nothing()
    until(desk, asked_at + 3 * MINUTE)
    zhao.hears("escalation", number, "派给你", "改派", within=1)
    liu.hears("unassigned", number, "赵工", within=1)
    assert desk.ticket(number).engineer_id == zhao.person_id
    desk.nobody_heard_anything_else()


@pytest.mark.req("S58", "S9")
def test_raised_to_p0_an_offer_has_three_minutes_from_then_on(desk: Story) -> None:
    wang, liu, zhao = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("赵工")
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned", number)
    desk.passes(minutes=2)
    zhao.says(f"{number} 改P0")
    raised_at = desk.now
    liu.hears("escalation", number, within=1)
    zhao.hears("escalation", number, within=1)
    until(desk, raised_at + 2 * MINUTE + 59 * SECOND)
    assert desk.ticket(number).engineer_id == liu.person_id
    until(desk, raised_at + 3 * MINUTE)
    assert desk.ticket(number).engineer_id == zhao.person_id


@pytest.mark.req("S58")
def test_an_offer_in_the_evening_waits_for_working_hours_and_a_p0_does_not(desk_url: str) -> None:
    five_to_six = WEDNESDAY_TEN + 7 * HOUR + 54 * MINUTE + 52 * SECOND
    with story(desk_url, start=five_to_six) as desk:
        wang, liu, zhao = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("赵工")
        number = reports(desk, wang, "空压机漏油")
        desk.passes(hours=14, minutes=39, seconds=59)
        assert desk.ticket(number).engineer_id == liu.person_id
        desk.passes(seconds=1)
        assert (desk.now - WEDNESDAY_TEN, desk.ticket(number).engineer_id) == (
            DAY - 1 * HOUR - 25 * MINUTE,
            zhao.person_id,
        )
        desk.passes(hours=12)
        urgent = reports(desk, desk.customer("李总", phone="13911112222"), "整条线停了，注塑机报 E-07")
        asked = desk.ticket(urgent).engineer_id
        desk.passes(minutes=3)
        assert {asked, desk.ticket(urgent).engineer_id} == {liu.person_id, zhao.person_id}


@pytest.mark.req("S58", "S83")
@pytest.mark.parametrize("how", ["presses", "writes"])
def test_who_says_no_is_followed_by_the_next_at_once(desk: Story, how: str) -> None:
    wang, sun = desk.customer("王女士", phone="13800138021"), desk.manager("孙经理")
    liu, zhao = desk.engineer("刘工"), desk.engineer("赵工")
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned", number)
    if how == "presses":
        liu.says(kind="press", token=f"refuse:{number}")
    else:
        liu.says("2")
    liu.hears("action_done", number)
    zhao.hears("assigned", number, within=1)
    zhao.says(f"接单 {number}")
    zhao.hears("action_done", number)
    wang.hears("engineer_assigned", "赵工")
    sun.says(f"{number} 为什么派给他")
    sun.hears("ticket_card", "派给赵工", "刘工（要求改派）")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S58", "S1")
def test_after_the_last_one_it_stays_with_the_fallback_until_somebody_takes_it(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone="13800138021"), desk.manager("孙经理")
    liu, zhao = desk.engineer("刘工"), desk.engineer("赵工")
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned")
    liu.says(kind="press", token=f"refuse:{number}")
    liu.hears("action_done")
    zhao.hears("assigned")
    desk.passes(minutes=10)
    sun.hears("unassigned", number, "空压机", "派单理由：刘工（要求改派）、赵工（没有应答）", within=1)
    zhao.hears("unassigned", number, "孙经理", within=1)
    ticket = desk.ticket(number)
    assert (ticket.engineer_id, ticket.status) == (None, Status.UNASSIGNED)
    desk.passes(hours=3)
    sun.hears("stuck_warning", number, "没有人接单", within=0)
    sun.hears("customer_waiting", number, within=0)
    wang.hears("still_waiting", number, within=0)
    wang.says("我这单现在到底归谁管")
    wang.hears("progress", "孙经理")
    liu.says(f"接单 {number}")
    liu.hears("action_done", number)
    wang.hears("engineer_assigned", "刘工")
    sun.says(f"{number} 为什么派给他")
    sun.hears("ticket_card", "刘工自己接的单")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1", "S5b")
@pytest.mark.parametrize("who", ["nobody on duty", "nobody bound"])
def test_without_an_engineer_the_fallback_gets_it_at_once(desk: Story, who: str) -> None:
    wang, sun = desk.customer("王女士", phone="13800138021"), desk.manager("孙经理")
    if who == "nobody on duty":
        desk.engineer("刘工", on_duty=False)
    else:
        desk.act(
            lambda turn: turn.add(
                Person(id=turn.new_id(), entity="main", role=Role.ENGINEER, name="刘工", on_duty=True)
            )
        )
    number = reports(desk, wang, "空压机漏油")
    sun.hears("unassigned", number, "刘工", within=1)
    urgent = reports(desk, desk.customer("李总", phone="13911112222"), "整条线停了，注塑机报 E-07")
    sun.hears("escalation", urgent)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S65")
def test_without_any_staff_the_ticket_waits_on_the_board(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    numbers = {reports(desk, wang, "空压机漏油"), reports(desk, wang, "整条线停了，注塑机报 E-07")}
    with desk.rehearsal.desk.database.reading() as connection:
        level = desk.rehearsal.desk.house.policies.service_level
        board = standings(connection, "main", level, desk.now)
    waiting = {standing.ticket.number for standing in board if standing.column == Column.UNASSIGNED}
    assert waiting == numbers
    desk.passes(hours=24)
    assert {message.say.purpose for message in desk.unheard} == {"still_waiting"}


# ---- others step in


@pytest.mark.req("S1", "S58")
def test_whoever_is_faster_has_it_and_the_one_who_was_asked_hears_so(desk: Story) -> None:
    wang = desk.customer("王女士", phone="13800138021")
    liu, zhao = desk.engineer("刘工"), desk.engineer("赵工", on_duty=False)
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned", number)
    zhao.says(f"接单 {number}")
    zhao.hears("action_done", number)
    liu.hears("unassigned", number, "赵工")
    wang.hears("engineer_assigned", "赵工")
    desk.passes(hours=1)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S58")
def test_a_manager_names_somebody_and_if_he_does_not_answer_the_next_is_asked(desk: Story) -> None:
    wang, sun = desk.customer("王女士", phone="13800138021"), desk.manager("孙经理")
    liu, zhao = desk.engineer("刘工"), desk.engineer("赵工", on_duty=False)
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned", number)
    sun.says(f"{number} 派给赵工")
    named_at = desk.now
    sun.hears("action_done", "赵工")
    zhao.hears("assigned", number, "孙经理")
    liu.hears("unassigned", number, "赵工")
    sun.says(f"{number} 为什么派给他")
    sun.hears("ticket_card", "赵工由孙经理指派")
    until(desk, named_at + 9 * MINUTE + 59 * SECOND)
    assert desk.ticket(number).engineer_id == zhao.person_id
    until(desk, named_at + 10 * MINUTE)
    liu.hears("assigned", number, within=1)
    zhao.hears("unassigned", number, "刘工", within=1)
    desk.nobody_heard_anything_else()


@pytest.mark.req("S1")
def test_an_acceptance_taken_back_leaves_the_offer_standing(desk: Story) -> None:
    wang, liu, zhao = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("赵工")
    number = reports(desk, wang, "空压机漏油")
    desk.passes(minutes=5)
    liu.says(f"接单 {number}")
    liu.says("撤回")
    taken_back_at = desk.now
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.engineer_id, ticket.owner_id) == (Status.UNASSIGNED, liu.person_id, None)
    until(desk, taken_back_at + 9 * MINUTE + 59 * SECOND)
    assert desk.ticket(number).engineer_id == liu.person_id
    until(desk, taken_back_at + 10 * MINUTE)
    assert desk.ticket(number).engineer_id == zhao.person_id


@pytest.mark.req("S1")
def test_a_refusal_taken_back_brings_the_offer_back(desk: Story) -> None:
    wang, liu, zhao = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.engineer("赵工")
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned")
    liu.says(kind="press", token=f"refuse:{number}")
    zhao.hears("assigned")
    liu.says("撤回")
    taken_back_at = desk.now
    zhao.hears("correction", number)
    assert desk.ticket(number).engineer_id == liu.person_id
    until(desk, taken_back_at + 9 * MINUTE + 59 * SECOND)
    zhao.hears_nothing()
    until(desk, taken_back_at + 10 * MINUTE)
    zhao.hears("assigned", number, within=1)


@pytest.mark.req("S1", "S64")
def test_a_merger_taken_back_brings_the_offer_back(desk: Story) -> None:
    wang, chen = desk.customer("王女士", phone="13800138021"), desk.customer("陈先生", phone="13500001111")
    liu, sun = desk.engineer("刘工"), desk.manager("孙经理")
    number, into = reports(desk, wang, "空压机漏油"), reports(desk, chen, "投影仪打不开")
    zhao = desk.engineer("赵工")
    sun.says(f"{number} 合并到 {into}")
    liu.hears("unassigned", number)
    desk.passes(seconds=30)
    sun.says("撤回")
    taken_back_at = desk.now
    liu.hears("correction", number)
    assert desk.ticket(number).engineer_id == liu.person_id
    until(desk, taken_back_at + 9 * MINUTE + 59 * SECOND)
    assert desk.ticket(number).engineer_id == liu.person_id
    until(desk, taken_back_at + 10 * MINUTE)
    assert desk.ticket(number).engineer_id == zhao.person_id


@pytest.mark.req("S58", "S51")
@pytest.mark.parametrize("end", ["cancelled", "merged", "held"])
def test_nobody_is_asked_for_a_ticket_that_no_longer_waits(desk: Story, end: str) -> None:
    wang, chen = desk.customer("王女士", phone="13800138021"), desk.customer("陈先生", phone="13500001111")
    liu, sun = desk.engineer("刘工"), desk.manager("孙经理")
    number = reports(desk, wang, "空压机漏油")
    liu.hears("assigned", number)
    other = reports(desk, chen, "投影仪打不开") if end == "merged" else ""
    zhao = desk.engineer("赵工")

    def act(turn: Any) -> None:
        from core.tickets.queries import must_find

        ticket, manager = must_find(turn, "main", number), turn.get(Person, sun.person_id)
        if end == "merged":
            merging.merge(turn, ticket, must_find(turn, "main", other), manager)
        elif end == "held":
            holding.hold(turn, ticket, manager, REASON)
        else:
            cancelling.cancel(turn, ticket, manager)

    desk.act(act)
    liu.hears("cancelled" if end == "cancelled" else "unassigned", number)
    desk.passes(minutes=15)
    assert desk.ticket(number).engineer_id == liu.person_id
    if end == "held":
        zhao.hears_nothing()
        desk.act(lambda turn: _resume(turn, number, sun))
        liu.hears("assigned", number, within=1)
        desk.passes(minutes=10)
        zhao.hears("assigned", number, within=1)


def _resume(turn: Any, number: str, by: Party) -> None:
    from core.tickets.queries import must_find

    holding.resume(turn, must_find(turn, "main", number), turn.get(Person, by.person_id))
