"""An engineer can ask for support (请求支援): his superior hears of it at once."""

from __future__ import annotations

from core.people.model import Person
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.noting import must_not_be_over
from core.tickets.ownership import superior_of
from core.tickets.recording import record


def ask_for_support(turn: Turn, ticket: Ticket, by: Person, words: str) -> Person:
    """Ask; who was asked. Raises Refused: nobody_above, ticket_over, not_entitled."""
    must_be_entitled(by, "support", ticket)
    must_not_be_over(ticket)
    superior = superior_of(turn, by, ticket)
    if superior is None:
        raise Refused("nobody_above", number=ticket.number)
    record(turn, Happened.SUPPORT_ASKED, ticket, by, private={"words": words}, of=superior.id)
    return superior
