"""What the clock says stands in the ticket's row, on the board and in answers, in the turn of whatever changes it; on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from core.clocks.beginning import BATCH, begin
from core.clocks.explaining import explain
from core.clocks.keeping import history_and_bounds
from core.clocks.lateness import is_overdue, what_is_late
from core.clocks.policy import Exempt, Goal, Runs, ServiceLevel, Target
from core.escalation.policy import Promise
from core.escalation.watching import promised
from core.people.model import Person
from core.policies import Policies
from core.store.database import Connection
from core.store.model import Event
from core.store.turn import Cause, Turn
from core.tickets import accepting, arriving, closing, completing, holding, merging, noting, prioritising, reporting
from core.tickets.board import standings
from core.tickets.model import Priority, Status, Ticket
from core.tickets.queries import by_number
from core.tickets.reporting import Told
from core.words import DAY, HOUR, MINUTE, Micros, Room
from tests.scenario import Party, Story, story

REASON = "等客户停机检修后再处理，客户要求本周六上午停产时统一施工，届时需要两名工程师到场，备件已经准备好，请提前一天联系客户确认时间"
SPANS = {"P0": 60 * MINUTE, "P1": 2 * HOUR, "P2": 24 * HOUR}

_reclocked = select(Event.table).where(
    Event.table.c.kind == "ticket.reclocked", Event.table.c.stream == bindparam("stream")
)


def reported(desk: Story, priority: str = "P2") -> str:
    """A ticket of this priority, made at this very instant; its number."""
    wang = desk.customer("王女士", phone=f"138{desk.now % 100_000_000:08}")

    def tell(turn: Turn) -> str:
        customer = turn.get(Person, wang.person_id)
        assert customer is not None
        room = Room("wecom_kf", desk.rehearsal.wecom.open_kfid, wang.address)
        fields = {"device": "空压机", "fault_symptom": f"漏油{desk.now}"}
        return reporting.report(turn, customer, room, Told("空压机漏油", fields, Priority(priority))).number

    return desk.act(tell)


def _manager(turn: Turn) -> Person:
    [found] = turn.rows(Person, select(Person.table).where(Person.table.c.role == "manager"))
    return found


def does(desk: Story, number: str, verb: Any) -> Any:
    """Somebody carries out a verb on the ticket."""

    def act(turn: Turn) -> Any:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        verb(turn, ticket)

    return desk.act(act)


def by(party: Party) -> Any:
    return lambda turn: turn.get(Person, party.person_id)


def lives_by(desk: Story, policies: Policies) -> None:
    """The desk begins anew with these policies."""
    object.__setattr__(desk.rehearsal.desk.house, "policies", policies)
    desk.act(begin)
    desk.settle()


def agrees(desk: Story, number: str) -> None:
    """What the row says is what the events say."""
    ticket = desk.ticket(number)
    account = desk.act(lambda turn: explain(turn, ticket))
    history, _ = desk.act(lambda turn: history_and_bounds(turn, ticket))
    assert (ticket.status, ticket.stage_at, ticket.moved_at) == (history.stay.status, history.stay.at, history.moved_at)
    assert ticket.response_due_at == account.due_at(Goal.RESPONSE)
    assert ticket.resolution_due_at == account.due_at(Goal.RESOLUTION)


# ---- boundaries, on the board and in the list


@pytest.mark.req("S9", "S12")
@pytest.mark.parametrize("priority", ["P0", "P1", "P2"])
def test_overdue_at_the_first_microsecond_after_the_deadline(desk: Story, priority: str) -> None:
    desk.manager("孙经理")
    number = reported(desk, priority)
    ticket = desk.ticket(number)
    level, due_at = desk.rehearsal.desk.house.policies.service_level, ticket.created_at + SPANS[priority]
    assert ticket.response_due_at == due_at
    assert [is_overdue(ticket, level, at) for at in (due_at - 1, due_at, due_at + 1)] == [False, False, True]
    with desk.rehearsal.desk.database.reading() as connection:
        for at, red in ((due_at - 1, False), (due_at, False), (due_at + 1, True)):
            [standing] = standings(connection, "main", level, at)
            assert (standing.ticket.number, standing.overdue) == (number, red)


@pytest.mark.req("S9", "S85")
def test_p1_is_late_in_business_time_only(desk: Story) -> None:
    sun = desk.manager("孙经理")
    desk.moves_to(desk.now + 7 * HOUR)
    number = reported(desk, "P1")
    due_at = desk.ticket(number).response_due_at
    assert due_at is not None and due_at == desk.ticket(number).created_at + 2 * HOUR + 14 * HOUR + 30 * MINUTE
    desk.passes(hours=14)
    sun.says("哪些单快超时了")
    assert number not in sun.hears("overdue_list").text
    desk.moves_to(due_at + 30 * MINUTE)
    sun.says("哪些单快超时了")
    assert f"{number} P1" in sun.hears("overdue_list").text


def test_a_ticket_that_is_older_than_the_columns_still_has_a_deadline(desk: Story) -> None:
    desk.manager("孙经理")
    number = reported(desk)

    def forget(turn: Turn, ticket: Ticket) -> None:
        ticket.response_due_at = ticket.stage_at = ticket.moved_at = None

    does(desk, number, forget)
    ticket, level = desk.ticket(number), ServiceLevel()
    assert is_overdue(ticket, level, ticket.created_at + DAY + 1) and not is_overdue(
        ticket, level, ticket.created_at + DAY
    )
    desk.moves_to(ticket.created_at + DAY - HOUR)
    assert desk.act(lambda turn: what_is_late(turn, "main")) == []
    desk.moves_to(ticket.created_at + DAY - HOUR + 1)
    assert [late.number for late in desk.act(lambda turn: what_is_late(turn, "main"))] == [number]
    desk.act(begin)
    desk.settle()
    ticket = desk.ticket(number)
    assert (ticket.stage_at, ticket.moved_at) == (ticket.created_at, ticket.created_at)
    assert ticket.response_due_at == ticket.created_at + DAY
    assert desk.act(lambda turn: turn.rows(Event, _reclocked, stream=ticket.stream)) == []


# ---- kept in the turn


@pytest.mark.req("S9", "S21", "S87")
def test_every_verb_leaves_the_row_as_the_events_say(desk: Story) -> None:
    desk.manager("孙经理")
    liu = desk.engineer("刘工")
    number = reported(desk, "P1")
    start, he = desk.ticket(number).created_at, by(liu)
    desk.passes(minutes=30)
    does(desk, number, lambda turn, ticket: accepting.accept(turn, ticket, he(turn)))
    accepted = desk.now
    assert (desk.ticket(number).stage_at, desk.ticket(number).moved_at) == (accepted, accepted)
    desk.passes(minutes=10)
    does(desk, number, lambda turn, ticket: holding.hold(turn, ticket, he(turn), REASON))
    held = desk.ticket(number)
    assert held.response_due_at is None and not is_overdue(held, ServiceLevel(), desk.now + 30 * DAY)
    desk.passes(minutes=45)
    does(desk, number, lambda turn, ticket: holding.resume(turn, ticket, he(turn)))
    assert desk.ticket(number).response_due_at == start + 2 * HOUR + 45 * MINUTE
    assert desk.ticket(number).stage_at == desk.now
    agrees(desk, number)
    desk.passes(minutes=1)
    does(desk, number, lambda turn, ticket: prioritising.set_priority(turn, ticket, _manager(turn), Priority.P0))
    assert desk.ticket(number).response_due_at == min(desk.now + HOUR, start + 2 * HOUR + 45 * MINUTE)
    assert desk.ticket(number).moved_at == desk.now - MINUTE
    agrees(desk, number)
    desk.passes(minutes=1)
    does(desk, number, lambda turn, ticket: noting.note(turn, ticket, he(turn), "已联系客户，14:30 到"))
    assert (desk.ticket(number).moved_at, desk.ticket(number).stage_at) == (desk.now, desk.now - 2 * MINUTE)
    desk.passes(minutes=5)
    does(desk, number, lambda turn, ticket: arriving.arrive(turn, ticket, he(turn)))
    assert desk.ticket(number).stage_at == desk.ticket(number).moved_at == desk.now
    agrees(desk, number)


@pytest.mark.req("S8", "S9")
def test_what_is_taken_back_leaves_no_trace_in_the_clock(desk: Story) -> None:
    desk.manager("孙经理")
    liu = desk.engineer("刘工")
    number = reported(desk, "P1")
    before = desk.ticket(number)
    liu.says(f"接单 {number}")
    liu.says(f"{number} 挂起，{REASON}")
    held = desk.ticket(number)
    assert held.status == Status.ON_HOLD and held.hold_until is not None and before.response_due_at is not None
    assert held.response_due_at is not None and held.response_due_at > held.hold_until > before.response_due_at
    agrees(desk, number)
    accepted = desk.ticket(number).assigned_at
    liu.says("撤回")
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.response_due_at) == (Status.ACCEPTED, before.response_due_at)
    assert ticket.stage_at == ticket.moved_at == accepted
    agrees(desk, number)


@pytest.mark.req("S64")
def test_merged_the_clock_stops_and_the_other_keeps_its_own(desk: Story) -> None:
    desk.manager("孙经理")
    first = reported(desk)
    desk.passes(minutes=20)
    other = reported(desk, "P1")
    due_at = desk.ticket(first).response_due_at

    def merge(turn: Turn) -> None:
        one, into = by_number(turn, "main", other), by_number(turn, "main", first)
        assert one is not None and into is not None
        merging.merge(turn, one, into, _manager(turn))

    desk.act(merge)
    assert desk.ticket(first).response_due_at == due_at
    level = ServiceLevel()
    assert not is_overdue(desk.ticket(other), level, desk.now + 9 * DAY)
    assert {late.number for late in desk.act(lambda turn: what_is_late(turn, "main"))} <= {first}
    agrees(desk, first)
    agrees(desk, other)


def test_most_events_cost_no_query(desk: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note on a ticket asks the store nothing for the clock's sake."""
    desk.manager("孙经理")
    liu = desk.engineer("刘工")
    number = reported(desk, "P1")
    does(desk, number, lambda turn, ticket: accepting.accept(turn, ticket, turn.get(Person, liu.person_id)))
    desk.passes(seconds=1)
    asked: list[str] = []
    plain = Connection.all

    def listen(self: Connection, statement: Any, /, **values: Any) -> Any:
        asked.append(str(statement))
        return plain(self, statement, **values)

    monkeypatch.setattr(Connection, "all", listen)
    does(
        desk,
        number,
        lambda turn, ticket: noting.note(turn, ticket, turn.get(Person, liu.person_id), "已联系客户，14:30 到"),
    )
    assert not [one for one in asked if "FROM event" in one and "event.stream" in one]


