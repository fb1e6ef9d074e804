"""What the page of all that is a customer's shows, and that of one of his devices (S97, S104)."""

from __future__ import annotations

from dataclasses import dataclass

from core.reports.model import Report
from core.store.turn import Turn
from core.tickets.describing import what
from core.tickets.model import Ticket
from core.tickets.own import (
    Device,
    device_at,
    devices_of,
    full_name,
    his_own,
    is_current,
    own_tickets,
    reports_of,
    short_name,
    tickets_of,
)
from core.words import Micros

MOST_ROWS = 50
"""Rows of one list on the page: the last ones."""


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket or a device in a list: `path` leads from the page of all that is his to its own; `due` says that something is late."""

    path: tuple[str, ...]
    title: str
    under: str
    due: bool = False


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in a list."""

    ticket: str
    number: str
    state: str
    when: str


@dataclass(frozen=True, slots=True)
class OwnPage:
    """All that is his."""

    lang: str
    name: str
    current: tuple[Row, ...]
    past: tuple[Row, ...]
    devices: tuple[Row, ...]
    reports: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class DevicePage:
    """One of his devices and its life, the latest ticket first; `how` says what to do for maintenance."""

    lang: str
    name: str
    serial: str
    maintenance: str
    due: bool
    how: str
    life: tuple[Row, ...]


def own_page(turn: Turn, person_id: int) -> OwnPage | None:
    """All that is this customer's; None if he is none any more."""
    person = his_own(turn, person_id)
    if person is None:
        return None
    tickets, lang = own_tickets(turn, person), person.lang
    current = [ticket for ticket in tickets if is_current(ticket)]
    past = [ticket for ticket in tickets if not is_current(ticket)]
    devices = devices_of(tickets_of(turn, person))
    return OwnPage(
        lang,
        person.name or "",
        tuple(_ticket_row(turn, ticket, lang) for ticket in current[:MOST_ROWS]),
        tuple(_ticket_row(turn, ticket, lang) for ticket in past[:MOST_ROWS]),
        tuple(_device_row(turn, device, lang) for device in devices[:MOST_ROWS]),
        tuple(_report_row(turn, report, lang) for report in reports_of(turn, person)[:MOST_ROWS]),
    )


def device_page(turn: Turn, person_id: int, number: str, place: int) -> DevicePage | None:
    """The device at this place on this ticket of his; None if there is none that is his."""
    person = his_own(turn, person_id)
    device = device_at(turn, person, number, place) if person else None
    if person is None or device is None:
        return None
    lang = person.lang
    name = short_name(turn, device, lang)
    return DevicePage(
        lang,
        " ".join(filter(None, (name, device.model))),
        device.serial,
        maintenance_of(turn, device, lang),
        is_due(turn, device),
        turn.house.wording.text(lang, "own.maintenance_how", device=name),
        tuple(_ticket_row(turn, ticket, lang) for ticket in device.tickets[:MOST_ROWS]),
    )


def maintenance_of(turn: Turn, device: Device, lang: str) -> str:
    """When it is next due for maintenance, in words."""
    words = turn.house.wording
    if device.maintenance_at is None:
        return words.text(lang, "own.maintenance_none")
    key = "own.maintenance_due" if is_due(turn, device) else "own.maintenance"
    return words.text(lang, key, when=words.day(lang, device.maintenance_at, turn.now, turn.house.zone))


def is_due(turn: Turn, device: Device) -> bool:
    """Whether its day has come."""
    return device.maintenance_at is not None and device.maintenance_at <= turn.now


def _ticket_row(turn: Turn, ticket: Ticket, lang: str) -> Row:
    words = turn.house.wording
    title = f"{ticket.number} {what(words, ticket, lang)}"
    under = f"{words.name(lang, 'status', ticket.status)} · {_moment(turn, ticket.created_at, lang)}"
    return Row(("tickets", ticket.number), title, under)


def _device_row(turn: Turn, device: Device, lang: str) -> Row:
    count = turn.house.wording.text(lang, "own.count", count=len(device.tickets))
    under = " · ".join((maintenance_of(turn, device, lang), count))
    return Row(("devices", *device.path), full_name(turn, device, lang), under, is_due(turn, device))


def _report_row(turn: Turn, report: Report, lang: str) -> ReportRow:
    ticket = turn.get(Ticket, report.ticket_id)
    when = _moment(turn, report.signed_at or report.made_at or report.ordered_at, lang)
    return ReportRow(ticket.number if ticket else "", report.number, report.state, when)


def _moment(turn: Turn, at: Micros, lang: str) -> str:
    return turn.house.wording.moment(lang, at, turn.now, turn.house.zone)
