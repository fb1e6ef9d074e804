"""What whoever comes on duty must know: P0 tickets, tickets that nobody has accepted, alarms that nobody has taken."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from core.escalation.model import RUNNING, Episode
from core.store.turn import Turn
from core.tickets.describing import what, who
from core.tickets.model import STILL_OPEN, Priority, Ticket
from core.tickets.queries import unaccepted

SHOWN = 5
"""Tickets of one sort that are named; the rest are counted."""

_ticket, _episode = Ticket.table.c, Episode.table.c
_urgent = (
    select(Ticket.table)
    .where(_ticket.entity == bindparam("entity"), STILL_OPEN, _ticket.priority == Priority.P0)
    .order_by(_ticket.id)
)
_alarmed = (
    select(Ticket.table)
    .where(
        _ticket.entity == bindparam("entity"),
        _ticket.id.in_(select(_episode.ticket_id).select_from(Episode.table).where(RUNNING)),
    )
    .order_by(_ticket.priority, _ticket.id)
)


def what_matters(turn: Turn, entity: str, lang: str) -> list[str]:
    """Lines for a hand-over, the most urgent first; each ticket once. One line if there is nothing."""
    words, told = turn.house.wording, set[int]()
    lines = []
    for key, tickets in (
        ("roster.urgent", turn.rows(Ticket, _urgent, entity=entity)),
        ("roster.alarmed", turn.rows(Ticket, _alarmed, entity=entity)),
        ("roster.unaccepted", unaccepted(turn, entity)),
    ):
        new = [ticket for ticket in tickets if ticket.id not in told]
        told |= {ticket.id for ticket in new}
        if new:
            lines += [words.text(lang, key, count=len(new)), *_lines(turn, new, lang)]
    return lines or [words.text(lang, "roster.nothing_urgent")]


def _lines(turn: Turn, tickets: Sequence[Ticket], lang: str) -> list[str]:
    words = turn.house.wording
    return [
        words.text(
            lang,
            "roster.ticket_line",
            number=ticket.number,
            priority=ticket.priority,
            status=words.name(lang, "status", ticket.status),
            what=what(words, ticket, lang),
            name=who(turn, ticket),
        )
        for ticket in tickets[:SHOWN]
    ]
