"""A price can be quoted (报价)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.noting import must_not_be_over, respond
from core.tickets.recording import record

MOST = 10_000_000
"""Largest amount in yuan that chat takes."""


def quote(turn: Turn, ticket: Ticket, by: Person, amount: str, *, agreed: bool = False) -> Event:
    """Name a price in yuan; kept in fen. Raises Refused: amount_wrong, ticket_over, not_entitled."""
    must_be_entitled(by, "quote", ticket)
    must_not_be_over(ticket)
    fen = _fen(amount)
    if fen is None:
        raise Refused("amount_wrong", number=ticket.number)
    respond(turn, ticket)
    return record(turn, Happened.QUOTED, ticket, by, fen=fen, agreed=agreed, amount=amount)


def _fen(amount: str) -> int | None:
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return None
    return int(value * 100) if value.is_finite() and 0 <= value <= MOST else None
