"""A ticket (工单) and what is attached to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


class Status(StrEnum):
    """待分配, 已接单, 现场诊断, 待配件, 挂起, 已完成待确认, 已关闭, 已取消."""

    UNASSIGNED = "unassigned"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    WAITING_PART = "waiting_part"
    ON_HOLD = "on_hold"
    DONE = "done"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OPEN = frozenset(Status) - {Status.DONE, Status.CLOSED, Status.CANCELLED}
"""Open: neither done, closed nor cancelled."""


class Priority(StrEnum):
    """紧急等级: P0 立即响应, P1 2 小时内, P2 24 小时内 (S9). Never empty."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"


SLOTS = ("fault_symptom", "device", "phone", "address", "preferred_time")
"""What a customer is asked for, one at a time, in this order."""

LIVING = text("status not in ('closed', 'cancelled')")
STILL_OPEN = text("status not in ('done', 'closed', 'cancelled')")
OVER = text("status in ('done', 'closed', 'cancelled')")
"""OPEN and its contrary spelled out, in queries as in the partial indexes that serve them."""

ENDED = text("closed_at is not null")
"""Tickets that were closed or cancelled, in the order of their ends: what is past its term is found among them."""
NUMBERED_DEVICES = text("serial_no is not null")
"""Tickets that name their device by its serial number."""


@stored(
    "ticket",
    UniqueConstraint("entity", "number"),
    Index("ticket_customer", "customer_id", "id"),
    Index("ticket_engineer", "engineer_id", "status"),
    Index(
        "ticket_lane", "entity", "priority", "id", "customer_id", sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN
    ),
    Index("ticket_over", "entity", "id", sqlite_where=OVER, postgresql_where=OVER),
    Index("ticket_created", "entity", "created_at"),
    Index("ticket_done", "entity", "done_at"),
    Index("ticket_load", "entity", "engineer_id", "id", sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN),
    Index("ticket_ended", "closed_at", "id", sqlite_where=ENDED, postgresql_where=ENDED),
    Index("ticket_board", "entity", "status", "priority", sqlite_where=LIVING, postgresql_where=LIVING),
    Index("ticket_serial", "entity", "serial_no", sqlite_where=NUMBERED_DEVICES, postgresql_where=NUMBERED_DEVICES),
)
class Ticket(Row):
    """One fault of one customer, from the first word to the closing. What is unknown is None.

    `engineer_id` is who accepted it, or to whom it is offered; `owner_id` who answers for it because he accepted it (during
    a transfer still the giver): see `ownership.owner_of`. `handovers` counts transfers; `hold_until` is the date named then.
    `preferred_*` is the customer's wish, `appointment_*` what was agreed. `asked` are the slots asked for so far, `announced`
    the priority with which engineers were told of it.
    `linked_to` is an earlier ticket of the same fault, `duplicate_of` one that it may repeat, until somebody has decided; on a
    cancelled ticket it is the one into which it was merged.
    `first_response_at` is the first real note (S12), `first_action_at` and `last_action_at` the first
    and the latest processing action (S7). `stage_at` is since when it has its status, `moved_at` its last update (S21): both None on
    tickets older than those columns. `response_due_at` and `resolution_due_at` are what the clock says of its events
    (`core/clocks`), kept here to be found; `red` why it stands red on the board, `urgent_at` since
    when it is a P0. `acked_at`: when `acked_by` took the last alarm. `team`: the team (班组) whose
    code its customer had scanned (S58). `told_at`: when its customer last heard of it from the desk; `maintenance_at`: when
    its device is next due for maintenance (S66).
    """

    id: int = Field(primary_key=True)
    entity: str
    number: str
    status: Status = Field(default=Status.UNASSIGNED, sa_type=Text)
    held_from: Status | None = Field(default=None, sa_type=Text)
    priority: Priority = Field(default=Priority.P2, sa_type=Text)
    priority_from: str = "derived"
    customer_id: int
    engineer_id: int | None = None
    owner_id: int | None = None
    channel: str
    room: str
    thread: str | None = None
    device: str | None = None
    device_model: str | None = None
    serial_no: str | None = None
    fault_symptom: str | None = None
    error_code: str | None = None
    part_code: str | None = None
    address: str | None = None
    phone: str | None = None
    preferred_text: str | None = None
    preferred_start: Micros | None = None
    preferred_end: Micros | None = None
    appointment_start: Micros | None = None
    appointment_end: Micros | None = None
    delivery_constraint: str | None = None
    emotion: str = "calm"
    description: str = ""
    summary: str | None = None
    asked: list[str] = Field(default_factory=list, sa_type=Text)
    announced: str | None = None
    handovers: int = 0
    hold_until: Micros | None = None
    attachments: int = 0
    rating: int | None = None
    rating_requested: bool = False
    urge_count: int = 0
    reopened: int = 0
    linked_to: int | None = None
    duplicate_of: int | None = None
    created_at: Micros
    updated_at: Micros
    assigned_at: Micros | None = None
    arrived_at: Micros | None = None
    first_response_at: Micros | None = None
    first_action_at: Micros | None = None
    last_action_at: Micros | None = None
    done_at: Micros | None = None
    closed_at: Micros | None = None
    stage_at: Micros | None = None
    moved_at: Micros | None = None
    response_due_at: Micros | None = None
    resolution_due_at: Micros | None = None
    red: str | None = None
    urgent_at: Micros | None = None
    acked_at: Micros | None = None
    acked_by: int | None = None
    team: str | None = None
    told_at: Micros | None = None
    maintenance_at: Micros | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def stream(self) -> str:
        """The name of its chain in the event log, and of its timers and notices."""
        return f"ticket:{self.id}"


