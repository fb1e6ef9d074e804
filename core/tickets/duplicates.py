"""The same fault told again is never dispatched twice: joined, proposed to staff, or linked to its predecessor (S64)."""

from __future__ import annotations

from core.conversations.saying import tell
from core.people.duty import fallback_owner
from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.describing import what
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.queries import tickets_of_customer
from core.tickets.recording import record, ticket_in
from core.tickets.sameness import same_fault
from core.words import Button, Say


def link_to_earlier(turn: Turn, ticket: Ticket, customer: Person) -> None:
    """Link a new ticket to the last one of the same fault; one that is open and young may be the very same."""
    fields = {"device": ticket.device, "fault_symptom": ticket.fault_symptom}
    known = [other for other in tickets_of_customer(turn, customer) if other.id != ticket.id]
    earlier = next((other for other in known if same_fault(other, fields)), None)
    if earlier is None:
        return
    ticket.linked_to = earlier.id
    if earlier.is_open and ticket.created_at - earlier.created_at <= turn.house.policies.tickets.duplicate_window:
        ticket.duplicate_of = earlier.id


def propose_merging(turn: Turn, event: Event) -> None:
    """Staff decide whether it is the same; meanwhile the second ticket is not dispatched."""
    ticket = ticket_in(turn, event)
    other = turn.get(Ticket, ticket.duplicate_of) if ticket.duplicate_of else None
    person = fallback_owner(turn, ticket.entity)
    if other is None or person is None:
        return
    words, lang = turn.house.wording, person.lang
    text = words.text(
        lang,
        "staff.maybe_same",
        number=ticket.number,
        what=what(words, ticket, lang),
        other=other.number,
        other_what=what(words, other, lang),
    )
    buttons = (
        Button(words.text(lang, "staff.merge_them"), f"merge:{ticket.number}:{other.number}"),
        Button(words.text(lang, "staff.keep_apart"), f"keep_apart:{ticket.number}"),
    )
    tell(turn, person, Say("ask_choice", text, buttons=buttons), subject=ticket.stream)


def keep_apart(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """It is a fault of its own. Raises Refused: no_doubt, not_entitled."""
    must_be_entitled(by, "merge", ticket)
    if ticket.duplicate_of is None:
        raise Refused("no_doubt", number=ticket.number)
    other, ticket.duplicate_of = ticket.duplicate_of, None
    return record(turn, Happened.KEPT_APART, ticket, by, other=other)
