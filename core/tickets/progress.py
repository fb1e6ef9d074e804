"""How a ticket stands, as its customer is told when he asks (修好了吗): who answers for it, where it stands, why it waits, what comes
next and when, what was replaced (S1, S97, S99). Never a colleague's words or number; where nothing is known, that is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from sqlalchemy import bindparam, select

from core.clocks.lateness import response_due_at
from core.parts.model import PartState
from core.parts.requesting import parts_of
from core.parts.shipping import shipments_of
from core.parts.swapping import NEW_PART, OLD_PART, photos_of_parts, swaps_of
from core.people.model import Person
from core.people.phones import without_numbers
from core.store.chain import words_of
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.describing import what, who
from core.tickets.events import Happened
from core.tickets.model import Attachment, Priority, Status, Ticket
from core.wording import local
from core.words import FileRef, Micros

LONGEST_REASON = 120
"""Characters of the reason for a pause, which everybody concerned was told when it began."""
MOST_SERIALS = 5
"""Serial numbers of new parts that are named; the page has all."""

_held = (
    select(Event.table)
    .where(Event.table.c.stream == bindparam("stream"), Event.table.c.kind == Happened.HELD.value)
    .order_by(Event.table.c.seq.desc())
    .limit(1)
)


class Fact(StrEnum):
    """What may be asked of a ticket; the answer begins with it."""

    STAGE = "stage"
    OWNER = "owner"
    WHY = "why"
    NEXT = "next"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Asked:
    """A ticket asked about: in which language, and whether by one of those who were told of its pauses."""

    turn: Turn
    ticket: Ticket
    lang: str
    concerned: bool = True

    def say(self, key: str, **facts: object) -> str:
        return self.turn.house.wording.text(self.lang, key, **facts)

    def moment(self, at: Micros) -> str:
        return self.turn.house.wording.moment(self.lang, at, self.turn.now, self.turn.house.zone)

    def day(self, at: Micros) -> str:
        return self.turn.house.wording.day(self.lang, at, self.turn.now, self.turn.house.zone)

    @property
    def offered(self) -> str | None:
        """To whom it was given who has not said yes."""
        engineer_id = self.ticket.engineer_id if self.ticket.status == Status.UNASSIGNED else None
        engineer = self.turn.get(Person, engineer_id) if engineer_id else None
        return engineer.name if engineer else None


def progress(asked: Asked, first: Fact = Fact.STAGE) -> str:
    """The answer: number and what, then what was asked, then whatever else is known, a line each."""
    told = {fact: text for fact, tell in FACTS.items() if (text := tell(asked))}
    if first not in told and (nothing := _nothing(asked, first)):
        told[first] = nothing
    first = first if first in told else Fact.STAGE
    key = "customer.progress.line" if first == Fact.STAGE else "customer.progress.head"
    ticket = asked.ticket
    named = what(asked.turn.house.wording, ticket, asked.lang)
    head = asked.say(key, number=ticket.number, what=named, state=told.pop(first))
    return "\n".join([head, *told.values()])


def photos_to_show(turn: Turn, ticket: Ticket) -> list[tuple[str, Attachment]]:
    """What the newest photo of an old part shows, and of a new one, of which there is a copy that may leave the desk (S37)."""
    marked = [photo for photo in photos_of_parts(turn, ticket) if photo.marked and photo.marked_size]
    newest = {photo.shows: photo for photo in marked}
    return [(side, newest[side]) for side in (OLD_PART, NEW_PART) if side in newest]


def as_file(asked: Asked, side: str, photo: Attachment) -> FileRef:
    """The marked copy of a photo, under a name that says what it shows."""
    assert photo.marked is not None and photo.marked_size is not None
    name = asked.say(f"customer.progress.file_{side}", number=asked.ticket.number)
    return FileRef(photo.marked, name, "image/jpeg", photo.marked_size)


def replaced_in_words(turn: Turn, ticket: Ticket, lang: str) -> str:
    """How many photos there are of old and new parts, and the serial numbers; empty if there are none."""
    asked, shown = Asked(turn, ticket, lang), [photo.shows for photo in photos_of_parts(turn, ticket)]
    said = [
        asked.say(f"customer.progress.{side}", count=shown.count(side))
        for side in (OLD_PART, NEW_PART)
        if side in shown
    ]
    serials = [swap.new_serial for swap in swaps_of(turn, ticket) if swap.new_serial]
    said += [asked.say("customer.progress.new_serial", serial=_serial(serial)) for serial in serials[-MOST_SERIALS:]]
    return reduce(lambda one, other: asked.say("customer.progress.and", one=one, other=other), said) if said else ""


def _serial(serial: str) -> str:
    """As it stands on a label: SN12345, SN B456."""
    return f"SN{serial}" if serial[0].isdecimal() else f"SN {serial}"


# ---- the facts, each a sentence, or nothing


def _stage(asked: Asked) -> str:
    ticket, offered = asked.ticket, asked.offered
    if offered:
        return asked.say("customer.progress.at_offered", offered=offered)
    since = {
        Status.UNASSIGNED: ticket.created_at,
        Status.ACCEPTED: ticket.stage_at or ticket.assigned_at,
        Status.ON_SITE: ticket.arrived_at or ticket.stage_at,
        Status.DONE: ticket.done_at,
        Status.CLOSED: ticket.closed_at,
    }.get(ticket.status, ticket.stage_at)
    when = asked.moment(since) if since else ""
    known = when or ticket.status == Status.CANCELLED
    key = f"customer.progress.at_{ticket.status}" if known else f"customer.progress.at_{ticket.status}_sometime"
    return asked.say(key, when=when)


def _owner(asked: Asked) -> str:
    if asked.ticket.status in (Status.CLOSED, Status.CANCELLED):
        return ""
    name = who(asked.turn, asked.ticket)
    return asked.say("customer.progress.owner", name=name) if name else asked.say("customer.progress.owner_nobody")


def _why(asked: Asked) -> str:
    if asked.ticket.status == Status.ON_HOLD:
        return _why_held(asked)
    parts = parts_of(asked.turn, asked.ticket) if asked.ticket.is_open else []
    waiting = [part for part in parts if part.state != PartState.ARRIVED]
    came = [part.arrived_at for part in parts if part.arrived_at]
    if not waiting:
        return asked.say("customer.progress.why_came", when=asked.day(max(came))) if came and parts else ""
    dates = [part.eta for part in waiting if part.eta]
    if len(dates) < len(waiting):
        sent = [one for one in shipments_of(asked.turn, asked.ticket) if not one.received_at and not one.withdrawn_at]
        return asked.say("customer.progress.why_part_sent" if sent else "customer.progress.why_part")
    last, zone = max(dates), asked.turn.house.zone
    late = local(last, zone).date() < local(asked.turn.now, zone).date()
    tense = "late" if late else "dated"
    return asked.say(f"customer.progress.why_part_{tense}", when=asked.day(last))


def _why_held(asked: Asked) -> str:
    held = asked.turn.first(Event, _held, stream=asked.ticket.stream) if asked.concerned else None
    reason = without_numbers(words_of(asked.turn, held).get("reason", "")) if held else ""
    cut = f"{reason[:LONGEST_REASON]}…" if len(reason) > LONGEST_REASON else reason
    return asked.say("customer.progress.why_held", reason=cut) if cut else ""


def _next(asked: Asked) -> str:
    ticket, now = asked.ticket, asked.turn.now
    match ticket.status:
        case Status.UNASSIGNED:
            due = response_due_at(asked.turn.house.policies, ticket)
            if due is None or due <= now or ticket.priority == Priority.P0:
                return asked.say("customer.progress.next_accept")
            return asked.say("customer.progress.next_accept_due", when=asked.moment(due))
        case Status.ACCEPTED:
            return _next_visit(asked)
        case Status.ON_SITE:
            return _next_fixed(asked)
        case Status.WAITING_PART:
            return asked.say("customer.progress.next_part", name=who(asked.turn, ticket))
        case Status.ON_HOLD:
            return _next_resume(asked)
        case Status.DONE:
            return asked.say("customer.progress.next_try")
        case _:
            return ""


def _next_fixed(asked: Asked) -> str:
    due = asked.ticket.resolution_due_at
    if due is None or due <= asked.turn.now:
        return asked.say("customer.progress.next_fixed")
    return asked.say("customer.progress.next_fixed_due", when=asked.moment(due))


def _next_resume(asked: Asked) -> str:
    until = asked.ticket.hold_until
    if until is None:
        return asked.say("customer.progress.next_resume")
    tense = "due" if until > asked.turn.now else "late"
    return asked.say(f"customer.progress.next_resume_{tense}", when=asked.moment(until))


def _next_visit(asked: Asked) -> str:
    ticket, now = asked.ticket, asked.turn.now
    if ticket.appointment_start is None:
        return asked.say("customer.progress.next_visit")
    if (ticket.appointment_end or ticket.appointment_start) < now:
        return asked.say("customer.progress.next_visit_late", when=asked.moment(ticket.appointment_start))
    house = asked.turn.house
    when = house.wording.period(asked.lang, ticket.appointment_start, ticket.appointment_end, now, house.zone)
    return asked.say("customer.progress.next_visit_due", when=when)


def _replaced(asked: Asked) -> str:
    said = replaced_in_words(asked.turn, asked.ticket, asked.lang)
    return asked.say("customer.progress.replaced", what=said) if said else ""


def _nothing(asked: Asked, fact: Fact) -> str:
    """What is asked and not known is said to be so."""
    if not asked.ticket.is_open:
        return ""
    return asked.say(f"customer.progress.no_{fact}") if fact in (Fact.WHY, Fact.REPLACED) else ""


FACTS: dict[Fact, Callable[[Asked], str]] = {
    Fact.STAGE: _stage,
    Fact.OWNER: _owner,
    Fact.WHY: _why,
    Fact.NEXT: _next,
    Fact.REPLACED: _replaced,
}
"""In the order in which they are told."""
