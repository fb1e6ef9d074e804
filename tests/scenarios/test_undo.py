"""Taking it back (撤回): within a minute, as an event that compensates; unsent notices withdrawn, sent ones corrected."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.parts.model import PartRequest, PartState
from core.store.model import Event, Outbox, OutboxState, Timer, TimerState
from core.store.turn import Turn
from core.tickets.announcing import announce
from core.tickets.events import Happened
from core.tickets.handing_over import handovers_of
from core.tickets.merging import reporters_of
from core.tickets.model import Handover, Priority, Status, Ticket
from core.tickets.queries import by_number
from tests.scenario import Party, Story
from tests.scenarios.so_far import FIFTY, PART, REASON, ticket_in

S = Status


def _world(desk: Story) -> tuple[Party, Party, Party, Party, Party]:
    return (
        desk.customer("王女士", phone="13800138021"),
        desk.engineer("刘工"),
        desk.engineer("张工", on_duty=False),
        desk.manager("孙经理"),
        desk.buyer("胡采购"),
    )


def _announced(desk: Story, number: str) -> str:
    """Somebody has been asked for it, as after every report; what people heard then is over."""

    def act(turn: Turn) -> None:
        ticket = by_number(turn, "main", number)
        assert ticket is not None
        announce(turn, ticket)

    desk.act(act)
    desk.passes(seconds=5)
    desk.unheard.clear()
    return number


VERBS = {
    "accept": (S.UNASSIGNED, "接单 {n}"),
    "arrive": (S.ACCEPTED, "{n} 到了"),
    "note": (S.ACCEPTED, "备注 {n} 已电话确认是搓纸轮老化"),
    "appointment in a note": (S.ACCEPTED, "{n} 已电话联系客户 11点半到现场"),
    "need_part": (S.ON_SITE, "{n} 换件 DR-4200-TN 1个"),
    "complete": (S.ON_SITE, f"完成 {{n}} {FIFTY}"),
    "hold": (S.ON_SITE, f"挂起 {{n}} {REASON}"),
    "resume": (S.ON_HOLD, "恢复 {n}"),
    "transfer": (S.ON_SITE, "{n} 转给张工"),
    "cancel": (S.ACCEPTED, "取消 {n}"),
    "priority": (S.ACCEPTED, "{n} 改P1"),
    "quote": (S.ON_SITE, "{n} 报价 350"),
    "reschedule": (S.ACCEPTED, "{n} 约明天下午三点"),
}
CHANGING = frozenset(Ticket.columns) - {"updated_at", "asked", "announced", "told_at"}


@pytest.mark.parametrize(("status", "words"), VERBS.values(), ids=VERBS)
def test_the_ticket_is_as_before_and_whoever_heard_of_it_hears_once_that_it_was_wrong(
    desk: Story, status: Status, words: str
) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, status, wang, liu)
    _announced(desk, number)
    wang.says("谢谢")
    desk.passes(seconds=5)
    desk.unheard.clear()
    before = desk.ticket(number)
    liu.says(words.format(n=number))
    desk.passes(seconds=20)
    misled = {(m.channel, m.who) for m in desk.unheard} - {(liu.channel, liu.address)}
    desk.unheard.clear()
    liu.says("打错了，撤回")
    liu.hears("action_done", number)
    desk.passes(seconds=10)
    assert {(m.channel, m.who) for m in desk.unheard} == misled
    assert [m.say.purpose for m in desk.unheard] == ["correction"] * len(misled)
    after = desk.ticket(number)
    assert {name: getattr(after, name) for name in CHANGING} == {name: getattr(before, name) for name in CHANGING}
    assert _kinds(desk)[-1] == Happened.UNDONE
    desk.chains_are_whole()


@pytest.mark.parametrize(("after", "still"), [(60.0, True), (60.000001, False)])
def test_a_minute_and_not_a_microsecond_more(desk: Story, after: float, still: bool) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 到了")
    liu.hears("action_done")
    wang.hears("engineer_arrived")
    desk.passes(seconds=after)
    liu.says("撤回")
    if still:
        liu.hears("action_done", number, "已接单")
        wang.hears("correction", number)
    else:
        liu.hears("error_hint", number, "一分钟")
    assert desk.ticket(number).status == (S.ACCEPTED if still else S.ON_SITE)
    desk.nobody_heard_anything_else()


def test_only_the_last_verb_and_only_once(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.UNASSIGNED, wang, liu)
    liu.says("撤回")
    liu.hears("error_hint", "没有可以撤回")
    desk.passes(seconds=30)
    liu.says(f"接单 {number}")
    liu.says(f"{number} 到了")
    liu.says("撤回")
    assert desk.ticket(number).status == S.ACCEPTED
    liu.says("撤回")
    liu.hears("error_hint", "没有可以撤回")
    assert desk.ticket(number).status == S.ACCEPTED


def test_asking_and_being_refused_is_no_verb(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 到了")
    liu.says(f"查 {number}")
    liu.says(f"恢复 {number}")
    liu.says("我的单")
    liu.says("撤回")
    assert desk.ticket(number).status == S.ACCEPTED


def test_what_has_changed_since_is_not_taken_back(desk: Story) -> None:
    wang, liu, zhang, *_ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 转给张工")
    zhang.says(f"接单 {number}")
    liu.says("撤回")
    liu.hears("error_hint", number, "新的变化", within=30)
    assert desk.ticket(number).engineer_id == zhang.person_id


def test_an_unsent_notice_is_withdrawn_and_not_corrected(desk: Story) -> None:
    """The customer's reply window is shut: the notice waits, and is gone before it could be read."""
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    desk.passes(hours=49)
    desk.unheard.clear()
    liu.says(f"{number} 到了")
    liu.says("撤回")
    desk.passes(seconds=10)
    wang.says(f"{number} 怎么样了")
    wang.hears("progress", "已接单")
    [notice] = [row for row in _outbox(desk) if row.purpose == "engineer_arrived"]
    assert notice.state == OutboxState.WITHDRAWN
    wang.hears_nothing()


