"""A part can be replaced: its photos show the old one and the new, its serial numbers go on record, and the customer sees both (S99)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.parts.model import PartSwap
from core.people.model import Person
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Attachment, Ticket
from core.tickets.noting import must_not_be_over
from core.tickets.recording import happened_at, record

OLD_PART, NEW_PART = "old_part", "new_part"
"""What a photo of a replaced part shows (Attachment.shows)."""

_swap, _attachment = PartSwap.table.c, Attachment.table.c
_of_ticket = (
    select(PartSwap.table)
    .where(_swap.ticket_id == bindparam("ticket_id"), _swap.withdrawn_at.is_(None))
    .order_by(_swap.id)
)
_showing = (
    select(Attachment.table)
    .where(_attachment.ticket_id == bindparam("ticket_id"), _attachment.shows.is_not(None))
    .order_by(_attachment.id)
)


@dataclass(frozen=True, slots=True)
class Swapped:
    """One part that was replaced, as far as it was told."""

    code: str | None = None
    old_serial: str | None = None
    new_serial: str | None = None


def swap(
    turn: Turn,
    ticket: Ticket,
    by: Person,
    parts: Sequence[Swapped],
    shown: Mapping[int, str],
    *,
    corrects: bool = False,
) -> Event | None:
    """Put down which parts were replaced, and which photos (attachment → old_part, new_part) show them.

    What was told of a part before is completed; said better (`corrects`), it takes the place of what was told last. None if all of it
    was known. Raises Refused: ticket_over, not_entitled.
    """
    must_be_entitled(by, "note", ticket)
    must_not_be_over(ticket)
    known, told, stale = swaps_of(turn, ticket), [], []
    for part in parts:
        before = _told_before(known, part, corrects)
        if before is not None:
            part = _completed(before, part)
        if any(_holds(row, part) for row in known):
            continue
        if before is not None:
            before.withdrawn_at = turn.now
            known = [row for row in known if row.id != before.id]
            stale.append(before.id)
        told.append(part)
    marked = _mark(turn, shown)
    if not told and not marked:
        return None
    ids = [turn.new_id() for _ in told]
    rows = [[row_id, part.code, part.old_serial, part.new_serial] for row_id, part in zip(ids, told, strict=True)]
    event = record(turn, Happened.PART_SWAPPED, ticket, by, swaps=rows, instead=stale, shown=marked)
    for row_id, part in zip(ids, told, strict=True):
        turn.add(_row(turn, ticket, by, event, row_id, part))
    return event


def swaps_of(turn: Turn, ticket: Ticket) -> list[PartSwap]:
    """The parts that were replaced, in the order in which they were told of; what was taken back or said better is not among
    them."""
    return turn.rows(PartSwap, _of_ticket, ticket_id=ticket.id)


def photos_of_parts(turn: Turn, ticket: Ticket) -> list[Attachment]:
    """The photos that show an old part or a new one, the oldest first."""
    return turn.rows(Attachment, _showing, ticket_id=ticket.id)


def _told_before(known: Sequence[PartSwap], part: Swapped, corrects: bool) -> PartSwap | None:
    """The row that this tells more of: the last one that has nothing yet where this has something; the last of all if it is
    corrected."""
    same = [
        row for row in known if part.code is None or row.code is None or row.code.casefold() == part.code.casefold()
    ]
    if corrects:
        return same[-1] if same else None
    return next((row for row in reversed(same) if _may_go_on(row, part)), None)


def _may_go_on(row: PartSwap, part: Swapped) -> bool:
    """Whether both may tell of one part, and this tells more of it: where both name something, it is the same."""
    pairs = ((row.code, part.code), (row.old_serial, part.old_serial), (row.new_serial, part.new_serial))
    agree = all(None in pair or pair[0] == pair[1] for pair in pairs)
    return agree and any(was is None and now is not None for was, now in pairs)


def _completed(before: PartSwap, part: Swapped) -> Swapped:
    return Swapped(part.code or before.code, part.old_serial or before.old_serial, part.new_serial or before.new_serial)


def _holds(row: PartSwap, part: Swapped) -> bool:
    """Whether all of this is on record."""
    pairs = ((row.code, part.code), (row.old_serial, part.old_serial), (row.new_serial, part.new_serial))
    return all(now in (None, was) for was, now in pairs)


def _mark(turn: Turn, shown: Mapping[int, str]) -> list[list[int | str | None]]:
    """Note what each photo shows; [attachment, what, what it showed before] of those that change."""
    marked = []
    for attachment_id, side in shown.items():
        row = turn.get(Attachment, attachment_id, lock=True)
        if row is not None and row.shows != side:
            marked.append([row.id, side, row.shows])
            row.shows = side
    return marked


def _row(turn: Turn, ticket: Ticket, by: Person, event: Event, row_id: int, part: Swapped) -> PartSwap:
    return PartSwap(
        id=row_id,
        entity=ticket.entity,
        ticket_id=ticket.id,
        event_id=event.id,
        person_id=by.id,
        at=happened_at(turn),
        code=part.code,
        old_serial=part.old_serial,
        new_serial=part.new_serial,
    )


def unswap(turn: Turn, event: Event) -> None:
    """It was taken back: what it told counts no more, and what it had replaced counts again."""
    for row_id, *_ in event.data["swaps"]:
        row = turn.get(PartSwap, row_id)
        if row is not None:
            row.withdrawn_at = turn.now
    for row_id in event.data["instead"]:
        row = turn.get(PartSwap, row_id)
        if row is not None:
            row.withdrawn_at = None
    for attachment_id, _, before in event.data["shown"]:
        photo = turn.get(Attachment, attachment_id)
        if photo is not None:
            photo.shows = before


REVERSALS = {Happened.PART_SWAPPED: (unswap,)}
"""Event → what its taking back takes back besides."""
