"""A ticket can be merged into another one: the same fault told twice. All who told of it stay informed (S51, S64)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Reporter, Status, Ticket
from core.tickets.recording import happened_at, record


_reporters = select(Reporter.table).where(Reporter.table.c.ticket_id == bindparam("ticket_id")).order_by(Reporter.table.c.id)


def merge(turn: Turn, ticket: Ticket, into: Ticket, by: Person) -> Event:
    """Close `ticket` in favour of `into`. Raises Refused: merge_itself, ticket_over, not_entitled."""
    must_be_entitled(by, "merge", ticket)
    must_be_entitled(by, "merge", into)
    if ticket.id == into.id:
        raise Refused("merge_itself", number=ticket.number)
    for one in (ticket, into):
        if not one.is_open:
            raise Refused("ticket_over", number=one.number, status=one.status)
    ticket.status, ticket.linked_to, ticket.closed_at = Status.CANCELLED, into.id, happened_at(turn)
    into.description = f"{into.description}\n{ticket.description}".strip()
    into.attachments += ticket.attachments
    for reporter in reporters_of(turn, ticket):
        join(turn, into, reporter.person_id, reporter.room)
    join(turn, into, ticket.customer_id, ticket.room)
    record(turn, Happened.MERGED, into, by, other=ticket.id)
    return record(turn, Happened.MERGED, ticket, by, into=into.id)


def join(turn: Turn, ticket: Ticket, person_id: int, room: str) -> None:
    """Somebody told of this fault too."""
    if person_id == ticket.customer_id or any(known.person_id == person_id for known in reporters_of(turn, ticket)):
        return
    turn.add(Reporter(id=turn.new_id(), ticket_id=ticket.id, person_id=person_id, at=turn.now, room=room))


def reporters_of(turn: Turn, ticket: Ticket) -> list[Reporter]:
    """Who told of it besides the customer."""
    return turn.rows(Reporter, _reporters, ticket_id=ticket.id)
