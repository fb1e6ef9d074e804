"""What can happen to a ticket: the kinds of events in its chain."""

from __future__ import annotations

from enum import StrEnum


class Happened(StrEnum):
    REPORTED = "ticket.reported"
    SUPPLEMENTED = "ticket.supplemented"
    ANNOUNCED = "ticket.announced"
    PRIORITY_SET = "ticket.priority_set"
    ACCEPTED = "ticket.accepted"
    ARRIVED = "ticket.arrived"
    NOTED = "ticket.noted"
    PHOTO_ADDED = "ticket.photo_added"
    COMPLETED = "ticket.completed"
    CLOSED = "ticket.closed"
    REOPENED = "ticket.reopened"
