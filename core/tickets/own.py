"""All that is a customer's at the desk: his devices and their lives, his tickets, his reports, and when maintenance is due (S97, S104)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from core.people.model import Person
from core.reports.model import Report
from core.reports.queries import reports_of_customer
from core.store.turn import Turn
from core.tickets.describing import what
from core.tickets.merging import tickets_told_of
from core.tickets.model import Status, Ticket
from core.words import Micros

MY = "my"
"""The path of the page with all of it, which is what a pass to it names."""
MOST = 200
"""Tickets of one customer that are looked at: the last ones."""

_ticket = Ticket.table.c
_tickets = (
    select(Ticket.table).where(_ticket.customer_id == bindparam("person_id")).order_by(_ticket.id.desc()).limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Device:
    """A device of his, known by its serial number, or else by what it is called; `key` tells it from the others. `tickets`: its life, the
    latest first; `maintenance_at`: when it is next due, None if that is not known."""

    key: str
    name: str
    model: str
    serial: str
    tickets: tuple[Ticket, ...]

    @property
    def maintenance_at(self) -> Micros | None:
        return next((ticket.maintenance_at for ticket in self.tickets if ticket.maintenance_at), None)

    @property
    def number(self) -> str:
        """That of its last ticket."""
        return self.tickets[0].number

    @property
    def path(self) -> tuple[str, str]:
        """Its page below that of all that is his: its last ticket, and which of the devices on it is meant."""
        keys = [key for key, _ in _devices_in(self.tickets[0])]
        return self.number, str(keys.index(self.key))


def own_tickets(turn: Turn, person: Person) -> list[Ticket]:
    """His tickets and those of whose fault he told too: open ones first, then the latest first."""
    found = [*tickets_of(turn, person), *(one for one in tickets_told_of(turn, person) if one.entity == person.entity)]
    unlike = {ticket.id: ticket for ticket in found}
    return sorted(unlike.values(), key=lambda ticket: (not is_current(ticket), -ticket.id))


def is_current(ticket: Ticket) -> bool:
    """Whether something is still to be expected: it is open, or waits for his yes."""
    return ticket.is_open or ticket.status == Status.DONE


def tickets_of(turn: Turn, person: Person) -> list[Ticket]:
    """His tickets, the latest first."""
    return turn.rows(Ticket, _tickets, person_id=person.id)


def devices_of(tickets: Sequence[Ticket]) -> list[Device]:
    """The devices that these tickets of one customer (the latest first) were about: the one reported last comes first."""
    lives: dict[str, list[Ticket]] = {}
    serials: dict[str, str] = {}
    for ticket in tickets:
        for key, serial in _devices_in(ticket):
            serials.setdefault(key, serial)
            lives.setdefault(key, []).append(ticket)
    return [_device(key, serials[key], life) for key, life in lives.items()]


def device_at(turn: Turn, person: Person, number: str, place: int) -> Device | None:
    """The device that stands at this place on this ticket of his, with its whole life; None if there is none, or it is not his."""
    tickets = tickets_of(turn, person)
    named = [key for ticket in tickets if ticket.number == number for key, _ in _devices_in(ticket)]
    wanted = named[place] if 0 <= place < len(named) else None
    return next((device for device in devices_of(tickets) if device.key == wanted), None)


def device_with(turn: Turn, person: Person, serial: str) -> Device | None:
    """The device with this serial number, as far as it is his."""
    return next((one for one in devices_of(tickets_of(turn, person)) if one.key == serial.casefold()), None)


def reports_of(turn: Turn, person: Person) -> list[Report]:
    """The reports of his tickets that hold and are made, the latest first."""
    return [report for report in reports_of_customer(turn, person) if report.hash is not None]


def his_own(turn: Turn, person_id: int) -> Person | None:
    """The customer, if he still is one of this desk."""
    person = turn.get(Person, person_id)
    if person is None or person.is_staff or not person.active or person.erased_at is not None:
        return None
    return person if person.entity == turn.house.policies.entity else None


def my_link(turn: Turn, person: Person, device: Device | None = None) -> str | None:
    """His own link to all of it, or to one device, where pages have a public address."""
    link = turn.house.pages.customers_link(turn, person, MY) if turn.house.pages else None
    if link is None or device is None:
        return link
    page, _, given = link.partition("?")
    return f"{page}/devices/{'/'.join(device.path)}?{given}"


def short_name(turn: Turn, device: Device, lang: str) -> str:
    """What a device is called by those who use it: its name, else by the last fault."""
    return device.name or what(turn.house.wording, device.tickets[0], lang)


def full_name(turn: Turn, device: Device, lang: str) -> str:
    """The same with model and serial number, by which it is told from others in a list."""
    serial = f"SN {device.serial}" if device.serial else ""
    return " ".join(filter(None, (short_name(turn, device, lang), device.model, serial)))


def _devices_in(ticket: Ticket) -> list[tuple[str, str]]:
    """What tells its devices apart: each serial number, or the name and the model where there is none; nothing where nothing is
    known."""
    serials = {serial.casefold(): serial for serial in (ticket.serial_no or "").split("、") if serial}
    if serials:
        return list(serials.items())
    named = " ".join(filter(None, (ticket.device, ticket.device_model))).casefold()
    return [(f" {named}", "")] if named else []


def _device(key: str, serial: str, life: Sequence[Ticket]) -> Device:
    name = next((ticket.device for ticket in life if ticket.device), "")
    model = next((ticket.device_model for ticket in life if ticket.device_model), "")
    return Device(key, name, model, serial, tuple(life))
