"""Who may do what to a ticket: role and entity of the person, checked when the verb is carried out (S8)."""

from __future__ import annotations

from core.people.model import Person, Role
from core.refused import Refused
from core.tickets.model import Ticket

WORKERS = frozenset({Role.ENGINEER, Role.MANAGER})
STAFF = frozenset(Role) - {Role.CUSTOMER}

MAY: dict[str, frozenset[Role]] = {
    "accept": WORKERS,
    "arrive": WORKERS,
    "complete": WORKERS,
    "close": frozenset({Role.MANAGER, Role.AGENT}),
    "reopen": frozenset({Role.CUSTOMER, Role.MANAGER, Role.AGENT}),
    "assign": frozenset({Role.MANAGER, Role.AGENT}),
    "transfer": WORKERS | {Role.AGENT},
    "hold": WORKERS,
    "resume": WORKERS,
    "cancel": WORKERS | {Role.AGENT, Role.CUSTOMER},
    "need_part": WORKERS,
    "part_eta": frozenset({Role.PROCUREMENT, Role.MANAGER}),
    "part_arrived": frozenset({Role.PROCUREMENT, Role.MANAGER, Role.ENGINEER}),
    "ship": STAFF,
    "appoint": WORKERS | {Role.AGENT, Role.CUSTOMER},
    "quote": WORKERS | {Role.AGENT},
    "merge": frozenset({Role.MANAGER, Role.AGENT, Role.ENGINEER}),
    "rate": frozenset({Role.CUSTOMER}),
    "sign": WORKERS | {Role.CUSTOMER},
    "support": STAFF,
    "note": STAFF,
    "photo": STAFF,
    "original": frozenset({Role.MANAGER}),
    "fill": STAFF | {Role.CUSTOMER},
    "priority": WORKERS | {Role.AGENT},
    "acknowledge": WORKERS | {Role.AGENT},
    "read": STAFF,
}
"""Verb → roles. What is not listed is allowed to nobody."""

OWNERS_ONLY = frozenset({"arrive", "complete", "hold", "resume", "need_part", "transfer", "cancel", "sign"})
"""Verbs of the engineer who answers for the ticket, or to whom it is offered; a manager may do them in his stead."""


def must_be_entitled(by: Person, verb: str, ticket: Ticket) -> None:
    """Raises Refused: not_entitled, or not_yours for another engineer's ticket."""
    if not may(by, verb, ticket):
        raise Refused("not_entitled", number=ticket.number, verb=verb)
    if (
        verb in OWNERS_ONLY
        and by.role == Role.ENGINEER
        and (ticket.owner_id or ticket.engineer_id) not in (by.id, None)
    ):
        raise Refused("not_yours", number=ticket.number)


def may(by: Person, verb: str, ticket: Ticket) -> bool:
    """Whether his role allows the verb on this ticket; a customer only on his own."""
    own = by.is_staff or ticket.customer_id == by.id
    return own and by.active and by.entity == ticket.entity and by.role in MAY.get(verb, frozenset())
