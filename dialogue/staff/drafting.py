"""A summary that was too short is kept as a draft; what is said next is added to it (S38)."""

from __future__ import annotations

from typing import Any

from core.refused import Refused
from core.tickets.completing import complete
from core.tickets.holding import hold
from core.tickets.model import Ticket
from core.tickets.undoing import remember
from dialogue.heard import Heard
from dialogue.staff.refusing import refuse
from dialogue.understanding.words import Order

ADDS = frozenset({"note", "none", "ack_only", "arrive"})
"""What he says without naming a ticket or a command goes on with the draft."""


def keep_draft(heard: Heard, ticket: Ticket, text: str, verb: str = "complete") -> None:
    """Keep what there is of a summary, and what it is for."""
    heard.talk.draft = {"ticket": ticket.id, "text": text, "verb": verb, "at": heard.turn.now}


def draft_of(heard: Heard, order: Order) -> dict[str, Any] | None:
    """The draft that this message goes on with, if there is one and nothing else was asked."""
    draft = heard.talk.draft
    if not draft or heard.turn.now - draft["at"] > heard.turn.house.policies.conversation.draft:
        return None
    return draft if order.action in ADDS and order.ticket.form != "number" else None


def add_to_draft(heard: Heard, draft: dict[str, Any]) -> str:
    """Add to the summary; when it says enough, the ticket is completed."""
    ticket = heard.turn.get(Ticket, draft["ticket"], lock=True)
    assert ticket is not None
    summary = "，".join(part for part in (draft["text"], heard.text.strip()) if part)
    heard.talk.draft = None
    verb = draft["verb"]
    try:
        if verb == "hold":
            hold(heard.turn, ticket, heard.person, summary)
        else:
            complete(heard.turn, ticket, heard.person, summary)
    except Refused as refused:
        if refused.key == "summary_too_short":
            keep_draft(heard, ticket, summary, verb)
        return refuse(heard, refused)
    remember(heard.turn, ticket, heard.person)
    heard.answer("action_done", f"staff.done_{verb}", number=ticket.number)
    return f"{verb} {ticket.number}"
