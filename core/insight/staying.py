"""Tickets that have stayed open for too long, by who answers for them (滞留, S85)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import STILL_OPEN, Ticket
from core.tickets.ownership import owner_of

MOST = 500
"""Tickets that are looked at: the oldest."""

_ticket = Ticket.table.c
_oldest = (
    select(Ticket.table)
    .where(_ticket.entity == bindparam("entity"), STILL_OPEN, _ticket.created_at < bindparam("before"))
    .order_by(_ticket.created_at, _ticket.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Stayed:
    """One person's tickets, the oldest first; `person` None: nobody answers for them."""

    person: Person | None
    tickets: list[Ticket]


def stayed(turn: Turn, entity: str) -> list[Stayed]:
    """Who has tickets that have been open for longer than the policy says, those with most first."""
    before = turn.now - turn.house.policies.tickets.stayed
    found: dict[int | None, Stayed] = {}
    owners: dict[int | None, Person | None] = {}
    for ticket in turn.rows(Ticket, _oldest, entity=entity, before=before, most=MOST):
        if ticket.owner_id not in owners:
            owners[ticket.owner_id] = owner_of(turn, ticket)
        owner = owners[ticket.owner_id]
        found.setdefault(owner.id if owner else None, Stayed(owner, [])).tickets.append(ticket)
    return sorted(found.values(), key=lambda one: (-len(one.tickets), one.tickets[0].created_at))
