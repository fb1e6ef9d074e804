"""Rules decide who is asked first and what is urgent; a word of the pack always makes a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from config.packs import rules_of
from core.people.model import Duty, Person
from core.policies import Policies
from core.rules.rule import Rule, Then, When
from core.store.turn import Turn
from core.tickets.model import Priority, Status
from core.words import HOUR
from tests.scenario import WEDNESDAY_TEN, Party, Story, story

RULES = (*rules_of(), Rule("展厅最急", When(words=("展厅",)), Then(priority=Priority.P0)))
DAY_SHIFT, NIGHT_SHIFT = (8 * 60 + 30, 18 * 60), (18 * 60, 8 * 60 + 30)


@pytest.fixture
def begins(desk_url: str) -> Iterator[Callable[[float], Story]]:
    """A story that begins so many hours after ten in the morning."""
    with ExitStack() as stack:
        yield lambda hours: stack.enter_context(
            story(desk_url, start=WEDNESDAY_TEN + int(hours * HOUR), policies=replace(Policies(), rules=RULES))
        )


def works(desk: Story, party: Party, hours: tuple[int, int], team: str) -> None:
    """He is on duty at these hours, every day, in this team."""

    def add(turn: Turn) -> None:
        assert party.person_id is not None
        turn.add(
            Duty(id=turn.new_id(), entity="main", person_id=party.person_id, begins=hours[0], ends=hours[1], team=team)
        )

    desk.act(add)


@pytest.mark.req("S58")
@pytest.mark.parametrize(("hours", "night"), [(13, True), (0, False), (7.99, False), (8, True)])
def test_from_the_official_account_the_night_team_is_asked_and_by_day_whoever_is_on_the_roster(
    begins: Callable[[float], Story], hours: float, night: bool
) -> None:
    desk = begins(hours)
    wang, sun = desk.customer("王女士", channel="wechat_mp"), desk.manager("孙经理")
    able = desk.engineer("机动的小周")
    desk.act(lambda turn: setattr(turn.get(Person, able.person_id), "skills", ["投影仪"]))
    by_day, by_night = desk.engineer("白班的刘工", on_duty=False), desk.engineer("夜班的赵工", on_duty=False)
    works(desk, by_day, DAY_SHIFT, "白班组")
    works(desk, by_night, NIGHT_SHIFT, "夜班组")

    wang.says("投影仪打不开，一直闪红灯")
    number = wang.hears("ack_created").ticket
    sun.says(f"{number} 为什么派给他")
    if night:
        by_night.hears("assigned", number, "属夜班组（规则“公众号派夜班组”）")
        sun.hears("ticket_card", "派给夜班的赵工", "机动的小周（不是这个班组）", "白班的刘工（不当班）")
    else:
        able.hears("assigned", number, "会修投影仪")
        sun.hears("ticket_card", "派给机动的小周", "白班的刘工（技能不对口）", "夜班的赵工（不当班）")
    desk.nobody_heard_anything_else()


@pytest.mark.req("S58")
def test_elsewhere_the_night_team_is_not_asked_first(begins: Callable[[float], Story]) -> None:
    desk = begins(13)
    wang, liu, zhao = (
        desk.customer("王女士", phone="13800138021"),
        desk.engineer("刘工"),
        desk.engineer("赵工", on_duty=False),
    )
    works(desk, zhao, NIGHT_SHIFT, "夜班组")
    wang.says("投影仪打不开")
    liu.hears("assigned", "投影仪")


@pytest.mark.req("S9", "S10")
def test_what_a_rule_calls_urgent_is_urgent_at_once(begins: Callable[[float], Story]) -> None:
    desk = begins(0)
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    wang.says("展厅投影仪打不开")
    number = wang.hears("ack_created", "P0", within=0).ticket
    liu.hears("escalation", number, within=0)
    sun.hears("escalation", number, within=0)
    liu.says(f"{number} 改P2")
    wang.says("展厅现在没人")
    assert desk.ticket(number).priority == Priority.P2


@pytest.mark.req("S81")
@pytest.mark.parametrize("word", ["异响", "漏油", "不回弹"])
def test_a_word_of_the_pack_makes_a_ticket_and_the_same_words_again_do_not(
    begins: Callable[[float], Story], word: str
) -> None:
    desk = begins(0)
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says(word)
    number = wang.hears("ack_created").ticket
    liu.hears("assigned", number)
    desk.passes(minutes=1)
    wang.says(word)
    desk.passes(seconds=20)
    assert [ticket.number for ticket in desk.tickets()] == [number]


@pytest.mark.req("S64")
def test_a_possible_repetition_waits_for_a_verdict_before_anybody_is_sent(begins: Callable[[float], Story]) -> None:
    desk = begins(0)
    wang, liu, sun = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工"), desk.manager("孙经理")
    wang.says("空压机漏油")
    first = wang.hears("ack_created").ticket
    liu.hears("assigned", first)

    def repeated(turn: Turn) -> str:
        from core.tickets.announcing import announce
        from core.tickets.queries import must_find
        from core.tickets.reporting import Told, report
        from core.words import Room

        earlier = must_find(turn, "main", first)
        customer = turn.get(Person, earlier.customer_id)
        assert customer is not None
        ticket = report(
            turn, customer, Room.of(earlier.room), Told("空压机漏油", {"device": "空压机", "fault_symptom": "漏油"})
        )
        ticket.duplicate_of = earlier.id
        announce(turn, ticket)
        return ticket.number

    second = desk.act(repeated)
    liu.hears_nothing(seconds=60)
    assert (desk.ticket(second).engineer_id, desk.ticket(second).status) == (None, Status.UNASSIGNED)
    sun.says(kind="press", token=f"keep_apart:{second}")
    liu.hears("assigned", second, within=0)
