"""The whole life of a device (全生命周期): its tickets from the oldest to the newest, as far as the reader may see them (S104)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from core.people.model import Person
from core.store.turn import Turn
from core.tickets.model import NUMBERED_DEVICES, Ticket
from core.tickets.views import view

MOST_SHOWN = 50
"""Tickets of one device that are listed, the newest of them."""

_ticket = Ticket.table.c
_of_device = (
    select(Ticket.table)
    .where(
        _ticket.entity == bindparam("entity"),
        NUMBERED_DEVICES,
        func.lower(_ticket.serial_no).contains(bindparam("serial")),
    )
    .order_by(_ticket.id.desc())
    .limit(MOST_SHOWN)
)


def tickets_of_device(turn: Turn, entity: str, serial: str) -> list[Ticket]:
    """Every ticket that carries this serial number, closed and cancelled ones too, the oldest first."""
    sign = serial.casefold()
    found = turn.rows(Ticket, _of_device, entity=entity, serial=sign)
    return [one for one in reversed(found) if sign in (one.serial_no or "").casefold().split("、")]


def history_lines(turn: Turn, tickets: Sequence[Ticket], reader: Person, lang: str) -> list[str]:
    """A line for each ticket that the reader may see, with what he may see of it."""
    return [_line(turn, ticket, reader, lang) for ticket in tickets if view(ticket, reader)]


def _line(turn: Turn, ticket: Ticket, reader: Person, lang: str) -> str:
    seen, words = view(ticket, reader), turn.house.wording
    engineer = turn.get(Person, seen["engineer_id"]) if seen.get("engineer_id") else None
    told = [seen.get("fault_symptom"), engineer.name if engineer else None, seen.get("part_code"), seen.get("summary")]
    return words.text(
        lang,
        "scan.line",
        when=words.moment(lang, ticket.created_at, turn.now, turn.house.zone),
        number=seen["number"],
        status=words.name(lang, "status", seen["status"]),
        what=" · ".join(part for part in told if part),
    )
