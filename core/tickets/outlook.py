"""What a customer may expect of his ticket: why it waits, and what comes next and when (S97). Staff's own words are never in it, but
for the reason of a pause, which he was told."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.clocks.lateness import response_due_at
from core.parts.requesting import waiting_parts
from core.people.model import Person
from core.people.phones import without_numbers
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.merging import merged_into
from core.tickets.model import Priority, Status, Ticket
from core.words import Micros

_last_pause = (
    select(Event.table)
    .where(Event.table.c.stream == bindparam("stream"), Event.table.c.kind == Happened.HELD)
    .order_by(Event.table.c.seq.desc())
    .limit(1)
)


def why_it_waits(turn: Turn, ticket: Ticket, lang: str) -> str:
    """What it waits for, in a few words; empty while somebody works on it, and when it is over."""
    words = turn.house.wording
    match ticket.status:
        case Status.UNASSIGNED if ticket.engineer_id and (offered := turn.get(Person, ticket.engineer_id)):
            return words.text(lang, "outlook.why_offered", name=offered.name or "")
        case Status.UNASSIGNED:
            return words.text(lang, "outlook.why_unassigned")
        case Status.ACCEPTED if ticket.appointment_start and ticket.appointment_start > turn.now:
            return words.text(lang, "outlook.why_appointment")
        case Status.WAITING_PART:
            return words.text(lang, "outlook.why_part")
        case Status.ON_HOLD:
            return _pause(turn, ticket)
    return ""


def what_comes_next(turn: Turn, ticket: Ticket, lang: str) -> str:
    """The next step, with its time as far as it is known; empty if nothing comes any more."""
    words, zone, now = turn.house.wording, turn.house.zone, turn.now

    def step(key: str, at: Micros | None = None, *, daily: bool = False) -> str:
        if at is None:
            return words.text(lang, f"outlook.next_{key}")
        when = words.day(lang, at, now, zone) if daily else words.moment(lang, at, now, zone)
        return words.text(lang, f"outlook.next_{key}", when=when)

    match ticket.status:
        case Status.UNASSIGNED if ticket.priority == Priority.P0:
            return step("urgent")
        case Status.UNASSIGNED:
            due_at = response_due_at(turn.house.policies, ticket)
            return step("response", due_at) if due_at is not None and due_at > now else step("assigning")
        case Status.ACCEPTED if ticket.appointment_start and ticket.appointment_start > now:
            when = words.period(lang, ticket.appointment_start, ticket.appointment_end, now, zone)
            return words.text(lang, "outlook.next_visit", when=when)
        case Status.ACCEPTED if ticket.appointment_start:
            return step("visit_late", ticket.appointment_start)
        case Status.ACCEPTED:
            return step("contact")
        case Status.ON_SITE:
            return step("try_it")
        case Status.WAITING_PART:
            due_at = parts_due_at(turn, ticket)
            if due_at is None:
                return step("part_undated")
            return step("part" if due_at > now else "part_late", due_at, daily=True)
        case Status.ON_HOLD if ticket.hold_until:
            return step("going_on" if ticket.hold_until > now else "held_late", ticket.hold_until)
        case Status.ON_HOLD:
            return step("held")
        case Status.DONE:
            return step("confirm")
        case Status.CLOSED if ticket.maintenance_at and ticket.maintenance_at > now:
            return step("maintenance", ticket.maintenance_at, daily=True)
    if into := merged_into(turn, ticket):
        return words.text(lang, "outlook.next_merged", number=into.number)
    return ""


def parts_due_at(turn: Turn, ticket: Ticket) -> Micros | None:
    """When the last of its parts comes; None as long as not every one has a date."""
    dates = [part.eta for part in waiting_parts(turn, ticket)]
    return max(date for date in dates if date) if dates and all(dates) else None


def _pause(turn: Turn, ticket: Ticket) -> str:
    """The reason of its pause, without numbers, as he was told it; empty once it was erased."""
    event = turn.first(Event, _last_pause, stream=ticket.stream)
    return without_numbers(words_of(turn, event).get("reason", "")) if event else ""