@stored("handover", Index("handover_ticket", "ticket_id"))
class Handover(Row):
    """A ticket on its way from one hand to another, two-sided: sent, delivered, accepted or refused (S1)."""

    id: int = Field(primary_key=True)
    ticket_id: int
    giver_id: int | None = None
    taker_id: int
    sent_at: Micros
    channel: str | None = None
    delivered_at: Micros | None = None
    failed: int = 0
    answered_at: Micros | None = None
    answer: str | None = None


@stored("reporter", Index("reporter_ticket", "ticket_id"), Index("reporter_person", "person_id"))
class Reporter(Row):
    """Somebody besides the customer who told of the same fault, and wants to know, until `left_at`."""

    id: int = Field(primary_key=True)
    ticket_id: int
    person_id: int
    at: Micros
    room: str
    left_at: Micros | None = None


@stored("last_verb")
class LastVerb(Row):
    """What somebody did last: for as long as it may be taken back. `before` and `after` hold, by the id of each ticket it
    touched, the fields it changed."""

    person_id: int = Field(primary_key=True)
    cause: str
    at: Micros
    before: dict[str, Any] = Field(default_factory=dict, sa_type=Text)
    after: dict[str, Any] = Field(default_factory=dict, sa_type=Text)


@stored("attachment", Index("attachment_ticket", "ticket_id"), Index("attachment_recording", "recording_id"))
class Attachment(Row):
    """A photo, recording or file on a ticket; `hash` is None until it has been fetched from the platform.

    `words` are what is said in it, `engine` who wrote them down, `confidence` in percent, `corrected` what its speaker says that
    he said; `recording_id` is the row of a voice message whose words came, or may come, later (S68).
    `place` and `taken_at`: where and when a photo of the staff was taken, as his platform or his camera says (S90); `place_from`: which
    of the two. `marked` and `marked_size`: the copy of a photo that may leave the desk (S37), None until it has been made.
    `shows`: old_part, new_part, or None (S99).
    """

    id: int = Field(primary_key=True)
    ticket_id: int
    event_id: int
    person_id: int
    at: Micros
    channel: str
    ref: str
    kind: str
    name: str | None = None
    mime: str | None = None
    size: int | None = None
    hash: str | None = None
    words: str | None = None
    error: str | None = None
    engine: str | None = None
    confidence: int | None = None
    corrected: str | None = None
    recording_id: int | None = None
    place: str | None = None
    taken_at: Micros | None = None
    place_from: str | None = None
    marked: str | None = None
    marked_size: int | None = None
    shows: str | None = None
