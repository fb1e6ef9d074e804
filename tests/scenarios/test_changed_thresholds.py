"""Thresholds that change bind tickets on which nothing happens any more; what was broken before the desk promised anything rings nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from core.clocks.beginning import begin
from core.store.model import Timer
from core.store.turn import Turn
from core.tickets.model import Status, Ticket
from core.tickets.queries import must_find
from core.words import HOUR
from tests.scenarios.escalated import House, house


def lives_by(here: House, **escalation: Any) -> None:
    """The desk begins anew with these thresholds."""
    rules = here.desk.rehearsal.desk.house
    policies = replace(rules.policies, escalation=replace(rules.policies.escalation, **escalation))
    object.__setattr__(rules, "policies", policies)
    here.desk.act(begin)
    here.desk.settle()


@pytest.mark.req("S21")
def test_a_shorter_red_line_binds_a_ticket_on_which_nothing_happens(desk_url: str) -> None:
    with house(desk_url) as here:
        lives_by(here)
        number = here.ticket_in(Status.WAITING_PART)
        moved = here.desk.ticket(number).moved_at
        assert moved is not None
        lives_by(here, stuck=HOUR)
        here.desk.moves_to(moved + HOUR - 1)
        here.sun.hears_nothing()
        here.desk.moves_to(moved + HOUR)
        here.sun.hears("stuck_warning", number, within=0)


@pytest.mark.req("S21", "S88")
def test_an_older_desk_is_brought_over_without_a_storm(desk_url: str) -> None:
    """Tickets of a version that promised nothing: what is long broken rings nobody, what breaks from now on does."""
    with house(desk_url) as here:
        number = here.ticket_in(Status.ACCEPTED)
        here.grade("B")

        def as_before(turn: Turn) -> None:
            ticket = must_find(turn, "main", number)
            for name in ("stage_at", "moved_at", "response_due_at", "red"):
                setattr(ticket, name, None)
            for timer in turn.rows(Timer, select(Timer.table).where(Timer.table.c.subject == ticket.stream)):
                timer.state = "cancelled"  # type: ignore[assignment]

        here.desk.act(as_before)
        here.desk.passes(hours=23)
        here.desk.unheard.clear()
        lives_by(here)
        here.desk.passes(minutes=30)
        here.sun.hears_nothing()
        ticket: Ticket = here.desk.ticket(number)
        assert ticket.stage_at is not None and ticket.response_due_at is not None
        here.at(number, 24 * HOUR)
        here.sun.hears("escalation", number, "B 类", within=0)
