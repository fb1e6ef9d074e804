"""Whatever people say in whatever order: one owner at every instant, only legal steps, whole chains, and nobody hears what is
none of his business."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.clocks.account import account
from core.clocks.keeping import history_and_bounds
from core.clocks.policy import Goal
from core.people.model import Person, Role
from core.store.model import Event, Inbox, Outbox
from core.store.turn import Turn
from core.tickets.merging import reporters_of
from core.tickets.model import Handover, Reporter, Status, Ticket
from core.tickets.ownership import owner_of
from tests.databases import Postgres
from tests.scenario import Party, Story, story
from tests.scenarios.so_far import FIFTY, PART, REASON, ticket_in
from tests.scenarios.test_legal_steps import LEGAL

S = Status
PHONES = {"王女士": "13800138021", "陈先生": "13500001111"}

WORK = ("接单 {n}", "{n} 到了", "{n} 转给{other}", f"挂起 {{n}} {REASON}", "恢复 {n}", f"{{n}} 换件 {PART} 1个",
        f"完成 {{n}} {FIFTY}", f"完成 {{n}} {FIFTY[:30]}", FIFTY[30:], "{n} 改派", "取消 {n}", "备注 {n} 已联系客户,14:30到",
        "{n} 改P1", "查 {n}", "我的单", "撤回", "收到", "到了", "接单 {n} {m}", "{m} 并到 {n}", "{n} 约明天下午三点")  # fmt: skip
LEAD = (
    "{n} 派给{other}",
    "{n} 转给{other}",
    "{m} 并到 {n}",
    "{n} 改P0",
    "{n} 改P2",
    "取消 {n}",
    "催一下 {n}",
    "看板",
    "超时",
    "撤回",
)
BUY = ("{n} 后天能到", f"{{n}} {PART} 到了", "查 {n}", "撤回", "{n} 到货了")
WANT = ("修好了吗", "催一下", "取消 {n}", "是", "不", "没修好", "5分", "改到明天下午三点", "{m} 修好了吗", "转人工",
        "你们太差了，我要投诉", "2", "谢谢")  # fmt: skip
MOMENTS = st.sampled_from((0, 5, 61, 1_900, 80 * 3_600))
WHO = {"engineer": WORK, "manager": LEAD, "buyer": BUY, "customer": WANT}

spoken = st.one_of(
    *(st.tuples(st.just(role), st.integers(0, 2), st.sampled_from(words)) for role, words in WHO.items())
)
days = st.lists(st.tuples(spoken, st.booleans(), MOMENTS), min_size=4, max_size=14)


@dataclass
class Cast:
    desk: Story
    engineers: list[Party]
    customers: list[Party]
    manager: Party
    buyer: Party
    numbers: tuple[str, str]

    def says(self, role: str, which: int, words: str, swapped: bool) -> None:
        one, two = self.numbers[::-1] if swapped else self.numbers
        speakers = {"manager": [self.manager], "buyer": [self.buyer]}
        people = speakers.get(role) or (self.engineers if role == "engineer" else self.customers)
        other = self.engineers[(which + 1) % len(self.engineers)].name
        people[which % len(people)].says(words.format(n=one, m=two, other=other))


@contextmanager
def a_desk(url: str) -> Iterator[Cast]:
    with story(url) as desk:
        engineers = [desk.engineer(name, on_duty=name == "刘工") for name in ("刘工", "张工", "赵工")]
        customers = [desk.customer(name, phone=phone) for name, phone in PHONES.items()]
        manager, buyer = desk.manager("孙经理"), desk.buyer("胡采购")
        first = ticket_in(desk, S.UNASSIGNED, customers[0], engineers[0], "空压机", "漏油")
        second = ticket_in(desk, S.ACCEPTED, customers[1], engineers[1], "打印机", "卡纸")
        yield Cast(desk, engineers, customers, manager, buyer, (first, second))


def play(url: str, day: list[tuple[tuple[str, int, str], bool, int]]) -> None:
    """Play a day, looking at the desk after every word."""
    with a_desk(url) as cast:
        desk = cast.desk
        before = _statuses(desk)
        for (role, which, words), swapped, pause in day:
            cast.says(role, which, words, swapped)
            after = _statuses(desk)
            _only_legal_steps(before, after, words)
            desk.act(_one_owner_each)
            desk.act(_clocks_follow_from_the_events)
            desk.passes(seconds=pause)
            before = _statuses(desk)
            _only_legal_steps(after, before, "time")
        desk.passes(seconds=60)
        desk.act(_clocks_follow_from_the_events)
        desk.act(_heard_only_by_people_concerned)
        assert desk.act(lambda turn: [row.error for row in turn.rows(Inbox, select(Inbox.table)) if row.error]) == []
        _no_phone_is_told(cast)
        desk.chains_are_whole()


def test_a_response_at_the_instant_at_which_its_ticket_became_urgent(sqlite_template: Path, tmp_path: Path) -> None:
    """Found by the tests below: what the row kept and what its events say were not the same."""
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    accepts, notes = ("engineer", 0, "接单 {n}"), ("engineer", 0, "备注 {n} 已联系客户,14:30到")
    day = [accepts, accepts, ("manager", 0, "{n} 改P0"), notes]
    play(f"sqlite:///{tmp_path / 'desk.db'}", [(said, False, 0) for said in day])


@pytest.mark.req("S1", "S18")
def test_on_sqlite(sqlite_template: Path) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(days)
    def any_day(day: list[tuple[tuple[str, int, str], bool, int]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(sqlite_template, Path(folder) / "desk.db")
            play(f"sqlite:///{folder}/desk.db", day)

    any_day()


@pytest.mark.req("S1", "S18")
def test_on_postgresql(postgres: Postgres, postgres_template: str) -> None:
    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(days)
    def any_day(day: list[tuple[tuple[str, int, str], bool, int]]) -> None:
        url = postgres.fresh(postgres_template)
        try:
            play(url, day)
        finally:
            postgres.drop(url)

    any_day()


def _statuses(desk: Story) -> dict[str, Status]:
    return {ticket.number: ticket.status for ticket in desk.tickets()}


def _only_legal_steps(before: dict[str, Status], after: dict[str, Status], words: str) -> None:
    """By a legal step, or by what is none: a refused hand-over, a merging, a taking back."""
    if words == "撤回":
        return
    for number, was in before.items():
        now = after[number]
        by_step = now in LEGAL[was].values() or (was == S.ON_HOLD and now in LEGAL)
        refused = (was, now) == (S.UNASSIGNED, S.ACCEPTED)
        merged = now == S.CANCELLED and was not in (S.DONE, S.CLOSED)
        closed = (was, now) == (S.DONE, S.CLOSED)
        assert now == was or by_step or refused or merged or closed, (number, was, now, words)


def _one_owner_each(turn: Turn) -> None:
    for ticket in turn.rows(Ticket, select(Ticket.table)):
        if ticket.is_open:
            owner = owner_of(turn, ticket)
            assert owner is not None and owner.is_staff and owner.active, ticket.number
            accepted = ticket.status not in (S.UNASSIGNED, S.ON_HOLD)
            assert not accepted or (ticket.owner_id == ticket.engineer_id == owner.id), ticket.number


def _clocks_follow_from_the_events(turn: Turn) -> None:
    """What stands in the row is what its events say when they are read again, whatever was taken back in between (S9)."""
    for ticket in turn.rows(Ticket, select(Ticket.table)):
        history, bounds = history_and_bounds(turn, ticket)
        found = account(history, bounds, turn.now)
        assert (ticket.status, ticket.stage_at) == (history.stay.status, history.stay.at), ticket.number
        assert (ticket.response_due_at, ticket.first_response_at) == (found.due_at(Goal.RESPONSE), history.response_at)
        assert (ticket.moved_at, ticket.urgent_at) == (history.moved_at, history.urgent_at), ticket.number


def _heard_only_by_people_concerned(turn: Turn) -> None:
    """Customers of the ticket and whoever told of it too; engineers who had it or were asked to take it."""
    tickets = {ticket.stream: ticket for ticket in turn.rows(Ticket, select(Ticket.table))}
    hands = turn.rows(Handover, select(Handover.table))
    for row in turn.rows(Outbox, select(Outbox.table)):
        person, ticket = turn.get(Person, row.person_id), tickets.get(row.subject or "")
        if person is None or ticket is None:
            continue
        if person.role == Role.CUSTOMER:
            told = {ticket.customer_id, *(reporter.person_id for reporter in reporters_of(turn, ticket))}
            assert (
                person.id in told or row.purpose in ("correction", "dup_linked") or _was_told_too(turn, person, ticket)
            )
        elif person.role == Role.ENGINEER and "escalation" not in (row.purpose, *row.say.get("also", ())):
            asked = {hand.taker_id for hand in hands if hand.ticket_id == ticket.id}
            gave = {hand.giver_id for hand in hands if hand.ticket_id == ticket.id}
            assert person.id in asked | gave | {ticket.engineer_id, ticket.owner_id} | _had_it(turn, ticket), (
                row.purpose
            )


def _was_told_too(turn: Turn, person: Person, ticket: Ticket) -> bool:
    """He had told of it for a while, until the merging was taken back."""
    rows = turn.rows(Reporter, select(Reporter.table))
    return any(row.person_id == person.id and row.ticket_id == ticket.id for row in rows)


def _had_it(turn: Turn, ticket: Ticket) -> set[int]:
    """Who accepted it at some time."""
    events = turn.rows(Event, select(Event.table).where(Event.table.c.stream == ticket.stream))
    return {event.by for event in events if event.kind == "ticket.accepted" and event.by is not None}


def _no_phone_is_told(cast: Cast) -> None:
    for message in cast.desk.unheard:
        reader = next(
            (p for p in [*cast.customers, cast.buyer] if (p.channel, p.address) == (message.channel, message.who)), None
        )
        if reader is not None:
            others = [phone for name, phone in PHONES.items() if name != reader.name]
            assert not any(phone in message.text for phone in others), message.text