# ---- policies that change


@pytest.mark.req("S9")
def test_a_change_of_policy_binds_open_tickets_from_then_on_and_is_recorded_once(desk: Story) -> None:
    desk.manager("孙经理")
    policies = desk.rehearsal.desk.house.policies
    desk.act(begin)
    number = reported(desk)
    start = desk.ticket(number).created_at
    desk.passes(minutes=10)
    lives_by(desk, replace(policies, service_level=replace(policies.service_level, p2_first_response=3 * HOUR)))
    assert desk.ticket(number).response_due_at == desk.now + 3 * HOUR
    agrees(desk, number)
    desk.passes(minutes=10)
    lives_by(desk, replace(policies, service_level=replace(policies.service_level, p2_first_response=30 * HOUR)))
    assert desk.ticket(number).response_due_at == start + 30 * HOUR
    lives_by(desk, desk.rehearsal.desk.house.policies)
    events = desk.act(lambda turn: turn.rows(Event, _reclocked, stream=desk_ticket(turn, number).stream))
    assert len(events) == 2
    policy = select(Event.table).where(Event.table.c.kind == "policy.changed")
    assert len(desk.act(lambda turn: turn.rows(Event, policy))) == 3
    agrees(desk, number)
    desk.chains_are_whole()


def test_many_open_tickets_are_counted_anew_in_turns(desk: Story) -> None:
    """More than one batch; none is left out, and none is counted twice."""
    number = reported_by(desk, "孙经理")
    one = desk.ticket(number)

    def copy(turn: Turn) -> None:
        for place in range(2 * BATCH + 5):
            turn.add(Ticket(**{**vars(one), "id": turn.new_id(), "number": f"GD-{5000 + place}"}))

    desk.act(copy)
    policies = desk.rehearsal.desk.house.policies
    lives_by(desk, replace(policies, service_level=replace(policies.service_level, p2_first_response=30 * HOUR)))
    dues = [ticket.response_due_at for ticket in desk.tickets()]
    assert dues == [one.created_at + 30 * HOUR] * len(dues) and len(dues) == 2 * BATCH + 6


