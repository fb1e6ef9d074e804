"""Parts that were replaced: what he says of the old one and the new marks his photos, and their serial numbers go on record (S99).

旧件, 新件 SN12345, 换上了 DR-4200-TN SN 778899: typed, spoken or beside a photo, before it or after it within a minute.
"""

from __future__ import annotations

from dataclasses import replace

from core.parts.swapping import NEW_PART, OLD_PART, Swapped, swap
from core.store.model import Event
from core.tickets.model import Attachment, Ticket
from core.tickets.noting import note
from core.tickets.progress import replaced_in_words
from core.tickets.queries import digits_of, with_sign
from core.tickets.substance import is_real_note, summary_length
from dialogue import photos
from dialogue.heard import Heard
from dialogue.quoting import quoted
from dialogue.staff import photos as his_photos
from dialogue.staff.drafting import COMMANDED
from dialogue.staff.which import numbers_named
from dialogue.understanding.exact.replaced import NEW, OLD, Replaced
from dialogue.understanding.words import Order, TicketRef

SHOWS = {OLD: OLD_PART, NEW: NEW_PART}
LOOKS_LIKE = frozenset({"none", "ack_only", "note", "query", "need_part", "part_arrived"})
"""What such words are easily taken for: a part that is asked for, one that has come, a device that is asked about."""

OF_PARTS = frozenset({"need_part", "part_arrived"})
"""What is done if the same words tell besides of a part that is to come, or has."""


def as_note(heard: Heard, order: Order) -> Order:
    """Words about replaced parts are a note, on the ticket on which his photos are, if he names no other. The serial number of a
    part names no ticket, whatever he wants done."""
    told = heard.mind.replaced(heard.text) if heard.text else None
    if told is None or (heard.among_people and photos.burst(heard) is None and quoted(heard) is None):
        return order
    if not _is_note(heard, order, told):
        return replace(order, ticket=TicketRef()) if _names_part(order.ticket, told) else order
    text = order.args.get("text") if order.action == "note" else None
    args = {"text": text or heard.text}
    return replace(order, action="note", args=args, also=(), ticket=_ticket(heard, order.ticket, told))


def follow(heard: Heard, ticket: Ticket, text: str) -> None:
    """Put down what he said of replaced parts of this ticket, and what the photos beside it show. Raises Refused."""
    told = heard.mind.replaced(text) if text else None
    if told is None:
        return
    parts = [Swapped(part.code, part.old_serial, part.new_serial) for part in told.parts]
    if swap(heard.turn, ticket, heard.person, parts, _shown(heard, ticket, told), corrects=told.corrects):
        words = replaced_in_words(heard.turn, ticket, heard.lang)
        heard.answer("action_done", "staff.done_swap", number=ticket.number, what=words)


def keep_words(heard: Heard, order: Order) -> str | None:
    """He names what photos show while he is still asked where they belong: no second question. None if he says something else."""
    question = heard.talk.question or {}
    if question.get("slot") != "photo" or not photos.waits(heard) or numbers_named(order.ticket):
        return None
    if order.action != "note" or heard.mind.replaced(heard.text) is None:
        return None
    heard.talk.question = {**question, "said": "\n".join(filter(None, (question.get("said"), heard.text)))}
    return "kept what the photos show"


def put_photos(heard: Heard, number: str) -> str:
    """He says where his photos belong, and has said before what they show. Raises Refused."""
    said = (heard.talk.question or {}).get("said")
    outcome = his_photos.press(heard, number)
    just = photos.burst(heard) if said else None
    ticket = heard.turn.get(Ticket, just["ticket"], lock=True) if just else None
    if said and ticket is not None:
        if is_real_note(said):
            note(heard.turn, ticket, heard.person, said)
        follow(heard, ticket, said)
    return outcome


def take_photo(heard: Heard) -> str:
    """A photo without words; it shows what he named just before it."""
    outcome = his_photos.take(heard)
    shown = {file.id: SHOWS[side] for file in _of_this_message(heard) if (side := photos.expected(heard))}
    just = photos.burst(heard)
    ticket = heard.turn.get(Ticket, just["ticket"], lock=True) if just and shown else None
    if ticket is not None:
        swap(heard.turn, ticket, heard.person, (), shown)
    return outcome


def _is_note(heard: Heard, order: Order, told: Replaced) -> bool:
    """Whether it tells of nothing but the work; also that it works again, in too few words to be a summary."""
    if order.action in LOOKS_LIKE:
        return not (told.awaits and order.action in OF_PARTS)
    short = summary_length(heard.text) < heard.turn.house.policies.tickets.summary_min
    return order.action == "complete" and order.confidence < COMMANDED and short


def _ticket(heard: Heard, ref: TicketRef, told: Replaced) -> TicketRef:
    """The ticket that he means: one named by its number; a serial number that is a part's, or nobody's, names none."""
    if numbers_named(ref):
        return ref
    unknown = ref.form == "serial" and not with_sign(heard.turn, heard.person.entity, "serial_no", str(ref.id))
    if ref.form is not None and not unknown and not _names_part(ref, told):
        return ref
    meant = None if heard.talk.draft else his_photos.meant(heard)
    return TicketRef("number", digits_of(meant.number)) if meant else TicketRef()


def _names_part(ref: TicketRef, told: Replaced) -> bool:
    """Whether what seems to name a device is the serial number of a part."""
    serials = [serial for part in told.parts for serial in (part.old_serial, part.new_serial) if serial]
    return ref.form == "serial" and any(str(ref.id).casefold().endswith(serial.casefold()) for serial in serials)


def _shown(heard: Heard, ticket: Ticket, told: Replaced) -> dict[int, str]:
    """What each photo of this message shows, or of the burst before it. Where there is none yet, the next ones will."""
    files = [file for file in _of_this_message(heard) if file.ticket_id == ticket.id]
    just = photos.burst(heard)
    if not files and just and just["ticket"] == ticket.id:
        known = [heard.turn.get(Attachment, key) for key in just["files"]]
        files = [file for file in known if file is not None and file.kind == "image" and file.shows is None]
    if not told.sides:
        return {}
    if not files:
        if told.alone or told.parts:
            photos.expect(heard, ticket, told.sides)
        return {}
    if len(told.sides) == 1:
        return {file.id: SHOWS[told.sides[0]] for file in files}
    return {file.id: SHOWS[side] for file, side in zip(files, told.sides, strict=False)} if len(files) > 1 else {}


def _of_this_message(heard: Heard) -> list[Attachment]:
    """The photos that this message brought, or set free from waiting."""
    mine = {event.id for event in heard.turn.seen(Event) if event.cause == heard.turn.cause.text}
    found = [file for file in heard.turn.seen(Attachment) if file.event_id in mine and file.kind == "image"]
    return sorted(found, key=lambda file: file.id)
