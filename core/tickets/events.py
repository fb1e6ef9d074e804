"""What can happen to a ticket: the kinds of events in its chain."""

from __future__ import annotations

from enum import StrEnum


class Happened(StrEnum):
    REPORTED = "ticket.reported"
    SUPPLEMENTED = "ticket.supplemented"
    ANNOUNCED = "ticket.announced"
    OFFERED = "ticket.offered"
    OFFER_UNANSWERED = "ticket.offer_unanswered"
    LEFT_TO_FALLBACK = "ticket.left_to_fallback"
    PRIORITY_SET = "ticket.priority_set"
    ACCEPTED = "ticket.accepted"
    ARRIVED = "ticket.arrived"
    NOTED = "ticket.noted"
    PHOTO_ADDED = "ticket.photo_added"
    COMPLETED = "ticket.completed"
    TRANSFERRED = "ticket.transferred"
    TRANSFER_REFUSED = "ticket.transfer_refused"
    HELD = "ticket.held"
    RESUMED = "ticket.resumed"
    CANCELLED = "ticket.cancelled"
    APPOINTED = "ticket.appointed"
    PART_NEEDED = "ticket.part_needed"
    PART_DATED = "ticket.part_dated"
    PART_ARRIVED = "ticket.part_arrived"
    RATED = "ticket.rated"
    URGED = "ticket.urged"
    MERGED = "ticket.merged"
    KEPT_APART = "ticket.kept_apart"
    QUOTED = "ticket.quoted"
    OPENED = "ticket.opened"
    OPENED_IDLE = "ticket.opened_idle"
    UNDONE = "ticket.undone"
    CLOSED = "ticket.closed"
    REOPENED = "ticket.reopened"
