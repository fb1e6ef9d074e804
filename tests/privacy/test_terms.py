"""Every class of data goes when its term is over, and not an hour sooner; what still counts stays (PIPL Art. 19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from core.policies import Policies
from core.privacy import sweeping
from core.privacy.policy import PrivacyPolicy, Terms
from core.store.model import Event
from core.words import DAY, HOUR
from tests.privacy.story import ADDRESS, NAME, PHONE, SAID, everything, files_are_old, repaired, stored
from tests.scenario import Story, story

TERMS = Terms(raw=2 * DAY, messages=4 * DAY, words=6 * DAY, media=8 * DAY, numbers=10 * DAY, reports=12 * DAY)


@pytest.fixture
def short(desk_url: str) -> Iterator[Story]:
    """A desk that keeps little."""
    with story(desk_url, policies=replace(Policies(), privacy=PrivacyPolicy(terms=TERMS))) as told:
        told.act(sweeping.begin)
        yield told


def test_class_after_class_goes_at_the_first_night_after_its_term(short: Story, desk_url: str) -> None:
    repaired(short)
    begun, ended = short.now, short.tickets()[0].closed_at
    assert ended is not None
    _nights_until(short, begun + 2 * DAY - HOUR)
    assert _raw(short)
    _nights_until(short, begun + 3 * DAY)
    assert not _raw(short) and _said(short)
    _nights_until(short, begun + 5 * DAY)
    assert not _said(short)
    ticket = short.tickets()[0]
    assert (ticket.phone, ticket.description) == (PHONE, SAID) or SAID in ticket.description
    _nights_until(short, ended + 7 * DAY)
    ticket = short.tickets()[0]
    assert (ticket.phone, ticket.address, ticket.description) == (None, None, "")
    files_are_old(short)
    assert stored(short)
    _nights_until(short, ended + 9 * DAY)
    assert stored(short) == [] and short.tickets()[0].attachments == 1
    left = everything(short, desk_url)
    assert [words for words in (ADDRESS, SAID) if words.encode() in left] == []
    short.chains_are_whole()
    assert NAME.encode() in left, "a customer stays known until he asks to be erased"


def test_a_term_of_nothing_keeps_for_good(desk: Story) -> None:
    repaired(desk)
    desk.act(sweeping.begin)
    _nights_until(desk, desk.now + 3 * DAY)
    assert _raw(desk) and _said(desk) and desk.tickets()[0].description
    [swept] = [event for event in _events(desk) if event.kind == sweeping.SWEPT][-1:]
    assert "words" not in swept.data["removed"]


def test_a_ticket_that_is_open_keeps_all_that_is_needed_for_it(short: Story) -> None:
    customer = short.customer(NAME, "telegram")
    customer.says(SAID)
    short.passes(seconds=60)
    _nights_until(short, short.now + 20 * DAY)
    ticket = short.tickets()[0]
    assert ticket.is_open and SAID in ticket.description and ticket.phone == PHONE


def test_every_night_says_once_how_much_went(short: Story) -> None:
    repaired(short)
    _nights_until(short, short.now + 5 * DAY)
    nights = [event.data["removed"] for event in _events(short) if event.kind == sweeping.SWEPT]
    assert 4 <= len(nights) <= 6
    for name in ("raw", "heard", "shown"):
        assert sum(name in night for night in nights) >= 1
    assert short.act(sweeping.last_swept) is not None


def _nights_until(desk: Story, at: int) -> None:
    desk.run(desk.rehearsal.pass_until(at))
    desk.rehearsal.reached()


def _raw(desk: Story) -> bool:
    return bool(_count(desk, "SELECT count(*) FROM inbox WHERE length(raw) > 0"))


def _said(desk: Story) -> bool:
    return bool(_count(desk, 'SELECT count(*) FROM inbox WHERE said LIKE \'%"text":"_%\''))


def _count(desk: Story, sql: str) -> int:
    return desk.act(lambda turn: turn.ask(text(sql))[0][0])


def _events(desk: Story) -> list[Event]:
    return desk.act(lambda turn: turn.rows(Event, select(Event.table).order_by(Event.table.c.id)))
