"""What people hear because something happened to a ticket, before they ask. Never a colleague's words or number."""

from __future__ import annotations

from core.conversations.saying import tell
from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.announcing import announce_p0_at_once
from core.tickets.describing import what, who
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import ticket_in
from core.words import Say


def tell_who_comes(turn: Turn, event: Event) -> None:
    """The customer hears who has his ticket, and when he comes if that is known (S98)."""
    ticket, customer = _concerned(turn, event)
    words = turn.house.wording
    if ticket.appointment_start:
        when = words.period(customer.lang, ticket.appointment_start, ticket.appointment_end, turn.now, turn.house.zone)
        following = words.text(customer.lang, "customer.engineer_assigned_time", when=when)
    else:
        following = words.text(customer.lang, "customer.engineer_assigned_next")
    _tell_customer(turn, ticket, customer, "engineer_assigned", next=following)


def tell_he_is_there(turn: Turn, event: Event) -> None:
    """The customer hears that the engineer has arrived."""
    _tell_customer(turn, *_concerned(turn, event), "engineer_arrived")


def tell_it_is_done(turn: Turn, event: Event) -> None:
    """The customer hears that the work is done, and what to say if it is not."""
    _tell_customer(turn, *_concerned(turn, event), "done")


def tell_engineer_reopened(turn: Turn, event: Event) -> None:
    """The engineer hears that it was not fixed."""
    ticket = ticket_in(turn, event)
    engineer = turn.get(Person, ticket.engineer_id) if ticket.engineer_id else None
    if engineer and engineer.id != event.by:
        words = turn.house.wording
        said = ticket.description.rsplit("\n", 1)[-1]
        text = words.text(
            engineer.lang, "staff.reopened", number=ticket.number, what=what(words, ticket, engineer.lang), words=said
        )
        tell(turn, engineer, Say("reopened", text), subject=ticket.stream)


def _concerned(turn: Turn, event: Event) -> tuple[Ticket, Person]:
    ticket = ticket_in(turn, event)
    customer = turn.get(Person, ticket.customer_id)
    assert customer is not None
    return ticket, customer


def _tell_customer(turn: Turn, ticket: Ticket, customer: Person, purpose: str, **facts: str) -> None:
    words, lang = turn.house.wording, customer.lang
    text = words.text(
        lang,
        f"customer.{purpose}",
        name=who(turn, ticket),
        number=ticket.number,
        what=what(words, ticket, lang),
        **facts,
    )
    tell(turn, customer, Say(purpose, text), subject=ticket.stream)


REACTIONS = {
    Happened.REPORTED: (announce_p0_at_once,),
    Happened.SUPPLEMENTED: (announce_p0_at_once,),
    Happened.PRIORITY_SET: (announce_p0_at_once,),
    Happened.ACCEPTED: (tell_who_comes,),
    Happened.ARRIVED: (tell_he_is_there,),
    Happened.COMPLETED: (tell_it_is_done,),
    Happened.REOPENED: (tell_engineer_reopened,),
}
"""Event → what must follow in the same turn."""
