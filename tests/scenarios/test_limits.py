"""Numbers are spared (rules.md, Limits), and the day's money for SMS and calls has a ceiling; both over restarts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from core.people.model import Person
from core.people.policy import ReachingPolicy
from core.people.reaching import reach, routes_of
from core.policies import Policies
from core.store.model import Outbox, OutboxState
from core.store.turn import Turn
from core.words import DAY, HOUR, MINUTE, SECOND, Micros, Receipt, Room, Say
from tests.scenario import WEDNESDAY_TEN, Party, Story, story

NUMBER, OTHER = "13622223333", "13722223333"
FREE = ReachingPolicy(ceiling=0)


def alarm(number: str, purpose: str = "p0_alert") -> Say:
    params = (("number", number), ("what", "停机"), ("place", "二期五栋"))
    return Say(purpose, f"紧急工单{number}：停机，地点二期五栋，请立即处理，回复1确认。", params=params)


def reaches(desk: Story, who: Party, route: str, say: Say | None = None, *, urgent: bool = True) -> Outbox | None:
    """What the desk does to reach somebody by a route."""

    def act(turn: Turn) -> Outbox | None:
        person = turn.get(Person, who.person_id)
        assert person is not None
        return reach(turn, person, say or alarm("GD-1001"), route, subject="ticket:1", urgent=urgent)

    return desk.act(act)


def due(desk: Story, who: Party, route: str) -> Micros | None:
    """In how many µs he is reached by a route."""
    row = reaches(desk, who, route)
    return None if row is None else max(row.due_at - desk.now, 0) if row.state == "waiting" else 0


def rung_at(desk: Story, *instants: Micros) -> Party:
    """Somebody whose phone has rung at these instants after the beginning of the story."""
    liu = desk.engineer("刘工", phone=NUMBER)
    for at in instants:
        desk.moves_to(WEDNESDAY_TEN + at)
        assert due(desk, liu, "voice") == 0
    return liu


@pytest.mark.req("S11")
@pytest.mark.parametrize("route", ["voice", "sms"])
@pytest.mark.parametrize(("after", "waits"), [(59_999_999, 1), (60 * SECOND, 0)], ids=["59.999999 s", "60 s"])
def test_a_number_is_used_once_a_minute(desk: Story, route: str, after: Micros, waits: Micros) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)
    assert due(desk, liu, route) == 0
    desk.moves_to(WEDNESDAY_TEN + after)
    assert due(desk, liu, route) == waits


@pytest.mark.req("S11")
@pytest.mark.parametrize(
    ("after", "waits"),
    [(55 * MINUTE - 1, None), (55 * MINUTE, 5 * MINUTE), (HOUR - 1, 1), (HOUR, 0)],
    ids=["55 minutes less 1 µs: another route", "waits 5 minutes", "1 µs early", "an hour"],
)
def test_a_number_rings_five_times_an_hour(desk: Story, after: Micros, waits: Micros | None) -> None:
    liu = rung_at(desk, *(minutes * MINUTE for minutes in (0, 2, 4, 6, 8)))
    desk.moves_to(WEDNESDAY_TEN + after)
    assert due(desk, liu, "voice") == waits


@pytest.mark.req("S11")
def test_the_fourth_call_of_an_hour_is_not_the_fifth(desk: Story) -> None:
    liu = rung_at(desk, *(minutes * MINUTE for minutes in (0, 2, 4, 6)))
    desk.passes(minutes=1)
    assert due(desk, liu, "voice") == 0
    desk.passes(minutes=1)
    assert due(desk, liu, "voice") is None


@pytest.mark.req("S11")
@pytest.mark.parametrize(
    ("after", "waits"),
    [(DAY - 5 * MINUTE - 1, None), (DAY - 1, 1), (DAY, 0)],
    ids=["too far off", "1 µs early", "a day"],
)
def test_a_number_rings_twenty_times_a_day(desk: Story, after: Micros, waits: Micros | None) -> None:
    liu = rung_at(desk, *(count * HOUR for count in range(20)))
    desk.moves_to(WEDNESDAY_TEN + after)
    assert due(desk, liu, "voice") == waits


def test_other_numbers_and_other_channels_have_limits_of_their_own(desk: Story) -> None:
    liu, zhao = desk.engineer("刘工", phone=NUMBER), desk.engineer("赵工", phone=OTHER)
    assert due(desk, liu, "voice") == due(desk, liu, "sms") == due(desk, zhao, "voice") == 0


@pytest.mark.req("S11")
def test_limits_are_kept_over_a_restart(desk_url: str) -> None:
    with story(desk_url) as desk:
        liu = desk.engineer("刘工", phone=NUMBER)
        assert due(desk, liu, "voice") == 0
    with story(desk_url, start=WEDNESDAY_TEN + 20 * SECOND) as desk:
        assert due(desk, replace(liu, desk=desk), "voice") == 40 * SECOND


@pytest.mark.req("S11")
@pytest.mark.parametrize("route", ["voice", "sms"])
def test_whoever_is_reached_late_is_spared_from_then_on(desk: Story, route: str) -> None:
    """The provider puts the second one off for fifty seconds; the third waits behind it, and then its own minute."""
    liu, refuses = desk.engineer("刘工", phone=NUMBER), [False, False, True, False]
    carrier = getattr(desk.rehearsal.phones.desk_phone, {"voice": "calls", "sms": "texts"}[route])
    post = carrier.post

    async def busy(*given: Any) -> Receipt:
        return Receipt("later", after=50.0, why="busy") if refuses.pop() else await post(*given)

    carrier.post = busy
    for kind in ("p0_alert", "escalation", "overdue"):
        reaches(desk, liu, route, alarm("GD-1001", kind))
    desk.passes(seconds=240)
    gone = [one.at - WEDNESDAY_TEN for one in desk.unheard if one.channel == route]
    assert gone == [0, 110 * SECOND, 170 * SECOND]
    desk.unheard.clear()


@pytest.mark.req("S11")
def test_a_call_that_was_withdrawn_when_it_had_perhaps_begun_counts(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)
    row = reaches(desk, liu, "voice")
    assert row is not None
    desk.unheard.clear()

    def withdraw(turn: Turn) -> None:
        found = turn.get(Outbox, row.id)
        assert found is not None
        found.state, found.error = OutboxState.WITHDRAWN, "the lease ran out"

    desk.act(withdraw)
    assert due(desk, liu, "voice") == MINUTE


@pytest.mark.req("S10")
def test_alarms_that_fall_together_are_one_sms_and_none_is_lost(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)
    reaches(desk, liu, "sms", alarm("GD-1001"))
    desk.passes(seconds=10)
    second = reaches(desk, liu, "sms", alarm("GD-1002"))
    desk.passes(seconds=10)
    third = reaches(desk, liu, "sms", alarm("GD-1003"))
    assert second and third and second.id == third.id
    assert dict(Say.of(third.say).params) == {"number": "GD-1002、GD-1003", "what": "停机", "place": "二期五栋"}
    phone = desk.phone(liu)
    phone.gets("GD-1001")
    desk.moves_to(WEDNESDAY_TEN + MINUTE - 1)
    phone.silent()
    desk.moves_to(WEDNESDAY_TEN + MINUTE)
    phone.gets("GD-1002", "GD-1003")
    phone.silent(seconds=120)


@pytest.mark.req("S10")
def test_as_many_sms_are_written_as_all_tickets_need(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)
    numbers = [f"GD-{1001 + count}" for count in range(30)]
    for number in numbers:
        assert reaches(desk, liu, "sms", alarm(number)) is not None
    desk.passes(minutes=15)
    sms = [message.text for message in desk.unheard if message.channel == "sms"]
    times = [message.at for message in desk.unheard if message.channel == "sms"]
    assert [number for number in numbers if not any(number in text for text in sms)] == []
    assert all(later - earlier >= MINUTE for earlier, later in pairwise(times))
    assert 1 < len(sms) < len(numbers) / 2


def test_an_alarm_is_not_bundled_with_lesser_news_or_news_of_another_kind(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)
    first = reaches(desk, liu, "sms")
    lesser = reaches(desk, liu, "sms", alarm("GD-1002"), urgent=False)
    other = reaches(desk, liu, "sms", alarm("GD-1003", "escalation"))
    assert first and lesser and other and len({first.id, lesser.id, other.id}) == 3


# ---- what it costs


def spending(**more: Any) -> Policies:
    return replace(Policies(), reaching=ReachingPolicy(**more))


@pytest.mark.parametrize(("ceiling", "goes"), [(9, False), (10, True)], ids=["a fen too little", "just enough"])
def test_the_day_has_a_ceiling(desk_url: str, ceiling: int, goes: bool) -> None:
    with story(desk_url, policies=spending(prices={"sms": 5}, ceiling=ceiling, reserve=0)) as desk:
        one, other = desk.engineer("刘工", phone=NUMBER), desk.engineer("赵工", phone=OTHER)
        assert reaches(desk, one, "sms", urgent=False)
        assert (reaches(desk, other, "sms", urgent=False) is not None) == goes


def test_alarms_have_a_reserve_and_managers_are_told_once_a_day(desk_url: str) -> None:
    spends = spending(prices={"voice": 10}, ceiling=10, reserve=10)
    with story(desk_url, policies=spends) as desk:
        people = [desk.engineer(f"工程师{count}", phone=f"1360000000{count}") for count in range(5)]
        boss = desk.manager("孙经理")
        assert reaches(desk, people[0], "voice", urgent=False)
        assert reaches(desk, people[1], "voice", urgent=False) is None
        assert reaches(desk, people[1], "voice") is not None
        boss.hears("spending", "上限", "0.10")
        assert reaches(desk, people[2], "voice") is None
        assert reaches(desk, people[3], "voice") is None
        boss.hears("spending", "备用金也用完")
        boss.hears_nothing()
        desk.moves_to(WEDNESDAY_TEN + 14 * HOUR - 1)
        assert reaches(desk, people[3], "voice") is None
        desk.moves_to(WEDNESDAY_TEN + 14 * HOUR)
        assert reaches(desk, people[3], "voice", urgent=False) is not None
        boss.hears_nothing()
        assert reaches(desk, people[4], "voice", urgent=False) is None
        boss.hears("spending", "上限")
        boss.hears_nothing()


def test_a_long_sms_costs_as_many_as_it_has_parts(desk_url: str) -> None:
    with story(desk_url, policies=spending(prices={"sms": 5}, ceiling=10, reserve=0)) as desk:
        one = desk.engineer("刘工", phone=NUMBER)
        assert reaches(desk, one, "sms", Say("progress", "字" * 135), urgent=False) is None
        assert reaches(desk, one, "sms", Say("progress", "字" * 134), urgent=False) is not None


# ---- who can be reached, and how


@pytest.mark.parametrize("phone", ["0574-88001234-801", "4001234567", "88001234", "", None])
def test_what_cannot_be_dialled_leads_nowhere(desk: Story, phone: str | None) -> None:
    liu = desk.engineer("刘工", phone=phone)
    assert reaches(desk, liu, "voice") is None and reaches(desk, liu, "sms") is None


def test_a_landline_rings_and_receives_no_sms(desk: Story) -> None:
    liu = desk.engineer("刘工", phone="0574-88001234")
    assert reaches(desk, liu, "sms") is None
    assert (row := reaches(desk, liu, "voice")) and row.room == "voice/sim/%2B8657488001234"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_call_is_told_the_language_of_whoever_is_called(desk: Story, lang: str) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)

    def speaks(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.lang = lang

    desk.act(speaks)
    row = reaches(desk, liu, "voice")
    assert row and dict(Say.of(row.say).params)["lang"] == lang


def test_a_sip_address_is_called_as_it_stands(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)

    def has_a_soft_phone(turn: Turn) -> None:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.calls = "sip:liu@192.168.1.20"

    desk.act(has_a_soft_phone)
    row = reaches(desk, liu, "voice")
    assert row and Room.of(row.room).id == "sip:liu@192.168.1.20"
    assert (other := reaches(desk, liu, "sms")) and Room.of(other.room).id == f"+86{NUMBER}"


def test_his_own_order_of_routes_comes_first(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)

    def prefers(turn: Turn) -> list[str]:
        person = turn.get(Person, liu.person_id)
        assert person is not None
        person.routes = ["voice", "telegram", "wecom"]
        return routes_of(turn, person, ["chat", "sms", "wecom", "feishu", "voice"])

    assert desk.act(prefers) == ["voice", "wecom", "chat", "sms"]


def test_a_message_to_a_telephone_is_words_alone(desk: Story) -> None:
    liu = desk.engineer("刘工", phone=NUMBER)
    say = replace(alarm("GD-1001"), title="卡片", facts=(("字段", "值"),), link="https://desk.example/t/1")
    row = reaches(desk, liu, "sms", say)
    assert row and row.say["text"] == say.text
    stored = desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table)))
    assert len(stored) == 1
