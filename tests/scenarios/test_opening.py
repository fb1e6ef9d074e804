"""Opening a page is a click: it never counts as a response, and three minutes later it shows what came of it (S6, S7)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.people.model import Person
from core.people.passes import issue_pass, read_pass
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.opening import opened
from core.tickets.queries import must_find
from core.words import MINUTE
from tests.scenario import Party, Story

KEY = b"a key of the house"


@pytest.mark.req("S6", "S7")
@pytest.mark.parametrize(("acts_after", "idle"), [(179, []), (181, ["ticket.opened_idle"])])
def test_three_minutes_show_whether_he_did_anything(desk: Story, acts_after: int, idle: list[str]) -> None:
    wang, liu = desk.customer("王女士", phone="13800138021"), desk.engineer("刘工")
    wang.says("空压机漏油")
    number = wang.hears("ack_created").ticket
    liu.says(f"接单 {number}")
    for _ in range(5):
        _opens(desk, liu, number)
    assert desk.ticket(number).first_response_at is None
    desk.passes(seconds=acts_after)
    liu.sends_photo()
    desk.passes(minutes=4)
    ticket = desk.ticket(number)
    assert ticket.first_action_at == desk.now - 4 * MINUTE and ticket.first_response_at is None
    assert sorted(set(_kinds(desk) & {Happened.OPENED_IDLE})) == idle


def _opens(desk: Story, who: Party, number: str) -> None:
    def act(turn: Turn) -> None:
        person = turn.get(Person, who.person_id)
        assert person is not None
        opened(turn, must_find(turn, "main", number), person)

    desk.act(act)


def _kinds(desk: Story) -> set[str]:
    return {event.kind for event in desk.act(lambda turn: turn.rows(Event, select(Event.table)))}


@given(st.integers(1, 2**62), st.text("abc:123", max_size=20), st.integers(1, 10**6))
def test_a_pass_opens_what_it_names_until_its_time(person: int, subject: str, seconds: int) -> None:
    text = issue_pass(KEY, person, subject, seconds * 1_000_000)
    found = read_pass(KEY, text, seconds * 1_000_000 - 1)
    assert (found.person_id, found.subject) == (person, subject)
    with pytest.raises(Refused, match="pass_over"):
        read_pass(KEY, text, seconds * 1_000_000)
    with pytest.raises(Refused, match="pass_wrong"):
        read_pass(b"another key", text, 0)


@given(st.text(max_size=300))
def test_anything_else_is_no_pass(text: str) -> None:
    with pytest.raises(Refused, match="pass_wrong"):
        read_pass(KEY, text, 0)


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_an_altered_pass_is_none(place: int) -> None:
    text = issue_pass(KEY, 7, "ticket:12", 10**15)
    other = "A" if text[place] != "A" else "B"
    with pytest.raises(Refused, match="pass_wrong"):
        read_pass(KEY, text[:place] + other + text[place + 1 :], 0)
