"""A ticket is announced: to every engineer on duty, a P0 at once and to whoever answers for it (S10)."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import tell
from core.people.duty import fallback_owner, on_duty
from core.people.model import Person, Role
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.describing import accept_hint, card, what
from core.tickets.events import Happened
from core.tickets.model import Priority, Status, Ticket
from core.tickets.recording import record, ticket_in
from core.words import Button


def announce(turn: Turn, ticket: Ticket) -> None:
    """Tell those who can take it. Once per ticket, and once more when it becomes a P0."""
    if ticket.status != Status.UNASSIGNED or ticket.announced in (ticket.priority, Priority.P0):
        return
    urgent = ticket.priority == Priority.P0
    if ticket.announced and not urgent:
        return
    told = people_to_tell(turn, ticket, urgent)
    for person in told:
        _tell_of(turn, ticket, person, urgent)
    ticket.announced = ticket.priority
    record(turn, Happened.ANNOUNCED, ticket, None, priority=ticket.priority, to=[person.id for person in told])


def people_to_tell(turn: Turn, ticket: Ticket, urgent: bool) -> list[Person]:
    """Engineers on duty; for a P0, or when there are none, whoever answers for unaccepted tickets too."""
    engineers = on_duty(turn, ticket.entity, Role.ENGINEER)
    fallback = fallback_owner(turn, ticket.entity)
    return [*engineers, fallback] if fallback and (urgent or not engineers) else engineers


def announce_p0_at_once(turn: Turn, event: Event) -> None:
    """A P0 waits for no end of a burst."""
    ticket = ticket_in(turn, event)
    if ticket.priority == Priority.P0:
        announce(turn, ticket)


def _tell_of(turn: Turn, ticket: Ticket, person: Person, urgent: bool) -> None:
    words, lang = turn.house.wording, person.lang
    title = words.text(lang, "staff.new_ticket", number=ticket.number)
    if urgent:
        title = words.text(lang, "staff.p0", number=f"{title} {what(words, ticket, lang)}")
    say = card(turn, ticket, person, "escalation" if urgent else "new_ticket", title)
    accept = words.name(lang, "verb", "accept")
    say = replace(
        say,
        also=("new_ticket",) if urgent else (),
        facts=(*say.facts, (accept, accept_hint(turn, ticket, lang))),
        buttons=(Button(accept, f"accept:{ticket.number}"),),
    )
    tell(turn, person, say, subject=ticket.stream, urgent=urgent)
