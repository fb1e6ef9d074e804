"""Reports become tickets at once; what follows joins them; the answer waits until the customer falls quiet (S65)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from core.conversations.saying import ask_which
from core.tickets.closing import reopen
from core.tickets.describing import what, who
from core.tickets.model import Priority, Status, Ticket
from core.tickets.queries import tickets_of_customer
from core.tickets.reporting import Told, report, supplement
from core.tickets.sameness import alike, other_device, same_fault, same_words
from core.words import DAY, MINUTE
from dialogue import photos
from dialogue.customer import burst, scanning
from dialogue.customer.slots import told_by
from dialogue.heard import Heard
from dialogue.quoting import quoted
from dialogue.understanding.words import Understanding

FILES = "files:"
"""Token of a choice: his photos belong to this ticket (files:12), or to a new one (files:new)."""
NEW = "new"
MOST_CHOICES = 8
KEPT = ("device", "device_model", "serial_no", "fault_symptom", "address")
"""What a ticket takes over from an earlier one of the same fault."""
STILL_TALKING = 30 * MINUTE
"""What is said so soon after the last word about a ticket may be about it without naming it."""


def report_or_add(heard: Heard, told: Told) -> str:
    """A fault was named: it belongs to a ticket that is being told or handled, or it is a new one."""
    told = scanning.completed(heard, told)
    ticket = _meant(heard, told)
    if ticket is None:
        return _report(heard, told)
    if ticket.status == Status.DONE:
        return reopen_as(heard, ticket, told.words)
    return _add(heard, ticket, told)


def add_or_report(heard: Heard, told: Told, meant: Understanding) -> str:
    """Details were given: for the ticket spoken of, else they are the beginning of one."""
    ticket = _spoken_of(heard) or next((one for one in _his(heard) if one.is_open), None)
    if ticket is not None:
        return _add(heard, ticket, told)
    told = scanning.completed(heard, told)
    if told.fields.keys() - {"emotion"} or told.media:
        return _report(heard, told)
    heard.answer("smalltalk", "customer.nothing_to_add")
    return "nothing to add to"


def add_files(heard: Heard) -> str:
    """Photos, recordings and files: on the ticket quoted or spoken of, or the beginning of one; he is asked once where it could be
    either (S5a)."""
    told = told_by(heard, {})
    just = photos.burst(heard)
    of_burst = heard.turn.get(Ticket, just["ticket"], lock=True) if just else None
    ticket = quoted(heard) or of_burst or _spoken_of(heard) or _only_open(heard)
    if ticket is not None and ticket.is_open:
        return _add(heard, ticket, told)
    tickets = [ticket for ticket in _his(heard) if ticket.is_open]
    return _ask_where(heard, tickets) if tickets else _report(heard, told)


def put_files(heard: Heard, chosen: str) -> str:
    """He chose where his photos belong: a ticket of his, or a new one."""
    heard.talk.question = None
    known = chosen.isdecimal() and len(chosen) < 19
    ticket = heard.turn.get(Ticket, int(chosen), lock=True) if known else None
    if not photos.waits(heard) or (known and (ticket is None or ticket.customer_id != heard.person.id)):
        heard.answer("clarify", "customer.photo_gone")
        return "no photo waits"
    told = Told(kind="image")
    return _add(heard, ticket, told) if ticket is not None and ticket.is_open else _report(heard, told)


def _ask_where(heard: Heard, tickets: list[Ticket]) -> str:
    """新工单还是 #单号? One question for all photos of a burst."""
    if photos.keep(heard):
        return "one more photo waits"
    words = heard.turn.house.wording
    labels = [
        heard.say("customer.progress.choice", number=one.number, what=what(words, one, heard.lang))
        for one in tickets[:MOST_CHOICES]
    ]
    choices = [(label, f"{FILES}{one.id}") for label, one in zip(labels, tickets[:MOST_CHOICES], strict=True)]
    choices.append((heard.say("customer.photo_new"), f"{FILES}{NEW}"))
    heard.talk.question = {"slot": "photo", "ticket": 0, "at": heard.turn.now}
    ask_which(heard.turn, heard.talk, "ask_choice", heard.say("customer.photo_which"), choices)
    return "asked where the photo belongs"


def add_fields(heard: Heard, fields: dict[str, Any]) -> str:
    """A place or a contact was sent."""
    ticket = _spoken_of(heard) or _only_open(heard)
    told = told_by(heard, fields)
    return _add(heard, ticket, told) if ticket else _report(heard, told)