def test_a_part_that_is_not_needed_after_all_is_not_bought(desk: Story) -> None:
    wang, liu, _, _, hu = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"{number} 换件 {PART} 2个")
    hu.hears("part_request", PART)
    liu.says("撤回")
    hu.hears("correction", number)
    assert [part.state for part in _parts(desk)] == [PartState.WITHDRAWN]
    hu.says(f"{number} {PART} 到了")
    hu.hears("error_hint", number)
    assert desk.ticket(number).status == S.ON_SITE


def test_a_part_that_did_not_come_is_waited_for_again(desk: Story) -> None:
    wang, liu, _, _, hu = _world(desk)
    number = ticket_in(desk, S.WAITING_PART, wang, liu)
    hu.says(f"{number} 后天能到")
    liu.hears("part_eta", number)
    eta = _parts(desk)[0].eta
    hu.says(f"{number} 明天能到")
    hu.says("撤回")
    assert (_parts(desk)[0].eta, _parts(desk)[0].state) == (eta, PartState.DATED)
    hu.says(f"{number} {PART} 到了")
    liu.hears("part_arrived", number)
    assert desk.ticket(number).status == S.ACCEPTED
    hu.says("撤回")
    liu.hears("correction", number)
    assert (_parts(desk)[0].state, desk.ticket(number).status) == (PartState.DATED, S.WAITING_PART)


def test_a_done_that_was_none_neither_closes_nor_reminds(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"完成 {number} {FIFTY}")
    liu.says("撤回")
    desk.passes(hours=100)
    assert desk.ticket(number).status == S.ON_SITE
    waiting = [
        t.kind for t in desk.act(lambda turn: turn.rows(Timer, select(Timer.table))) if t.state == TimerState.WAITING
    ]
    assert not {"ticket.close", "ticket.maintenance"} & set(waiting)


