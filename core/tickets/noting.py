"""A ticket can be noted on: the first real note is the first response (首响, S6, S7, S12)."""

from __future__ import annotations

from collections.abc import Sequence

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.attaching import attach
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import happened_at, record
from core.tickets.substance import is_real_note
from core.words import Media


def note(turn: Turn, ticket: Ticket, by: Person, text: str) -> Event:
    """Write down what was found, done or agreed.

    Raises Refused: note_says_nothing (收到, blanks, emoji, padding: the clock runs on), ticket_over, not_entitled.
    """
    must_be_entitled(by, "note", ticket)
    must_not_be_over(ticket)
    if not is_real_note(text):
        raise Refused("note_says_nothing", number=ticket.number)
    respond(turn, ticket)
    return record(turn, Happened.NOTED, ticket, by, private={"text": text})


def photo(turn: Turn, ticket: Ticket, by: Person, kind: str, media: Sequence[Media]) -> Event:
    """Add photos, recordings or files from the place of work: a processing action, though not yet a first response."""
    must_be_entitled(by, "photo", ticket)
    must_not_be_over(ticket)
    act(turn, ticket)
    event = record(turn, Happened.PHOTO_ADDED, ticket, by, kind=kind, count=len(media))
    attach(turn, ticket, by, event, kind, media)
    return event


def respond(turn: Turn, ticket: Ticket) -> None:
    """A real note was given: it is the first response if there was none before it, and a processing action."""
    at = happened_at(turn)
    ticket.first_response_at = min(at, ticket.first_response_at or at)
    act(turn, ticket)


def act(turn: Turn, ticket: Ticket) -> None:
    """A processing action took place (S7); a message that comes late may tell of one before those that are known."""
    at = happened_at(turn)
    ticket.first_action_at = min(at, ticket.first_action_at or at)
    ticket.last_action_at = max(at, ticket.last_action_at or at)


def must_not_be_over(ticket: Ticket) -> None:
    """Raises Refused for a closed or cancelled ticket."""
    if ticket.status in ("closed", "cancelled"):
        raise Refused("ticket_over", number=ticket.number, status=ticket.status)
