"""修好了吗? 单号多少? 谁在管? Answered at once, from rows that the asker may see."""

from __future__ import annotations

from core.conversations.saying import answer, ask_which
from core.store.turn import Turn
from core.tickets.describing import progress_line, what
from core.tickets.model import Status, Ticket
from core.tickets.queries import by_number, full_number, tickets_of_customer
from core.tickets.sameness import other_device
from core.tickets.urging import urge
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding

SHOW = "progress:"
"""Token of a choice: show the progress of this ticket."""
MOST_CHOICES = 8


def tell(heard: Heard, meant: Understanding) -> str:
    """Where his ticket stands; asks which one if several may be meant."""
    if foreign := number_not_his(heard, meant):
        return foreign
    tickets = asked_about(heard, meant)
    if not tickets:
        heard.answer("progress", "customer.progress.none")
        return "no ticket"
    if len(tickets) == 1:
        return show(heard, tickets[0])
    return ask_which_one(heard, tickets)


def ask_which_one(heard: Heard, tickets: list[Ticket]) -> str:
    """Several tickets may be meant: he chooses."""
    text = heard.say("customer.progress.which")
    ask_which(heard.turn, heard.talk, "ask_choice", text, [(label(heard, t), f"{SHOW}{t.id}") for t in tickets])
    return "asked which"


def urged(heard: Heard, meant: Understanding) -> str:
    """He pushes: counted, whoever has the ticket hears so, and he hears where it stands."""
    if foreign := number_not_his(heard, meant):
        return foreign
    tickets = [ticket for ticket in asked_about(heard, meant) if ticket.is_open]
    if len(tickets) != 1:
        return tell(heard, meant)
    [ticket] = tickets
    urge(heard.turn, ticket, heard.person)
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    text = heard.say("customer.urged", state=progress_line(heard.turn, ticket, heard.lang))
    answer(heard.turn, heard.talk, "progress", text)
    return f"urged {ticket.number}"


def tell_number(heard: Heard, meant: Understanding) -> str:
    """The number of his ticket, or his list."""
    if foreign := number_not_his(heard, meant):
        return foreign
    tickets = asked_about(heard, meant)
    words = heard.turn.house.wording
    if not tickets:
        heard.answer("progress", "customer.progress.none")
    elif len(tickets) == 1:
        heard.talk.last_ticket = tickets[0].id
        heard.answer("ticket_no", "customer.ticket_no", number=tickets[0].number, what=what(words, tickets[0], heard.lang))
    else:
        lines = [heard.say("customer.own_list"), *(_line(heard, ticket) for ticket in tickets)]
        answer(heard.turn, heard.talk, "own_list", "\n".join(lines), also=("ticket_no",))
    return "told number"


def show(heard: Heard, ticket: Ticket) -> str:
    """One ticket's progress."""
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    answer(heard.turn, heard.talk, "progress", progress_line(heard.turn, ticket, heard.lang))
    return f"progress {ticket.number}"


def not_his(heard: Heard) -> str:
    """A choice that names a ticket of somebody else, or none."""
    heard.answer("cannot_find", "customer.cannot_find", number="")
    return "not his"


def number_not_his(heard: Heard, meant: Understanding) -> str | None:
    """He named a number: if it is not his, he hears the same words whether it exists or not."""
    digits = meant.first("ticket_no")
    if digits is None or number_of(heard.turn, heard, str(digits)) is not None:
        return None
    heard.answer("cannot_find", "customer.cannot_find", number=full_number(heard.turn, str(digits)))
    return "cannot find"


def number_of(turn: Turn, heard: Heard, digits: str) -> Ticket | None:
    """His ticket with these digits, or None."""
    ticket = by_number(turn, heard.person.entity, full_number(turn, digits))
    return ticket if ticket is not None and ticket.customer_id == heard.person.id else None


def asked_about(heard: Heard, meant: Understanding) -> list[Ticket]:
    """The tickets that a question may be about: the one named, those of the device named, those that live."""
    digits = meant.first("ticket_no")
    if digits is not None:
        named = number_of(heard.turn, heard, str(digits))
        return [named] if named else []
    live = [t for t in tickets_of_customer(heard.turn, heard.person) if t.is_open or t.status == Status.DONE]
    device = (meant.slots.get("device") or [None])[0]
    if device:
        of_device = [ticket for ticket in live if ticket.device and not other_device(ticket.device, device)]
        live = of_device or live
    open_ones = [ticket for ticket in live if ticket.is_open] or live
    return sorted(open_ones, key=lambda ticket: ticket.id)[:MOST_CHOICES]


def label(heard: Heard, ticket: Ticket) -> str:
    words = heard.turn.house.wording
    return words.text(heard.lang, "customer.progress.choice", number=ticket.number, what=what(words, ticket, heard.lang))


def _line(heard: Heard, ticket: Ticket) -> str:
    words = heard.turn.house.wording
    status = words.name(heard.lang, "status", ticket.status)
    return words.text(
        heard.lang, "customer.own_line", number=ticket.number, what=what(words, ticket, heard.lang), status=status
    )
