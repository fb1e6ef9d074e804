"""Parts can be requested, dated and received; the ticket waits meanwhile, and everybody concerned knows for what (S16, S19)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from core.parts.model import PartRequest, PartState
from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.noting import act
from core.tickets.recording import happened_at, record
from core.tickets.steps import step
from core.words import Micros

MOST = 999
"""Largest quantity of one part that chat may order."""

_of_ticket = (
    select(PartRequest.table).where(PartRequest.table.c.ticket_id == bindparam("ticket_id")).order_by(PartRequest.table.c.id)
)


def need_part(turn: Turn, ticket: Ticket, by: Person, parts: Sequence[tuple[str, int]]) -> Event:
    """Order parts (code, quantity) and wait for them. The same part asked for again is no second order.

    Raises Refused: part_quantity, step_refused, not_entitled, not_yours.
    """
    must_be_entitled(by, "need_part", ticket)
    if any(not 1 <= qty <= MOST for _, qty in parts):
        raise Refused("part_quantity", number=ticket.number, most=MOST)
    if ticket.status != Status.WAITING_PART:
        ticket.status = step(ticket, "need_part")
    waiting = {request.code for request in waiting_parts(turn, ticket)}
    new = [(code, qty) for code, qty in parts if code not in waiting]
    for code, qty in new:
        turn.add(
            PartRequest(
                id=turn.new_id(),
                entity=ticket.entity,
                ticket_id=ticket.id,
                code=code,
                qty=qty,
                requested_by=by.id,
                requested_at=happened_at(turn),
            )
        )
    act(turn, ticket)
    return record(turn, Happened.PART_NEEDED, ticket, by, parts=[[code, qty] for code, qty in new])


def date_part(turn: Turn, ticket: Ticket, by: Person, eta: Micros, code: str | None = None) -> Event:
    """Purchasing says when it comes. Raises Refused: no_part_waiting, not_entitled."""
    must_be_entitled(by, "part_eta", ticket)
    requests = _named(turn, ticket, code)
    for request in requests:
        request.eta, request.state = eta, PartState.DATED
    return record(turn, Happened.PART_DATED, ticket, by, codes=[request.code for request in requests], eta=eta)


def part_arrived(turn: Turn, ticket: Ticket, by: Person, code: str | None = None) -> Event:
    """It is here; when all are, the engineer goes on. Raises Refused: no_part_waiting, not_entitled."""
    must_be_entitled(by, "part_arrived", ticket)
    requests = _named(turn, ticket, code)
    for request in requests:
        request.state, request.arrived_at = PartState.ARRIVED, happened_at(turn)
    complete = not waiting_parts(turn, ticket)
    if complete and ticket.status == Status.WAITING_PART:
        ticket.status = step(ticket, "part_arrived")
    return record(turn, Happened.PART_ARRIVED, ticket, by, codes=[request.code for request in requests], complete=complete)


def withdraw_parts(turn: Turn, event: Event) -> None:
    """The order was taken back within its minute: nothing needs to be bought (S19)."""
    ticket = turn.get(Ticket, event.data["ticket"])
    assert ticket is not None
    codes = {code for code, _ in event.data["parts"]}
    for request in waiting_parts(turn, ticket):
        if request.code in codes and request.requested_at == event.at:
            request.state = PartState.WITHDRAWN


def parts_of(turn: Turn, ticket: Ticket) -> list[PartRequest]:
    """Every part asked for on a ticket that was not withdrawn."""
    found = turn.rows(PartRequest, _of_ticket, ticket_id=ticket.id)
    return [request for request in found if request.state != PartState.WITHDRAWN]


def waiting_parts(turn: Turn, ticket: Ticket) -> list[PartRequest]:
    """What the ticket still waits for."""
    return [request for request in parts_of(turn, ticket) if request.state != PartState.ARRIVED]


def _named(turn: Turn, ticket: Ticket, code: str | None) -> list[PartRequest]:
    waiting = waiting_parts(turn, ticket)
    named = [request for request in waiting if code is None or request.code.casefold() == code.casefold()]
    if not named:
        raise Refused("no_part_waiting", number=ticket.number, code=code or "")
    return named
