"""Which ticket does he mean? The number he named, the one just spoken of, his only one; else he is asked once (S90)."""

from __future__ import annotations

from core.conversations.saying import ask_which
from core.tickets.describing import what
from core.tickets.model import Status, Ticket
from core.tickets.queries import by_number, full_number, must_find, open_of_engineer, unaccepted
from dialogue.heard import Heard
from dialogue.understanding.words import Order

MOST_CHOICES = 8


class NoTicket(Exception):
    """No ticket could be told; the speaker has been asked. `outcome` names what was said to him."""

    def __init__(self, outcome: str):
        super().__init__(outcome)
        self.outcome = outcome


def ticket_meant(heard: Heard, order: Order, token: str) -> Ticket:
    """The ticket an order is about. Raises NoTicket (asked which), Refused (no such number)."""
    ref = order.ticket
    digits = ref.id[0] if isinstance(ref.id, list) and ref.id else ref.id
    if ref.form in ("number", "multi", "customer", "last") and isinstance(digits, str) and digits.isdecimal():
        return must_find(heard.turn, heard.person.entity, full_number(heard.turn, digits))
    candidates = _candidates(heard, order)
    if len(candidates) == 1:
        found = by_number(heard.turn, heard.person.entity, candidates[0].number)
        assert found is not None
        return found
    if not candidates:
        heard.answer("error_hint", "staff.no_ticket")
        raise NoTicket("no ticket told")
    words = heard.turn.house.wording
    labels = [(t, words.text(heard.lang, "staff.which_line", number=t.number, what=what(words, t, heard.lang))) for t in candidates]
    choices = [(label, f"{token}{order.action}:{ticket.number}") for ticket, label in labels]
    heard.talk.question = {"slot": "which", "text": heard.text, "args": order.args, "ticket": 0, "at": heard.turn.now}
    ask_which(heard.turn, heard.talk, "ask_choice", heard.say("staff.which"), choices)
    raise NoTicket("asked which")


def _candidates(heard: Heard, order: Order) -> list[Ticket]:
    if order.action == "accept":
        return unaccepted(heard.turn, heard.person.entity)[:MOST_CHOICES]
    mine = open_of_engineer(heard.turn, heard.person)
    last = heard.talk.last_ticket
    spoken_of = [ticket for ticket in mine if ticket.id == last]
    if spoken_of:
        return spoken_of
    if order.action == "arrive":
        mine = [ticket for ticket in mine if ticket.status in (Status.ACCEPTED, Status.WAITING_PART)] or mine
    return mine[:MOST_CHOICES]
