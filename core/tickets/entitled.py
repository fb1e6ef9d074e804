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
    "note": STAFF,
    "photo": STAFF,
    "priority": WORKERS | {Role.AGENT},
    "read": STAFF,
}
"""Verb → roles. What is not listed is allowed to nobody."""

OWNERS_ONLY = frozenset({"arrive", "complete"})
"""Verbs of the engineer who accepted the ticket; a manager may do them in his stead."""


def must_be_entitled(by: Person, verb: str, ticket: Ticket) -> None:
    """Raises Refused: not_entitled, or not_yours for another engineer's ticket."""
    if by.entity != ticket.entity or by.role not in MAY.get(verb, frozenset()):
        raise Refused("not_entitled", number=ticket.number, verb=verb)
    if verb in OWNERS_ONLY and by.role == Role.ENGINEER and ticket.engineer_id not in (by.id, None):
        raise Refused("not_yours", number=ticket.number)
