"""One gate for views: what leaves for a person passes here, and only what his role may see comes out (S18)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from core.people.model import Person, Role
from core.people.phones import masked
from core.tickets.model import Status, Ticket


class Sort(StrEnum):
    """What kind of thing a field tells."""

    CASE = "case"
    WORDS = "words"
    CONTACT = "contact"
    WORK = "work"
    PARTS = "parts"


FIELDS: dict[str, Sort] = {
    **dict.fromkeys(
        ("number", "status", "priority", "device", "device_model", "serial_no", "fault_symptom", "error_code", "created_at",
         "updated_at", "assigned_at", "arrived_at", "done_at", "closed_at", "channel", "attachments", "reopened", "held_from",
         "appointment_start", "appointment_end", "engineer_id", "rating", "linked_to"),
        Sort.CASE,
    ),
    **dict.fromkeys(("part_code",), Sort.PARTS),
    **dict.fromkeys(("description", "emotion", "delivery_constraint", "preferred_text", "preferred_start", "preferred_end"), Sort.WORDS),
    **dict.fromkeys(("phone", "address", "customer_id"), Sort.CONTACT),
    **dict.fromkeys(("summary", "first_response_at", "first_action_at", "urge_count"), Sort.WORK),
}  # fmt: skip
"""Field → what it tells. A field that is not listed is shown to nobody."""

SEES: dict[Role, frozenset[Sort]] = {
    Role.CUSTOMER: frozenset({Sort.CASE, Sort.WORDS, Sort.CONTACT}),
    Role.ENGINEER: frozenset(Sort),
    Role.MANAGER: frozenset(Sort),
    Role.AGENT: frozenset(Sort),
    Role.PROCUREMENT: frozenset({Sort.CASE, Sort.PARTS}),
    Role.ADMIN: frozenset({Sort.CASE, Sort.WORK}),
}
"""Role → what it may be told."""

RECOGNISES = frozenset({Role.ENGINEER})
"""Roles that have nobody to call any more once a ticket is over, and need only to recognise its customer by his number."""
NUMBERED = ("phone", "description")
"""Fields in which numbers of his may stand."""


def view(ticket: Ticket, reader: Person) -> dict[str, Any]:
    """The fields of a ticket that this person may see; nothing of somebody else's, or of another entity's."""
    if reader.entity != ticket.entity or (reader.role == Role.CUSTOMER and ticket.customer_id != reader.id):
        return {}
    seen = SEES.get(reader.role, frozenset())
    found = {name: getattr(ticket, name) for name, sort in FIELDS.items() if sort in seen}
    if reader.role in RECOGNISES and ticket.status in (Status.CLOSED, Status.CANCELLED):
        found |= {name: masked(found[name]) for name in NUMBERED if found.get(name)}
    return found


def sees(ticket: Ticket, reader: Person, roles: frozenset[Role]) -> bool:
    """Whether this person may be told something of the ticket that is for these roles only."""
    own = reader.role != Role.CUSTOMER or ticket.customer_id == reader.id
    return own and reader.active and reader.entity == ticket.entity and reader.role in roles
