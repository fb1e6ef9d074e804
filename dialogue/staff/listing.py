"""What the staff ask to see: one ticket, their own list, what waits."""

from __future__ import annotations

from collections.abc import Iterable

from core.conversations.saying import answer
from core.tickets.describing import card, what
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Ticket
from core.tickets.queries import open_of_engineer, unaccepted
from core.store.outgoing import post
from core.words import Room
from dialogue.heard import Heard
from dialogue.understanding.words import Order


def show(heard: Heard, ticket: Ticket, order: Order) -> str:
    """One ticket as a card, as far as the reader may see it."""
    must_be_entitled(heard.person, "read", ticket)
    say = card(heard.turn, ticket, heard.person, "ticket_card", ticket.number)
    post(heard.turn, Room.of(heard.talk.room), say, person_id=heard.person.id)
    return f"showed {ticket.number}"


def my_open(heard: Heard) -> str:
    """His open tickets, the most urgent first."""
    _list(heard, "my_list", "staff.my_list", "staff.my_none", open_of_engineer(heard.turn, heard.person))
    return "listed his own"


def waiting(heard: Heard) -> str:
    """What nobody has accepted."""
    _list(heard, "board", "staff.open_list", "staff.open_none", unaccepted(heard.turn, heard.person.entity))
    return "listed what waits"


def _list(heard: Heard, purpose: str, title: str, none: str, tickets: Iterable[Ticket]) -> None:
    words, lang = heard.turn.house.wording, heard.lang
    lines = [
        words.text(
            lang,
            "staff.my_line",
            number=ticket.number,
            priority=ticket.priority,
            status=words.name(lang, "status", ticket.status),
            what=what(words, ticket, lang),
        )
        for ticket in tickets
    ]
    answer(heard.turn, heard.talk, purpose, "\n".join([words.text(lang, title), *lines]) if lines else words.text(lang, none))
