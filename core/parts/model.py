"""Requests for parts, parcels on their way, and what is in stock."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


class PartState(StrEnum):
    """已申请, 已定到货日, 已到货, 已撤回."""

    REQUESTED = "requested"
    DATED = "dated"
    ARRIVED = "arrived"
    WITHDRAWN = "withdrawn"


@stored("part_request", Index("part_request_ticket", "ticket_id"))
class PartRequest(Row):
    """A part that a ticket waits for."""

    id: int = Field(primary_key=True)
    entity: str
    ticket_id: int
    code: str
    qty: int
    state: PartState = Field(default=PartState.REQUESTED, sa_type=Text)
    requested_by: int
    requested_at: Micros
    eta: Micros | None = None
    arrived_at: Micros | None = None


@stored(
    "shipment",
    UniqueConstraint("entity", "tracking", "ticket_id"),
    Index("shipment_room", "room", "spoken_at"),
    Index("shipment_ticket", "ticket_id"),
)
class Shipment(Row):
    """A parcel on its way for a ticket, known by its tracking number (运单号, S24). `room` is where it was last spoken of, at
    `spoken_at`; `received_at` when somebody showed or said that it had come; `withdrawn_at` when
    it turned out to belong to another ticket."""

    id: int = Field(primary_key=True)
    entity: str
    ticket_id: int
    tracking: str
    told_by: int
    told_at: Micros
    room: str
    spoken_at: Micros
    received_at: Micros | None = None
    withdrawn_at: Micros | None = None


@stored("part_swap", Index("part_swap_ticket", "ticket_id"))
class PartSwap(Row):
    """A part that was replaced in a device: serial numbers of the old and the new one, as far as they were told (新件 SN, S99).
    `withdrawn_at`: since when it counts no more (taken back, or said better)."""

    id: int = Field(primary_key=True)
    entity: str
    ticket_id: int
    event_id: int
    person_id: int
    at: Micros
    code: str | None = None
    old_serial: str | None = None
    new_serial: str | None = None
    withdrawn_at: Micros | None = None


@stored("part")
class Part(Row):
    """A part as the company knows it. `stock` as last heard; `price` in fen."""

    code: str = Field(primary_key=True)
    entity: str
    name: str | None = None
    stock: int | None = None
    price: int | None = None