def test_a_transfer_taken_back_is_a_withdrawn_offer(desk: Story) -> None:
    wang, liu, zhang, *_ = _world(desk)
    number = ticket_in(desk, S.ON_SITE, wang, liu)
    liu.says(f"{number} 转给张工")
    zhang.hears("assigned", number)
    liu.says("撤回")
    zhang.hears("correction", number, "刘工")
    [offer] = _offers(desk, number)
    assert (offer.answer, desk.ticket(number).status, desk.ticket(number).handovers) == ("withdrawn", S.ON_SITE, 0)
    zhang.says(f"接单 {number}")
    zhang.hears("accept_conflict", "刘工")


def test_an_acceptance_taken_back_leaves_the_offer_open(desk: Story) -> None:
    wang, liu, zhang, *_ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    liu.says(f"{number} 转给张工")
    zhang.says(f"接单 {number}")
    liu.hears("unassigned", number, "张工")
    zhang.says("撤回")
    liu.hears("correction", number)
    [offer] = _offers(desk, number)
    assert (offer.answer, offer.answered_at) == (None, None)
    ticket = desk.ticket(number)
    assert (ticket.status, ticket.owner_id, ticket.engineer_id) == (S.UNASSIGNED, liu.person_id, zhang.person_id)


def test_several_tickets_of_one_message_are_taken_back_together(desk: Story) -> None:
    wang, liu, *_ = _world(desk)
    one, two = (_announced(desk, ticket_in(desk, S.UNASSIGNED, wang, liu, device)) for device in ("打印机", "传真机"))
    liu.says(f"接单 {one} {two}")
    liu.hears("action_done", one)
    liu.hears("action_done", two)
    assert [desk.ticket(n).status for n in (one, two)] == [S.ACCEPTED, S.ACCEPTED]
    desk.passes(seconds=5)
    desk.unheard.clear()
    liu.says("撤回")
    liu.hears("action_done", one)
    liu.hears("action_done", two)
    assert [desk.ticket(n).status for n in (one, two)] == [S.UNASSIGNED, S.UNASSIGNED]
    wang.hears("correction")
    desk.passes(seconds=10)
    desk.nobody_heard_anything_else()


def test_a_merging_taken_back_parts_the_tickets_and_their_people(desk: Story) -> None:
    wang, liu, _, sun, _ = _world(desk)
    chen = desk.customer("陈先生", phone="13500001111")
    one = ticket_in(desk, S.ACCEPTED, wang, liu)
    two = ticket_in(desk, S.UNASSIGNED, chen, liu)
    before = [desk.ticket(n).description for n in (one, two)]
    sun.says(f"{two} 并到 {one}")
    chen.hears("dup_linked", one)
    sun.says("撤回")
    chen.hears("correction")
    assert [desk.ticket(n).status for n in (one, two)] == [S.ACCEPTED, S.UNASSIGNED]
    assert [desk.ticket(n).description for n in (one, two)] == before
    into = desk.ticket(one)
    assert desk.act(lambda turn: reporters_of(turn, into)) == []


def test_a_priority_set_by_mistake_is_as_before(desk: Story) -> None:
    wang, liu, _, sun, _ = _world(desk)
    number = ticket_in(desk, S.ACCEPTED, wang, liu)
    sun.says(f"{number} 改P0")
    assert desk.ticket(number).priority == Priority.P0
    sun.says("撤回")
    ticket = desk.ticket(number)
    assert (ticket.priority, ticket.priority_from) == (Priority.P2, "derived")


def _kinds(desk: Story) -> list[str]:
    events = desk.act(lambda turn: turn.rows(Event, select(Event.table).order_by(Event.table.c.id)))
    return [event.kind for event in events if event.stream.startswith("ticket:")]


def _outbox(desk: Story) -> list[Outbox]:
    return desk.act(lambda turn: turn.rows(Outbox, select(Outbox.table)))


def _parts(desk: Story) -> list[PartRequest]:
    return desk.act(lambda turn: turn.rows(PartRequest, select(PartRequest.table).order_by(PartRequest.table.c.id)))


def _offers(desk: Story, number: str) -> list[Handover]:
    ticket = desk.ticket(number)
    return desk.act(lambda turn: handovers_of(turn, ticket))
