"""A card with buttons stays true after others have acted: replaced in place where the platform can, once per change (S83, S90)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.store.model import Outbox, OutboxState
from core.store.outgoing import LAPSED
from core.store.turn import Turn
from tests.scenario import Party, Story

P0 = "整条线停了，注塑机报 E-07"


def shown(desk: Story, party: Party) -> list[Any]:
    """How messages to somebody were shown anew, in order."""
    replaced = desk.rehearsal.carriers[party.channel].replaced
    return [carried for carried in replaced if carried.room.id == party.address]


def labels(carried: Any) -> list[str]:
    return [button.label for button in carried.say.buttons]


def test_who_was_slower_sees_who_has_it_where_his_buttons_were(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    liu, zhang = desk.engineer("刘工", channel="feishu"), desk.engineer("张工", channel="slack")
    chen = desk.engineer("陈工", channel="wecom_aibot")
    wang.says(P0)
    number = wang.hears("ack_created").ticket
    zhang.says(f"接单 {number}")
    desk.passes(seconds=3)
    for party in (liu, zhang):
        [card] = shown(desk, party)
        assert "张工" in card.say.text and "接单" not in labels(card)
        first = next(sent for sent in desk.rehearsal.carriers[party.channel].sent if sent.ref == card.ref)
        assert "接单" in labels(first)
    assert shown(desk, chen) == [], "no edits there, nothing extra"
    liu.does("press", press=f"accept:{number}")
    liu.hears("accept_conflict", "张工")

    zhang.says(f"{number} 到了")
    desk.passes(minutes=2)
    assert len(shown(desk, liu)) == 1, "nothing that concerns the card"
    desk.chains_are_whole()


def test_what_was_taken_back_can_be_pressed_again(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="telegram")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    desk.passes(seconds=5)
    liu.says("撤回")
    desk.passes(seconds=5)
    taken, again = shown(desk, liu)
    assert (labels(taken), labels(again)) == ([], ["接单", "改派"])
    liu.does("press", press=f"accept:{number}")
    desk.passes(seconds=5)
    assert desk.ticket(number).status == "accepted" and labels(shown(desk, liu)[-1]) == []


def test_several_changes_at_once_change_a_card_once_and_an_old_card_stays(desk: Story) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="feishu")
    wang.says("二楼投影仪打不开")
    number = wang.hears("ack_created").ticket
    desk.at_once((liu, f"接单 {number}"), (wang, f"取消工单 {number}"))
    wang.says("是")
    desk.passes(seconds=5)
    assert desk.ticket(number).status == "cancelled"
    [card] = shown(desk, liu)
    assert "已取消" in card.say.text

    wang.says("三楼空压机漏油")
    second = wang.hears("ack_created").ticket
    desk.passes(hours=30)
    before = len(shown(desk, liu))
    wang.says(f"取消工单 {second}")
    wang.says("是")
    desk.passes(seconds=5)
    assert desk.ticket(second).status == "cancelled" and len(shown(desk, liu)) == before


def test_a_card_that_has_not_left_yet_leaves_as_it_is_now(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    liu, zhang = desk.engineer("刘工", channel="feishu"), desk.engineer("张工", channel="slack")
    carrier = desk.rehearsal.carriers["feishu"]
    carrier.down_until = desk.now + 20_000_000
    wang.says(P0)
    number = wang.hears("ack_created").ticket
    zhang.says(f"接单 {number}")
    desk.passes(minutes=2)
    cards = [sent for sent in carrier.sent if number in (sent.say.title or "") + sent.say.text]
    assert cards and all("接单" not in labels(card) for card in cards)
    assert shown(desk, liu) == []


def test_a_card_that_was_perhaps_shown_goes_again_as_it_was_and_follows_its_ticket_then(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    liu, zhang = desk.engineer("刘工", channel="feishu"), desk.engineer("张工", channel="slack")
    carrier = desk.rehearsal.carriers["feishu"]
    carrier.down_until = desk.now + 3600_000_000
    wang.says(P0)
    number = wang.hears("ack_created").ticket
    desk.act(_in_doubt)
    carrier.down_until = 0
    zhang.says(f"接单 {number}")
    desk.passes(minutes=2)
    first = [sent for sent in carrier.sent if number in (sent.say.title or "") + sent.say.text and labels(sent)]
    assert first, "the same words go out under the same key"
    assert shown(desk, liu) and not labels(shown(desk, liu)[-1])


def _in_doubt(turn: Turn) -> None:
    """The process that had messages for Feishu in hand has died."""
    for row in turn.rows(Outbox, select(Outbox.table).where(Outbox.table.c.channel == "feishu")):
        if row.state == OutboxState.WAITING:
            row.error, row.due_at = LAPSED, turn.now + 10_000_000
