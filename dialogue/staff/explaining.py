"""为什么这单算超时: the account of a ticket's time, for staff (S9, S12)."""

from __future__ import annotations

import re
from dataclasses import replace

from core.clocks.explaining import explained
from core.conversations.saying import answer
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Ticket
from core.tickets.queries import digits_of
from dialogue.heard import Heard
from dialogue.staff.which import numbers_named
from dialogue.understanding.words import Order, TicketRef

_WHY = r"(?:为什么|为何|为啥|凭什么|怎么|why|how\s+come)"
_LATE = r"(?:超时|超期|逾期|时限|过期|overdue|late\b|deadline)"
ASKED = re.compile(rf"{_WHY}.{{0,30}}{_LATE}|{_LATE}.{{0,10}}{_WHY}", re.IGNORECASE)
"""Asks why a ticket is late, or how its time is counted."""


def meant_to_explain(heard: Heard, order: Order) -> Order:
    """The order, as a question for the account if the words ask for it: of the ticket named, else of the one just spoken of."""
    named = numbers_named(order.ticket)
    if not ASKED.search(heard.text) or not (named or heard.message.called):
        return order
    last = heard.turn.get(Ticket, heard.talk.last_ticket) if heard.talk.last_ticket and not named else None
    ref = TicketRef("number", digits_of(last.number)) if last is not None else order.ticket
    return replace(order, action="explain", ticket=ref, also=())


def explain(heard: Heard, ticket: Ticket, order: Order) -> str:
    """Say what was promised of the ticket, whether it was kept, and which time counted. Raises Refused: not_entitled."""
    must_be_entitled(heard.person, "read", ticket)
    told = explained(heard.turn, ticket, heard.lang)
    lines = [heard.say("clock.title", number=ticket.number)]
    for one in told:
        lines += [one.verdict, *(one.lines if one.late or len(told) == 1 else ())]
    answer(heard.turn, heard.talk, "ticket_card", "\n".join(lines))
    return f"explained {ticket.number}"
