"""Photos land on the right ticket; at most one question (S90, S5a)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.tickets.model import Attachment
from tests.photos.pictures import photo_of
from tests.scenario import Party, Story


def files(desk: Story, number: str) -> list[Attachment]:
    """The files of a ticket, the oldest first."""
    ticket = desk.ticket(number)
    table = Attachment.table
    rows = desk.act(lambda turn: turn.rows(Attachment, select(table).order_by(table.c.id)))
    found = [row for row in rows if row.ticket_id == ticket.id]
    assert len(found) == ticket.attachments
    return found


def accepted(desk: Story, wang: Party, liu: Party, words: str) -> str:
    """A ticket that the engineer has accepted."""
    wang.says(words)
    number = wang.hears("ack_created").ticket
    desk.unheard.clear()
    liu.says(f"接单 {number}")
    desk.passes(seconds=90)
    desk.unheard.clear()
    return number


@pytest.mark.req("S90")
def test_the_photos_of_an_engineer_go_to_the_ticket_that_he_is_at_and_he_is_asked_once_at_most(desk: Story) -> None:
    wang, li = desk.customer("王女士"), desk.customer("李总", channel="webchat")
    liu = desk.engineer("刘工", channel="dingtalk")
    first = accepted(desk, wang, liu, "打印机卡纸")
    liu.sends_photo("a.jpg")
    liu.hears("action_done", first)
    assert [file.person_id for file in files(desk, first)] == [liu.person_id]

    second = accepted(desk, li, liu, "空压机漏油")
    desk.passes(minutes=5)
    liu.says(f"{first} 到了")
    desk.passes(minutes=5)
    desk.unheard.clear()
    desk.act(lambda turn: None)
    liu.sends_photo("b.jpg")
    liu.hears("action_done", first)
    liu.says(f"{second} 皮带也断了，带来的型号不对")
    desk.unheard.clear()
    assert (len(files(desk, first)), len(files(desk, second))) == (1, 1), "the photo followed the words"
    desk.passes(minutes=2)
    liu.sends_photo("c.jpg")
    liu.hears("action_done", first)
    desk.nobody_heard_anything_else()
    desk.chains_are_whole()


@pytest.mark.req("S90")
def test_with_several_tickets_there_is_one_question_and_the_burst_follows_its_answer(desk: Story) -> None:
    wang, li = desk.customer("王女士"), desk.customer("李总", channel="webchat")
    liu = desk.engineer("刘工", channel="dingtalk")
    first, second = accepted(desk, wang, liu, "打印机卡纸"), accepted(desk, li, liu, "空压机漏油")
    desk.act(lambda turn: _forget(turn))
    for name in ("a.jpg", "b.jpg"):
        liu.sends_photo(name)
    asked = liu.hears("ask_choice", first, second)
    desk.nobody_heard_anything_else()
    liu.says("2")
    liu.hears("action_done", second, "2")
    liu.sends_photo("c.jpg")
    liu.hears("action_done", second)
    place = "31.941000,118.790000 江宁三号车间"
    liu.says(place, kind="place")
    liu.hears("action_done")
    assert [file.place for file in files(desk, second)] == [place] * 3 and not files(desk, first)
    assert len(asked.reached.buttons) == 3

    desk.passes(minutes=30)
    desk.unheard.clear()
    desk.act(lambda turn: _forget(turn))
    liu.sends_photo("d.jpg")
    liu.hears("ask_choice")
    liu.says(f"{first} 搓纸轮裂了，换新的")
    assert len(files(desk, first)) == 1, "a text that names the ticket is an answer too"


@pytest.mark.req("S90")
def test_a_quoted_message_says_which_ticket(desk: Story) -> None:
    wang, li = desk.customer("王女士"), desk.customer("李总", channel="webchat")
    liu = desk.engineer("刘工", channel="dingtalk")
    first = accepted(desk, wang, liu, "打印机卡纸")
    accepted(desk, li, liu, "空压机漏油")
    carrier: Any = desk.rehearsal.carriers["dingtalk"]
    about = next(sent.ref for sent in carrier.sent if first in sent.say.text and sent.say.purpose == "action_done")
    carrier.media["q"] = b"\xff\xd8\xff"
    sends = carrier.says(
        desk.rehearsal.desk.accept_for("dingtalk"), liu.address, "刘工", "image", "", media=[{"ref": "q"}], about=about
    )
    desk.run(sends)
    desk.settle()
    assert len(files(desk, first)) == 1


@pytest.mark.req("S5a")
def test_a_screenshot_that_a_manager_forwards_becomes_a_ticket_or_joins_one(desk: Story) -> None:
    wang, sun = desk.customer("王女士"), desk.manager("孙经理", channel="feishu")
    wang.says("打印机卡纸")
    number = wang.hears("ack_created").ticket
    desk.unheard.clear()
    sun.sends_photo("chat.jpg")
    sun.hears("ask_choice", "新工单", number)
    sun.says(f"#{number.removeprefix('GD-')}")
    sun.hears("action_done", number)
    assert len(files(desk, number)) == 1

    desk.passes(minutes=30)
    desk.unheard.clear()
    desk.act(lambda turn: _forget(turn))
    sun.sends_photo("other.jpg")
    sun.hears("ask_choice", "新工单")
    sun.says("2")
    made = sun.hears("action_done", "已建单").ticket
    assert made != number and len(files(desk, made)) == 1


@pytest.mark.req("S5a")
def test_a_photo_of_a_customer_joins_what_he_talks_of_or_he_is_asked_once(desk: Story) -> None:
    wang = desk.customer("王女士", channel="webchat")
    wang.sends_photo("first.jpg")
    wang.says("二楼的空压机在漏油")
    first = wang.hears("ack_created").ticket
    assert len(files(desk, first)) == 1
    wang.says("打印机卡纸了，办公室那台")
    second = wang.hears("ack_created").ticket
    desk.passes(hours=4)
    desk.unheard.clear()
    for name in ("a.jpg", "b.jpg"):
        wang.sends_photo(name)
    wang.hears("ask_choice", first, second, "新工单")
    desk.nobody_heard_anything_else()
    wang.says("2")
    wang.hears("confirm_change", first)
    assert (len(files(desk, first)), len(files(desk, second)), len(desk.tickets())) == (3, 0, 2)


def _forget(turn: Any) -> None:
    """Nobody was spoken of."""
    from core.conversations.model import Conversation

    for talk in turn.rows(Conversation, select(Conversation.table)):
        talk.last_ticket = talk.photos = talk.whereabouts = None


@pytest.mark.req("S90")
def test_where_and_when_a_photo_of_the_staff_was_taken_is_kept_with_it(desk: Story, tmp_path: Any) -> None:
    wang, liu = desk.customer("王女士", channel="webchat"), desk.engineer("刘工", channel="dingtalk")
    number = accepted(desk, wang, liu, "打印机卡纸")
    photo = tmp_path / "site.jpg"
    photo.write_bytes(photo_of(place=(31.94, 118.79), at="2026:03:04 10:01:02"))
    liu.says(kind="image", file=str(photo))
    wang.says(kind="image", file=str(photo))
    desk.passes(seconds=30)
    by_staff, by_customer = files(desk, number)
    assert (by_staff.place, by_customer.place, by_customer.taken_at) == ("31.940000,118.790000", None, None)
    assert by_staff.taken_at is not None and abs(by_staff.taken_at - by_staff.at) < 10 * 60 * 1_000_000


@pytest.mark.req("S90")
def test_a_photo_that_its_platform_keeps_for_minutes_only_waits_in_the_desk(desk: Story) -> None:
    wang, li = desk.customer("王女士"), desk.customer("李总", channel="webchat")
    liu = desk.engineer("刘工", channel="wecom_aibot")
    first = accepted(desk, wang, liu, "打印机卡纸")
    accepted(desk, li, liu, "空压机漏油")
    desk.passes(minutes=30)
    desk.unheard.clear()
    desk.act(lambda turn: _forget(turn))
    liu.sends_photo("a.jpg")
    liu.hears("ask_choice")
    desk.passes(minutes=5)
    desk.rehearsal.carriers["wecom_aibot"].media.clear()
    liu.says(first)
    liu.hears("action_done", first)
    (kept,) = files(desk, first)
    assert kept.hash is not None and kept.error is None and kept.size