def report_again(heard: Heard, earlier: Ticket, told: Told) -> str:
    """The fault of a closed ticket is back, and he need not tell it again."""
    known = {name: value for name in KEPT if (value := getattr(earlier, name))}
    return _report(heard, replace(told, fields={**known, **told.fields}), told.fields)


def _report(heard: Heard, told: Told, said: Collection[str] | None = None) -> str:
    """Make a ticket; `said` are the fields that he named himself, all by default."""
    told = scanning.completed(heard, _with_waiting(heard, told))
    heard.talk.scan = None
    ticket = report(heard.turn, heard.person, heard.message.room, told)
    heard.talk.last_ticket = ticket.id
    burst.made(heard, ticket, told.fields if said is None else said)
    return f"made {ticket.number}"


def _with_waiting(heard: Heard, told: Told) -> Told:
    """Photos that waited for their ticket belong to what he says next about one."""
    waiting = photos.taken(heard)
    return replace(told, media=(*waiting, *told.media), kind="image" if waiting and not told.media else told.kind)


def _add(heard: Heard, ticket: Ticket, told: Told) -> str:
    told = _with_waiting(heard, told)
    alarmed = ticket.priority == Priority.P0
    known = same_fault(ticket, told.fields)
    changed = supplement(heard.turn, ticket, heard.person, told)
    heard.talk.last_ticket = ticket.id
    if told.media:
        photos.put(heard, ticket, [], sure=True, before=[])
    burst.added(
        heard, ticket, changed, len(told.media), repeated=known, alarm=not alarmed and ticket.priority == Priority.P0
    )
    return f"added to {ticket.number}"


def reopen_as(heard: Heard, ticket: Ticket, words: str) -> str:
    """It was not fixed: back to the same engineer."""
    reopen(heard.turn, ticket, heard.person, words)
    heard.talk.last_ticket = ticket.id
    name = who(heard.turn, ticket)
    told_who = heard.say("customer.reopened_who" if name else "customer.reopened_nobody", name=name)
    heard.answer("confirm_change", "customer.reopened", number=ticket.number, who=told_who)
    return f"reopened {ticket.number}"


def _his(heard: Heard) -> list[Ticket]:
    """His last tickets that what he says now may be about, the newest first."""
    return [one for one in tickets_of_customer(heard.turn, heard.person) if scanning.may_be_of(heard, one)]


def _meant(heard: Heard, told: Told) -> Ticket | None:
    """The ticket that a report belongs to: told just now, the same fault, or done lately and not fixed."""
    tickets = _his(heard)
    spoken_of = _spoken_of(heard)
    if spoken_of is not None and _may_go_on(spoken_of, told):
        return spoken_of
    young = heard.message.at - heard.turn.house.policies.tickets.duplicate_window
    same = next((t for t in tickets if t.is_open and t.created_at >= young and same_words(t, told.fields)), None)
    if same is not None:
        return same
    since = heard.turn.now - heard.turn.house.policies.tickets.closing
    return next(
        (
            ticket
            for ticket in tickets
            if ticket.status == Status.DONE and (ticket.done_at or 0) > since and _is_back(ticket, told)
        ),
        None,
    )


def _is_back(ticket: Ticket, told: Told) -> bool:
    """Whether a report may be of the fault that was thought done: its device, or without a device its symptom."""
    device, symptom = told.fields.get("device"), told.fields.get("fault_symptom")
    if device or not (symptom and ticket.fault_symptom):
        return not other_device(ticket.device, device)
    return alike(ticket.fault_symptom, symptom)


def _may_go_on(ticket: Ticket, told: Told) -> bool:
    """Whether a report may be more words about this ticket: not if it names another device."""
    return not other_device(ticket.device, told.fields.get("device"))


def _spoken_of(heard: Heard) -> Ticket | None:
    """The open ticket of the message that he answers, else the one that this conversation was about a short while ago."""
    answered = quoted(heard)
    if answered is not None and answered.is_open:
        return answered
    if heard.talk.last_ticket is None:
        return None
    ticket = heard.turn.get(Ticket, heard.talk.last_ticket, lock=True)
    if ticket is None or not ticket.is_open:
        return None
    fresh = heard.turn.now - max(ticket.created_at, heard.talk.spoken_at or 0) <= STILL_TALKING
    return ticket if fresh else None


def _only_open(heard: Heard) -> Ticket | None:
    """His open ticket, if there is exactly one and it is not old."""
    tickets = [ticket for ticket in _his(heard) if ticket.is_open]
    return tickets[0] if len(tickets) == 1 and heard.turn.now - tickets[0].updated_at < 3 * DAY else None
