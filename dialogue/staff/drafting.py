"""Completing and holding want a summary; one that is too short is kept as a draft, and what is said next is added to it (S38)."""

from __future__ import annotations

from typing import Any

from core.refused import Refused
from core.tickets.completing import complete
from core.tickets.holding import hold
from core.tickets.model import Ticket
from core.tickets.substance import summary_length
from dialogue.heard import Heard
from dialogue.staff.intervals import interval
from dialogue.staff.refusing import refuse
from dialogue.understanding.words import Order

ADDS = frozenset({"note", "none", "ack_only", "arrive"})
"""What he says without naming a ticket or a command goes on with the draft."""
IN_PASSING = frozenset({"complete", "hold", "resume", "reschedule", "need_part", "part_arrived", "quote"})
"""What goes on with it too if it is only mentioned (已换好, 约好周五): not if it is said by its command word."""
COMMANDED = 0.95
"""Confidence from which on an action was asked for by its command word."""
WITH_SUMMARY = frozenset({"complete", "hold"})
"""Commands that go on with a draft of their own; any other ends it."""


def summarise(heard: Heard, ticket: Ticket, verb: str, words: str) -> str:
    """Complete or hold the ticket. Raises Refused; of summary_too_short the words are kept."""
    draft = _draft(heard)
    if draft and (draft["ticket"], draft["verb"]) == (ticket.id, verb) and summary_length(words) < _least(heard):
        words = "，".join(part for part in (draft["text"], words) if part)
    try:
        _complete(heard, ticket, words) if verb == "complete" else _hold(heard, ticket, words)
    except Refused as refused:
        if refused.key == "summary_too_short":
            heard.talk.draft = {"ticket": ticket.id, "text": words, "verb": verb, "at": heard.turn.now}
        raise
    heard.talk.draft = None
    heard.answer("action_done", f"staff.done_{verb}", number=ticket.number)
    return f"{verb} {ticket.number}"


def add_to_draft(heard: Heard, order: Order) -> str | None:
    """Add what he says to the summary that was too short; None if there is none, or if he says something else."""
    draft, adds = _draft(heard), _goes_on(order)
    if not adds and order.action not in WITH_SUMMARY:
        heard.talk.draft = None
    if draft is None or not adds:
        return None
    ticket = heard.turn.get(Ticket, draft["ticket"], lock=True)
    assert ticket is not None
    try:
        return summarise(heard, ticket, draft["verb"], heard.text.strip())
    except Refused as refused:
        return refuse(heard, refused)


def _goes_on(order: Order) -> bool:
    if order.ticket.form in ("number", "multi"):
        return False
    return order.action in ADDS or (order.action in IN_PASSING and order.confidence < COMMANDED)


def _draft(heard: Heard) -> dict[str, Any] | None:
    draft = heard.talk.draft
    lasts = heard.turn.house.policies.conversation.draft
    return draft if draft and heard.turn.now - draft["at"] <= lasts else None


def _least(heard: Heard) -> int:
    return heard.turn.house.policies.tickets.summary_min


def _complete(heard: Heard, ticket: Ticket, summary: str) -> None:
    found = heard.mind.entities(summary, heard.message.at)
    parts = tuple(str(entity.value) for entity in found if entity.entity == "part_code")
    complete(heard.turn, ticket, heard.person, summary, parts=parts, maintenance=interval(summary))


def _hold(heard: Heard, ticket: Ticket, reason: str) -> None:
    period = heard.period(reason)
    hold(heard.turn, ticket, heard.person, reason, period[0] if period else None)
