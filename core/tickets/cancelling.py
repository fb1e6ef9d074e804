"""A ticket can be cancelled (取消): by the customer, or by the desk; once somebody is on site, both sides must say yes."""

from __future__ import annotations

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.recording import happened_at, record
from core.tickets.steps import step


def cancel(turn: Turn, ticket: Ticket, by: Person, *, agreed: bool = False) -> Event:
    """Cancel it; `agreed` says that the other side has said yes.

    Raises Refused: needs_other_side (somebody is on site), step_refused, not_entitled.
    """
    must_be_entitled(by, "cancel", ticket)
    status = step(ticket, "cancel")
    if ticket.status == Status.ON_SITE and not agreed:
        raise Refused("needs_other_side", number=ticket.number)
    ticket.status, ticket.closed_at, ticket.duplicate_of = status, happened_at(turn), None
    return record(turn, Happened.CANCELLED, ticket, by)
