"""A speaker says that he was misheard, or changes what he wrote: his ticket follows what he means, and what was taken down or written
first stays on record (S68)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Attachment, Ticket
from core.tickets.recording import record
from core.tickets.reporting import IDENTIFIERS, TEXT_FIELDS, Told, supplement

_voices = (
    select(Attachment.table)
    .where(Attachment.table.c.ticket_id == bindparam("ticket_id"), Attachment.table.c.kind == "voice")
    .order_by(Attachment.table.c.id.desc())
)


def files_of(turn: Turn, ticket: Ticket, cause: str) -> list[Attachment]:
    """The recordings that a message brought to this ticket."""
    found = turn.rows(Attachment, _voices, ticket_id=ticket.id)
    return [file for file in found if (event := turn.get(Event, file.event_id)) and event.cause == cause]


def correct(turn: Turn, ticket: Ticket, by: Person, was: str, fields: Mapping[str, Any], now: Told) -> tuple[str, ...]:
    """Put what he said in the place of what was heard; the names of the fields that changed.

    `was` are the words as heard, `fields` what they had filled: both stay in the event that brought them.
    """
    heard = {name: getattr(ticket, name) for name in TEXT_FIELDS if name in fields}
    for name in heard:
        _retract(ticket, name, fields[name])
    ticket.description = ticket.description.replace(was, "", 1).strip() if was else ticket.description
    changed = supplement(turn, ticket, by, now)
    return tuple(dict.fromkeys((*changed, *(name for name, old in heard.items() if getattr(ticket, name) != old))))


def recall(turn: Turn, ticket: Ticket, by: Person, said: str, mark: str, message: int) -> None:
    """He has taken a message back: a mark stands in its place, and what it told stays until he says otherwise.

    `message` is the row in which it came.
    """
    if said and said in ticket.description:
        ticket.description = ticket.description.replace(said, mark, 1)
    else:
        ticket.description = f"{ticket.description}\n{mark}".strip()
    record(turn, Happened.MESSAGE_RECALLED, ticket, by, message=message)


def _retract(ticket: Ticket, name: str, value: Any) -> None:
    """Take out what was only heard, not what was said besides."""
    known = getattr(ticket, name)
    if known == value:
        setattr(ticket, name, None)
    elif known and name in IDENTIFIERS:
        left = [part for part in known.split("、") if part not in str(value).split("、")]
        setattr(ticket, name, "、".join(left) or None)
