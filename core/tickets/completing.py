"""A ticket can be completed: with a summary that says at least so much as the policy asks (S38)."""

from __future__ import annotations

from collections.abc import Sequence

from core.parts.requesting import use_parts
from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.maintaining import next_maintenance
from core.tickets.model import Ticket
from core.tickets.noting import respond
from core.tickets.recording import happened_at, record
from core.tickets.steps import step
from core.tickets.substance import summary_length

CLOSE_TIMER = "ticket.close"
"""Closes a done ticket that nobody rated or reopened."""


def complete(
    turn: Turn, ticket: Ticket, by: Person, summary: str, *, parts: Sequence[str] = (), maintenance: int | None = None
) -> Event:
    """The work is done. `parts`: codes of parts that the summary names; `maintenance`: months until the next, as it says.

    Raises Refused: summary_too_short (with `length` and `least`), step_refused, not_entitled, not_yours.
    """
    must_be_entitled(by, "complete", ticket)
    status = step(ticket, "complete")
    must_say_enough(turn, ticket, summary)
    ticket.status, ticket.summary, ticket.done_at = status, summary, happened_at(turn)
    respond(turn, ticket)
    turn.remind(
        CLOSE_TIMER,
        ticket.stream,
        turn.now + turn.house.policies.tickets.closing,
        episode=str(ticket.reopened),
        data={"ticket": ticket.id},
    )
    used, came = use_parts(turn, ticket, parts)
    facts = {"parts": used, "requests": came, "maintenance": next_maintenance(turn, ticket, maintenance)}
    words = {"summary": summary}
    return record(turn, Happened.COMPLETED, ticket, by, private=words, length=summary_length(summary), **facts)


def keep_open(turn: Turn, event: Event) -> None:
    """The completion was taken back: nothing closes by itself."""
    turn.forget(CLOSE_TIMER, event.stream)


def must_say_enough(turn: Turn, ticket: Ticket, summary: str) -> None:
    """Raises Refused: summary_too_short (with `length`, `least` and `left`)."""
    least, length = turn.house.policies.tickets.summary_min, summary_length(summary)
    if length < least:
        raise Refused("summary_too_short", number=ticket.number, length=length, least=least, left=least - length)


REVERSALS = {Happened.COMPLETED: (keep_open,)}
"""Event → what its taking back takes back besides."""
