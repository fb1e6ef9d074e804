"""A member of the staff edits or recalls what he wrote: a note is corrected, a command is never carried out a second time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.refused import Refused
from core.tickets import undoing
from core.tickets.events import Happened
from core.tickets.model import LastVerb, Ticket
from core.tickets.substance import is_real_note
from dialogue.heard import Heard
from dialogue.quoting import Earlier, cause_of, earlier, reword
from dialogue.staff import arranging, doing, replacing
from dialogue.staff.refusing import refuse
from dialogue.understanding.words import Context, Order, TicketRef

NOTES = frozenset({Happened.NOTED, Happened.PART_SWAPPED})
"""What comes of a note, and of what it tells of replaced parts."""


def edited(heard: Heard, usual: Callable[[Heard], str]) -> str:
    """What did nothing the first time is heard anew; a note says from now on what he means; of a command he hears that it stands."""
    before = earlier(heard)
    if before is None:
        return "edit"
    if heard.text.strip() == before.words.strip():
        return "nothing changed"
    reword(before, heard.text)
    if before.ticket is None or not before.did():
        return usual(replace(heard, message=replace(heard.message, kind="text", about=None)))
    ticket = before.ticket
    if all(event.kind in NOTES for event in before.events):
        return _correct_note(heard, before, ticket)
    heard.answer("hint", "staff.edit_not_run", number=ticket.number)
    return f"not done again: {ticket.number}"


def recalled(heard: Heard) -> str:
    """What he recalls within its minute has not happened (撤回); later he hears that it stands."""
    before = earlier(heard)
    if before is None or before.ticket is None or not before.did():
        return "recall"
    try:
        if _is_last(heard, before):
            return arranging.undo(heard)
    except Refused as refused:
        return refuse(heard, refused)
    heard.answer("hint", "staff.recall_kept", number=before.ticket.number)
    return f"stands: {before.ticket.number}"


def _correct_note(heard: Heard, before: Earlier, ticket: Ticket) -> str:
    """The note as it was is taken back, and the new one stands at its time. Both are on record."""
    text = _note_in(heard)
    if not is_real_note(text):
        heard.answer("hint", "refused.note_says_nothing", number=ticket.number)
        return "note_says_nothing"
    try:
        if not _is_last(heard, before):
            raise Refused("undo_too_late", number=ticket.number)
        undoing.undo(heard.turn, heard.person)
    except Refused:
        heard.answer("hint", "staff.edit_too_late", number=ticket.number)
        return f"stands: {ticket.number}"
    heard.turn.cause = replace(heard.turn.cause, at=before.row.at)
    doing.note(heard, ticket, Order(heard.text, "note", TicketRef(), {"text": text}, 1.0))
    replacing.follow(heard, ticket, text)
    return f"noted {ticket.number}"


def _note_in(heard: Heard) -> str:
    """The words of the note, without its lead word and number."""
    order = heard.mind.order(heard.text, heard.message.at, heard.person.role, Context())
    return str(order.args.get("text") or heard.text) if order.action == "note" else heard.text


def _is_last(heard: Heard, before: Earlier) -> bool:
    """Whether it was the last thing that he did."""
    last = heard.turn.get(LastVerb, heard.person.id)
    return last is not None and last.cause == cause_of(before.row)
