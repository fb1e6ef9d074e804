"""Telephones in stories: calls ring, are taken and end by the clock moved by hand; SMS come and are answered."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core.store.intake import message_of
from core.store.model import Inbox
from core.store.outgoing import post
from core.store.turn import Turn
from core.words import CallEnd, Inbound, Room, Say
from tests.scenario import Story

NUMBER = "13622223333"
PROMPT = "紧急工单 GD-1001，六十分钟无人处理。接手请按 1。"


def says(desk: Story, channel: str, text: str) -> None:
    """The desk calls or writes to the number."""
    room = Room(channel, "sim", f"+86{NUMBER}")
    desk.act(lambda turn: post(turn, room, Say("escalation", text), priority=0))
    desk.settle()


def told(desk: Story) -> list[tuple[str, str, str | None]]:
    """What telephones have told the desk."""

    def read(turn: Turn) -> list[Inbound]:
        return [message_of(row) for row in turn.rows(Inbox, select(Inbox.table).order_by(Inbox.table.c.id))]

    return [(message.kind, message.text, message.press) for message in desk.act(read)]


@pytest.mark.req("S11")
def test_a_call_rings_is_answered_and_a_key_is_pressed(desk: Story) -> None:
    phone = desk.phone(desk.engineer("刘工", phone=NUMBER))
    phone.silent()
    says(desk, "voice", PROMPT)
    assert phone.rings("GD-1001", "按 1").reached.say.purpose == "escalation"
    phone.answers()
    phone.presses("1")
    assert told(desk) == [("press", "", "1")]


def test_a_call_that_was_answered_is_ended(desk: Story) -> None:
    phone = desk.phone(NUMBER)
    says(desk, "voice", PROMPT)
    phone.rings()
    phone.answers()
    phone.declines()
    assert told(desk) == [("call", CallEnd.ANSWERED, None)]


@pytest.mark.parametrize(("seconds", "ends"), [(29.999999, 0), (30, 1)], ids=["rings on", "rang out"])
def test_a_call_rings_out_by_the_clock_of_the_story(desk: Story, seconds: float, ends: int) -> None:
    phone = desk.phone(NUMBER)
    says(desk, "voice", PROMPT)
    phone.rings()
    desk.passes(seconds=seconds)
    assert told(desk) == [("call", CallEnd.NO_ANSWER, None)] * ends


def test_a_call_is_declined(desk: Story) -> None:
    phone = desk.phone(NUMBER)
    says(desk, "voice", PROMPT)
    phone.rings()
    phone.declines()
    assert told(desk) == [("call", CallEnd.DECLINED, None)]


def test_a_call_that_nobody_names_is_found_out(desk: Story) -> None:
    says(desk, "voice", PROMPT)
    with pytest.raises(AssertionError, match="GD-1001"):
        desk.nobody_heard_anything_else()


def test_an_sms_comes_and_is_answered(desk: Story) -> None:
    phone = desk.phone(NUMBER)
    says(desk, "sms", "紧急工单 GD-1001，回复 1 确认。")
    phone.gets("GD-1001")
    phone.replies("1")
    assert told(desk) == [("text", "1", None)]
