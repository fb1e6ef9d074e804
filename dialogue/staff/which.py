"""Which tickets does he mean? The numbers he named, the one just spoken of, his only one; else he is asked once (S90)."""

from __future__ import annotations

from core.conversations.saying import ask_which
from core.refused import Refused
from core.tickets.describing import what
from core.tickets.model import Status, Ticket
from core.tickets.queries import by_number, full_number, must_find, open_of_engineer, unaccepted, with_sign
from dialogue.heard import Heard
from dialogue.understanding.words import Order, TicketRef

MOST_CHOICES = 8
MOST_AT_ONCE = 20
"""Tickets that one message may name."""


class NoTicket(Exception):
    """No ticket could be told; the speaker has been asked. `outcome` names what was said to him."""

    def __init__(self, outcome: str):
        super().__init__(outcome)
        self.outcome = outcome


def numbers_named(ref: TicketRef) -> list[str]:
    """The digits of every ticket that he named; none if he named none by number."""
    named = ref.id if isinstance(ref.id, list) else [ref.id] if ref.id else []
    by_its_number = ref.form in ("number", "multi", "customer", "last")
    return [digits for digits in dict.fromkeys(named) if digits.isdecimal()][:MOST_AT_ONCE] if by_its_number else []


def ticket_numbered(heard: Heard, digits: str) -> Ticket:
    """The ticket with these digits. Raises Refused: ticket_unknown, also for one of another entity."""
    return must_find(heard.turn, heard.person.entity, full_number(heard.turn, digits))


def ticket_meant(heard: Heard, order: Order, token: str) -> Ticket:
    """The ticket that he means without its number. Raises NoTicket (asked which), Refused (no such serial number or phone)."""
    candidates = _candidates(heard, order)
    if len(candidates) == 1:
        found = by_number(heard.turn, heard.person.entity, candidates[0].number)
        assert found is not None
        return found
    if not candidates:
        heard.answer("error_hint", "staff.no_ticket")
        raise NoTicket("no ticket told")
    words = heard.turn.house.wording
    labels = [heard.say("staff.which_line", number=t.number, what=what(words, t, heard.lang)) for t in candidates]
    choices = [(label, f"{token}{order.action}:{t.number}") for label, t in zip(labels, candidates, strict=True)]
    heard.talk.question = {"slot": "which", "text": heard.text, "args": order.args, "ticket": 0, "at": heard.turn.now}
    ask_which(heard.turn, heard.talk, "ask_choice", heard.say("staff.which"), choices)
    raise NoTicket("asked which")


def _candidates(heard: Heard, order: Order) -> list[Ticket]:
    if order.ticket.form in ("serial", "phone"):
        return _by_sign(heard, order.ticket)
    if order.action == "accept":
        waiting = unaccepted(heard.turn, heard.person.entity)
        offered = [ticket for ticket in waiting if ticket.engineer_id == heard.person.id]
        return (offered if len(offered) == 1 else waiting)[:MOST_CHOICES]
    mine = open_of_engineer(heard.turn, heard.person) or _his_when_written(heard)
    spoken_of = [ticket for ticket in mine if ticket.id == heard.talk.last_ticket]
    if spoken_of:
        return spoken_of
    if order.action == "arrive":
        mine = [ticket for ticket in mine if ticket.status in (Status.ACCEPTED, Status.WAITING_PART)] or mine
    return mine[:MOST_CHOICES]


def _his_when_written(heard: Heard) -> list[Ticket]:
    """The ticket last spoken of, if it was his and not over yet when he wrote what comes only now."""
    last = heard.turn.get(Ticket, heard.talk.last_ticket) if heard.talk.last_ticket else None
    his = last is not None and last.owner_id == heard.person.id and (last.stage_at or 0) > heard.message.at
    return [last] if last and his else []


def _by_sign(heard: Heard, ref: TicketRef) -> list[Ticket]:
    """By a serial number of its device, or a phone number on it."""
    field = "serial_no" if ref.form == "serial" else "phone"
    found = with_sign(heard.turn, heard.person.entity, field, str(ref.id))
    if not found:
        raise Refused("sign_unknown", sign=str(ref.id))
    return found[:MOST_CHOICES]
