"""Tickets that have stayed open for too long, by who answers for them (滞留, S85)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import STILL_OPEN, Ticket
from core.tickets.ownership import owner_of

MOST = 500
"""Tickets that are looked at: the oldest."""

_ticket = Ticket.table.c
_stayed = (_ticket.entity == bindparam("entity"), STILL_OPEN, _ticket.created_at < bindparam("before"))
_oldest = select(Ticket.table).where(*_stayed).order_by(_ticket.created_at, _ticket.id).limit(bindparam("most"))
_count = select(func.count()).select_from(Ticket.table).where(*_stayed)


@dataclass(frozen=True, slots=True)
class Stayed:
    """One person's tickets, the oldest first; `person` None: nobody answers for them."""

    person: Person | None
    tickets: list[Ticket]


def stayed(turn: Turn, entity: str) -> list[Stayed]:
    """Who has tickets that have been open for longer than the policy says, those with most first."""
    before = turn.now - turn.house.policies.tickets.stayed
    found: dict[int | None, Stayed] = {}
    for ticket in turn.rows(Ticket, _oldest, entity=entity, before=before, most=MOST):
        owner = owner_of(turn, ticket)
        found.setdefault(owner.id if owner else None, Stayed(owner, [])).tickets.append(ticket)
    return sorted(found.values(), key=lambda one: (-len(one.tickets), one.tickets[0].created_at))


def how_many_stayed(turn: Turn, entity: str) -> int:
    """How many have, whoever has them."""
    return turn.ask(_count, entity=entity, before=turn.now - turn.house.policies.tickets.stayed)[0][0]