def reported_by(desk: Story, manager: str) -> str:
    desk.manager(manager)
    return reported(desk)


@pytest.mark.req("S9")
def test_an_exception_for_a_customer_or_a_device_holds(desk_url: str) -> None:
    level = ServiceLevel(
        exempt=(
            Exempt("A", level="A", spans={Goal.RESPONSE: 30 * MINUTE}),
            Exempt(
                "press",
                devices=("注塑机",),
                spans={Goal.RESPONSE: 50 * MINUTE, Goal.RESOLUTION: 5 * HOUR},
                runs=Runs.WALL,
            ),
        )
    )
    with story(desk_url, policies=Policies(service_level=level)) as desk:
        desk.manager("孙经理")
        number = reported(desk)
        assert desk.ticket(number).response_due_at == desk.ticket(number).created_at + DAY
        wang = desk.customer("王总", phone="13800138022")
        desk.act(lambda turn: setattr(turn.get(Person, wang.person_id), "level", "A"))
        wang.says("空压机漏油")
        favoured = desk.ticket(wang.hears("ack_created").ticket)
        assert favoured.response_due_at == favoured.created_at + 30 * MINUTE
        zhao = desk.customer("赵总", phone="13800138023")
        zhao.says("注塑机漏油")
        pressed = desk.ticket(zhao.hears("ack_created").ticket)
        assert (pressed.response_due_at, pressed.resolution_due_at) == (
            pressed.created_at + 50 * MINUTE,
            pressed.created_at + 5 * HOUR,
        )
        for one in (number, favoured.number, pressed.number):
            agrees(desk, one)


