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
    "reopen": WORKERS | {Role.CUSTOMER, Role.AGENT},
    "transfer": WORKERS | {Role.AGENT},
    "hold": WORKERS,
    "resume": WORKERS,
    "cancel": WORKERS | {Role.AGENT, Role.CUSTOMER},
    "need_part": WORKERS,
    "part_eta": frozenset({Role.PROCUREMENT, Role.MANAGER}),
    "part_arrived": frozenset({Role.PROCUREMENT, Role.MANAGER, Role.ENGINEER}),
    "appoint": WORKERS | {Role.AGENT, Role.CUSTOMER},
    "quote": WORKERS | {Role.AGENT},
    "merge": frozenset({Role.MANAGER, Role.AGENT, Role.ENGINEER}),
    "rate": frozenset({Role.CUSTOMER}),
    "note": STAFF,
    "photo": STAFF,
    "priority": WORKERS | {Role.AGENT},
    "read": STAFF,
}
"""Verb → roles. What is not listed is allowed to nobody."""

OWNERS_ONLY = frozenset({"arrive", "complete", "hold", "resume", "need_part", "transfer"})
"""Verbs of the engineer who accepted the ticket; a manager may do them in his stead."""


def must_be_entitled(by: Person, verb: str, ticket: Ticket) -> None:
    """Raises Refused: not_entitled, or not_yours for another engineer's ticket."""
    if by.entity != ticket.entity or by.role not in MAY.get(verb, frozenset()):
        raise Refused("not_entitled", number=ticket.number, verb=verb)
    if verb in OWNERS_ONLY and by.role == Role.ENGINEER and ticket.engineer_id not in (by.id, None):
        raise Refused("not_yours", number=ticket.number)
