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
from core.tickets.queries import RECENT
from core.tickets.recording import happened_at, record

_reporter = Reporter.table.c
_reporters = (
    select(Reporter.table)
    .where(_reporter.ticket_id == bindparam("ticket_id"), _reporter.left_at.is_(None))
    .order_by(_reporter.id)
)
_told_of = (
    select(Reporter.table)
    .where(_reporter.person_id == bindparam("person_id"), _reporter.left_at.is_(None))
    .order_by(_reporter.id.desc())
    .limit(RECENT)
)


def merge(turn: Turn, ticket: Ticket, into: Ticket, by: Person) -> Event:
    """Close `ticket` in favour of `into`. Raises Refused: merge_itself, ticket_over, not_entitled."""
    must_be_entitled(by, "merge", ticket)
    must_be_entitled(by, "merge", into)
    if ticket.id == into.id:
        raise Refused("merge_itself", number=ticket.number)
    for one in (ticket, into):
        if not one.is_open:
            raise Refused("ticket_over", number=one.number, status=one.status)
    ticket.status, ticket.closed_at = Status.CANCELLED, happened_at(turn)
    ticket.linked_to = ticket.duplicate_of = into.id
    into.description = f"{into.description}\n{ticket.description}".strip()
    into.attachments += ticket.attachments
    who = [(ticket.customer_id, ticket.room), *((known.person_id, known.room) for known in reporters_of(turn, ticket))]
    joined = [row for person_id, room in who if (row := join(turn, into, person_id, room))]
    record(turn, Happened.MERGED, into, by, other=ticket.id, joined=[row.id for row in joined])
    return record(turn, Happened.MERGED, ticket, by, into=into.id)


def join(turn: Turn, ticket: Ticket, person_id: int, room: str) -> Reporter | None:
    """Somebody told of this fault too; None if he is known to have."""
    if person_id == ticket.customer_id or any(known.person_id == person_id for known in reporters_of(turn, ticket)):
        return None
    return turn.add(Reporter(id=turn.new_id(), ticket_id=ticket.id, person_id=person_id, at=turn.now, room=room))


def part_again(turn: Turn, event: Event) -> None:
    """The merging was taken back: whoever joined by it hears of this ticket no more."""
    for reporter_id in event.data.get("joined", ()):
        reporter = turn.get(Reporter, reporter_id)
        if reporter is not None:
            reporter.left_at = turn.now


def reporters_of(turn: Turn, ticket: Ticket) -> list[Reporter]:
    """Who told of it besides the customer."""
    return turn.rows(Reporter, _reporters, ticket_id=ticket.id)


def tickets_told_of(turn: Turn, person: Person) -> list[Ticket]:
    """Tickets of others of whose fault this person told too, the newest first."""
    found = [turn.get(Ticket, reporter.ticket_id) for reporter in turn.rows(Reporter, _told_of, person_id=person.id)]
    return [ticket for ticket in found if ticket is not None]


def merged_into(turn: Turn, ticket: Ticket) -> Ticket | None:
    """The ticket in which this one is handled since it was merged."""
    return turn.get(Ticket, ticket.duplicate_of) if ticket.status == Status.CANCELLED and ticket.duplicate_of else None


REVERSALS = {Happened.MERGED: (part_again,)}
"""Event → what its taking back takes back besides."""
