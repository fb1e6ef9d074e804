"""Parcels: known by their tracking number from the moment somebody names it, and shown to have come by a receipt (快递签收, S24)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.parts.model import Shipment
from core.people.duty import in_role
from core.people.model import Person, Role
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.attaching import attach
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.noting import act, must_not_be_over
from core.tickets.recording import happened_at, record, ticket_in
from core.words import MINUTE, Media, Room, Say

RECEIPT = "receipt"
"""Kind of an attachment that shows that a parcel has come."""
LATELY = 10 * MINUTE
"""A photo that comes so soon after a parcel was spoken of in its room is of this parcel."""

_shipment = Shipment.table.c
_numbered = (
    select(Shipment.table)
    .where(
        _shipment.entity == bindparam("entity"),
        _shipment.tracking == bindparam("tracking"),
        _shipment.withdrawn_at.is_(None),
    )
    .order_by(_shipment.id)
)
_row_of = select(Shipment.table).where(
    _shipment.entity == bindparam("entity"),
    _shipment.tracking == bindparam("tracking"),
    _shipment.ticket_id == bindparam("ticket_id"),
)
_spoken_of = (
    select(Shipment.table)
    .where(
        _shipment.room == bindparam("room"),
        _shipment.spoken_at >= bindparam("since"),
        _shipment.entity == bindparam("entity"),
        _shipment.withdrawn_at.is_(None),
    )
    .order_by(_shipment.spoken_at.desc(), _shipment.id.desc())
)
_of_ticket = (
    select(Shipment.table)
    .where(_shipment.ticket_id == bindparam("ticket_id"), _shipment.withdrawn_at.is_(None))
    .order_by(_shipment.id)
)


def ship(turn: Turn, ticket: Ticket, by: Person, tracking: str, room: Room) -> Event | None:
    """A parcel is on its way for this ticket; None if that was known. Raises Refused: not_entitled, ticket_over."""
    must_be_entitled(by, "ship", ticket)
    must_not_be_over(ticket)
    known = turn.first(Shipment, _row_of, entity=ticket.entity, tracking=tracking, ticket_id=ticket.id)
    if known is not None:
        speak_of(turn, known, room)
        if known.withdrawn_at is None:
            return None
        known.withdrawn_at = None
    row = known or turn.add(
        Shipment(
            id=turn.new_id(),
            entity=ticket.entity,
            ticket_id=ticket.id,
            tracking=tracking,
            told_by=by.id,
            told_at=happened_at(turn),
            room=str(room),
            spoken_at=turn.now,
        )
    )
    return record(turn, Happened.PARCEL_SENT, ticket, by, tracking=tracking, shipment=row.id)


def receive(
    turn: Turn, shipment: Shipment, ticket: Ticket, by: Person, media: Sequence[Media], words: str, room: Room
) -> Event | None:
    """A parcel has come, as its receipt shows or somebody says (`words`); None if nothing new is said. Raises Refused: not_entitled,
    ticket_over."""
    must_be_entitled(by, "ship", ticket)
    must_not_be_over(ticket)
    speak_of(turn, shipment, room)
    if shipment.received_at is not None and not media:
        return None
    shipment.received_at = shipment.received_at or happened_at(turn)
    if media:
        act(turn, ticket)
    facts = {"tracking": shipment.tracking, "shipment": shipment.id, "count": len(media)}
    event = record(turn, Happened.PARCEL_CAME, ticket, by, private={"words": words}, **facts)
    attach(turn, ticket, by, event, RECEIPT, media)
    return event


def speak_of(turn: Turn, shipment: Shipment, room: Room) -> None:
    """It was spoken of in this room just now."""
    shipment.room, shipment.spoken_at = str(room), turn.now


def shipments_with(turn: Turn, entity: str, tracking: str) -> list[Shipment]:
    """The parcel with this number: several rows where it holds parts for several tickets."""
    return turn.rows(Shipment, _numbered, entity=entity, tracking=tracking)


def spoken_of_in(turn: Turn, entity: str, room: Room) -> list[Shipment]:
    """The parcels that were spoken of in a room a short while ago, the last one first."""
    return turn.rows(Shipment, _spoken_of, entity=entity, room=str(room), since=turn.now - LATELY)


def shipments_of(turn: Turn, ticket: Ticket) -> list[Shipment]:
    """The parcels of a ticket, the first first."""
    return turn.rows(Shipment, _of_ticket, ticket_id=ticket.id)


# ---- what follows


def tell_of_parcel(turn: Turn, event: Event) -> None:
    """Whoever works on the ticket hears that the parcel is on its way; of one that came, whoever sent it hears too."""
    ticket, came = ticket_in(turn, event), event.kind == Happened.PARCEL_CAME
    key = "staff.parcel_came" if came else "staff.parcel_sent"
    shipment = turn.get(Shipment, event.data["shipment"])
    people = [turn.get(Person, ticket.engineer_id) if ticket.owner_id and ticket.engineer_id else None]
    if came and shipment is not None:
        people.append(turn.get(Person, shipment.told_by))
        people += in_role(turn, ticket.entity, Role.PROCUREMENT)
    for person in {one.id: one for one in people if one is not None and one.active}.values():
        if person.id != event.by:
            text = turn.house.wording.text(person.lang, key, number=ticket.number, tracking=event.data["tracking"])
            purpose = "part_arrived" if came else "part_eta"
            tell(turn, person, Say("parcel", text, also=(purpose,)), subject=ticket.stream)


def not_sent(turn: Turn, event: Event) -> None:
    """It was not for this ticket after all."""
    row = turn.get(Shipment, event.data["shipment"])
    if row is not None:
        row.withdrawn_at = turn.now


def not_come(turn: Turn, event: Event) -> None:
    """It was not this parcel that came."""
    row = turn.get(Shipment, event.data["shipment"])
    if row is not None:
        row.received_at = None


REACTIONS = {Happened.PARCEL_SENT: (tell_of_parcel,), Happened.PARCEL_CAME: (tell_of_parcel,)}
"""Event → what must follow in the same turn."""
REVERSALS = {Happened.PARCEL_SENT: (not_sent,), Happened.PARCEL_CAME: (not_come,)}
"""Event → what its taking back takes back besides."""