@pytest.mark.req("S21")
def test_a_stage_may_be_silent_for_less_where_an_exception_says_so(desk_url: str) -> None:
    level = ServiceLevel(exempt=(Exempt("A", level="A", spans={Goal.IDLE: 30 * MINUTE}),))
    with story(desk_url, policies=Policies(service_level=level)) as desk:
        desk.manager("孙经理")
        number = reported(desk)
        start = desk.ticket(number).created_at

        def stuck(turn: Turn) -> Micros:
            [found] = [due for due in promised(turn, desk_ticket(turn, number)) if due.promise == Promise.STUCK]
            return found.at

        assert desk.act(stuck) == start + 2 * HOUR
        customer = desk.ticket(number).customer_id
        desk.act(lambda turn: setattr(turn.get(Person, customer), "level", "A"))
        assert desk.act(stuck) == start + 30 * MINUTE


def desk_ticket(turn: Turn, number: str) -> Ticket:
    ticket = by_number(turn, "main", number)
    assert ticket is not None
    return ticket


def test_the_time_to_the_resolution_stops_when_done_and_goes_on_when_reopened(desk_url: str) -> None:
    level = ServiceLevel(further={Goal.RESOLUTION: {"P2": Target(30 * HOUR)}})
    with story(desk_url, policies=Policies(service_level=level)) as desk:
        desk.manager("孙经理")
        liu = desk.engineer("刘工")
        number = reported(desk)
        start = desk.ticket(number).created_at
        assert desk.ticket(number).resolution_due_at == start + 30 * HOUR
        does(desk, number, lambda turn, ticket: accepting.accept(turn, ticket, turn.get(Person, liu.person_id)))
        desk.passes(hours=2)
        does(
            desk,
            number,
            lambda turn, ticket: completing.complete(turn, ticket, turn.get(Person, liu.person_id), REASON),
        )
        done_at = desk.now
        desk.passes(hours=10)
        does(desk, number, lambda turn, ticket: closing.reopen(turn, ticket, turn.get(Person, ticket.customer_id)))
        assert desk.ticket(number).resolution_due_at == start + 30 * HOUR + desk.now - done_at
        agrees(desk, number)


@pytest.mark.req("S90", "S12")
def test_what_comes_late_keeps_its_own_time_and_overtakes_no_step(desk: Story) -> None:
    """An engineer without network: his note of 10:50 comes at 11:40, after a colleague's of 11:30, his arrival after a hold."""
    desk.manager("孙经理")
    liu = desk.engineer("刘工")
    number = reported(desk, "P1")
    start, he = desk.now, by(liu)
    does(desk, number, lambda turn, ticket: accepting.accept(turn, ticket, he(turn)))
    desk.passes(minutes=30)
    does(desk, number, lambda turn, ticket: noting.note(turn, ticket, he(turn), "已联系客户，14:30 到"))
    desk.passes(minutes=10)
    does(desk, number, lambda turn, ticket: holding.hold(turn, ticket, he(turn), REASON))
    held = desk.now
    desk.passes(minutes=10)

    def late(turn: Turn) -> None:
        ticket = desk_ticket(turn, number)
        noting.note(turn, ticket, he(turn), "液压站压力不够，要换件")
        holding.resume(turn, ticket, he(turn))

    desk.run(desk.rehearsal.desk.act(late, Cause("inbox:late", at=start + 10 * MINUTE)))
    ticket = desk.ticket(number)
    assert (ticket.first_response_at, ticket.first_action_at) == (start + 10 * MINUTE, start + 10 * MINUTE)
    assert (ticket.last_action_at, ticket.stage_at, ticket.moved_at) == (held, held, held)
    assert ticket.response_due_at == start + 2 * HOUR
    agrees(desk, number)
