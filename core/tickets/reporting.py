"""A ticket can be reported: two words or a photo are enough (S65); what comes later is added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.links.matching import recognise
from core.people.model import Person
from core.store.turn import Turn
from core.tickets.attaching import attach
from core.tickets.duplicates import link_to_earlier
from core.tickets.events import Happened
from core.tickets.model import Priority, Ticket
from core.tickets.recording import happened_at, record
from core.words import Media, Room

TEXT_FIELDS = ("device", "device_model", "serial_no", "fault_symptom", "error_code", "part_code", "address", "phone")
FILLED = (*TEXT_FIELDS, "preferred_text", "preferred_start", "preferred_end", "delivery_constraint", "emotion")
"""Fields that a customer's words may fill."""
IDENTIFIERS = ("device_model", "serial_no", "error_code", "part_code")
"""Fields that hold a list when several were named, joined by 、."""
LONGEST_FIELD = 200
"""Characters of one field; the words as received stay whole in the description."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer's message tells about a fault: his words, the fields found in them, and what came with it. `passed_on_by` is the
    member of the staff who forwarded it (S5a), `team` the one whose code he scanned before (S58)."""

    words: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    priority: Priority = Priority.P2
    media: tuple[Media, ...] = ()
    kind: str = "text"
    passed_on_by: int | None = None
    team: str | None = None

    @property
    def brought(self) -> dict[str, int]:
        """Who brought it, as the event tells."""
        return {"passed_on_by": self.passed_on_by} if self.passed_on_by is not None else {}


def report(turn: Turn, customer: Person, room: Room, told: Told) -> Ticket:
    """Make a ticket from what was told. Never refuses."""
    number = turn.next_number(f"ticket:{customer.entity}", turn.house.policies.tickets.first_number)
    at = happened_at(turn)
    ticket = turn.add(
        Ticket(
            id=turn.new_id(),
            entity=customer.entity,
            number=turn.house.policies.tickets.number_format.format(n=number),
            customer_id=customer.id,
            channel=room.channel,
            room=str(room),
            thread=room.thread,
            priority=told.priority,
            description=told.words,
            created_at=at,
            updated_at=turn.now,
            team=told.team,
        )
    )
    _fill(ticket, told.fields, correcting=False)
    ticket.phone = ticket.phone or customer.phone
    _recognise(turn, ticket, customer, told)
    link_to_earlier(turn, ticket, customer)
    event = record(
        turn,
        Happened.REPORTED,
        ticket,
        customer,
        private={"words": told.words, "fields": told.fields},
        number=ticket.number,
        priority=ticket.priority,
        channel=room.channel,
        **told.brought,
    )
    attach(turn, ticket, customer, event, told.kind, told.media)
    return ticket


def supplement(turn: Turn, ticket: Ticket, by: Person, told: Told, *, correcting: bool = True) -> tuple[str, ...]:
    """Add what was told to a ticket; the names of the fields that changed. A later word corrects an earlier one."""
    changed = _fill(ticket, told.fields, correcting)
    _recognise(turn, ticket, by, told)
    if told.words:
        ticket.description = f"{ticket.description}\n{told.words}".strip()
    if told.priority < ticket.priority and ticket.priority_from != "staff":
        ticket.priority = told.priority
        changed = (*changed, "priority")
    event = record(
        turn,
        Happened.SUPPLEMENTED,
        ticket,
        by,
        private={"words": told.words, "fields": told.fields},
        changed=list(changed),
        priority=ticket.priority,
        attachments=len(told.media),
        **told.brought,
    )
    attach(turn, ticket, by, event, told.kind, told.media)
    return changed


def missing(ticket: Ticket, slots: Sequence[str]) -> list[str]:
    """Which of the slots the ticket does not have yet, in their order."""
    has = {"preferred_time": ticket.preferred_start or ticket.preferred_text or ticket.appointment_start}
    return [slot for slot in slots if not (has[slot] if slot in has else getattr(ticket, slot))]


def _recognise(turn: Turn, ticket: Ticket, by: Person, told: Told) -> None:
    if told.fields.get("phone") and by.id == ticket.customer_id:
        recognise(turn, by, told.fields["phone"])


def _fill(ticket: Ticket, fields: dict[str, Any], correcting: bool) -> tuple[str, ...]:
    changed = []
    for name in FILLED:
        value = fields.get(name)
        if value is None:
            continue
        if isinstance(value, str):
            value = value[:LONGEST_FIELD]
        old = getattr(ticket, name)
        if name in IDENTIFIERS and old and value not in old:
            value = f"{old}、{value}"[:LONGEST_FIELD]
        if (old is None or correcting or name == "emotion") and value != old:
            setattr(ticket, name, value)
            changed.append(name)
    return tuple(changed)
