"""Parts can be requested, dated and received; the ticket waits meanwhile, and everybody concerned knows for what (S16, S19)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from core.tickets.recording import happened_at, record, ticket_in
from core.tickets.steps import step
from core.words import Micros

MOST = 999
"""Largest quantity of one part that chat may order."""

_of_ticket = (
    select(PartRequest.table)
    .where(PartRequest.table.c.ticket_id == bindparam("ticket_id"))
    .order_by(PartRequest.table.c.id)
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
    requests = [_request(turn, ticket, by, code, qty) for code, qty in new]
    act(turn, ticket)
    facts = {"parts": [[code, qty] for code, qty in new], "requests": [request.id for request in requests]}
    return record(turn, Happened.PART_NEEDED, ticket, by, **facts)


def date_part(turn: Turn, ticket: Ticket, by: Person, eta: Micros, code: str | None = None) -> Event:
    """Purchasing says when it comes. Raises Refused: no_part_waiting, not_entitled."""
    must_be_entitled(by, "part_eta", ticket)
    requests = _named(turn, ticket, code)
    before = [[request.id, request.eta] for request in requests]
    for request in requests:
        request.eta, request.state = eta, PartState.DATED
    codes = [request.code for request in requests]
    return record(turn, Happened.PART_DATED, ticket, by, codes=codes, eta=eta, before=before)


def part_arrived(turn: Turn, ticket: Ticket, by: Person, code: str | None = None) -> Event:
    """It is here; when all are, the engineer goes on. Raises Refused: step_refused, no_part_waiting, not_entitled."""
    must_be_entitled(by, "part_arrived", ticket)
    requests = _named(turn, ticket, code)
    for request in requests:
        request.state, request.arrived_at = PartState.ARRIVED, happened_at(turn)
    complete = not waiting_parts(turn, ticket)
    if complete and ticket.status == Status.WAITING_PART:
        ticket.status = step(ticket, "part_arrived")
    facts = {"codes": [request.code for request in requests], "requests": [request.id for request in requests]}
    return record(turn, Happened.PART_ARRIVED, ticket, by, complete=complete, **facts)


def parts_of(turn: Turn, ticket: Ticket) -> list[PartRequest]:
    """Every part asked for on a ticket that was not withdrawn."""
    found = turn.rows(PartRequest, _of_ticket, ticket_id=ticket.id)
    return [request for request in found if request.state != PartState.WITHDRAWN]


def waiting_parts(turn: Turn, ticket: Ticket) -> list[PartRequest]:
    """What the ticket still waits for."""
    return [request for request in parts_of(turn, ticket) if request.state != PartState.ARRIVED]


def parts_due_at(turn: Turn, ticket: Ticket) -> Micros | None:
    """When the last part comes for which the ticket waits; None as long as not every one has a date."""
    dates = [request.eta for request in waiting_parts(turn, ticket)]
    return max(date for date in dates if date) if dates and all(dates) else None


def use_parts(turn: Turn, ticket: Ticket, named: Sequence[str]) -> tuple[list[list[Any]], list[int]]:
    """What was built in, as [code, quantity], and the requests of which nobody had said that they came.

    What came on this ticket, what its summary names, and without any request all that the summary names (S66).
    """
    asked_for, codes = parts_of(turn, ticket), {code.casefold() for code in named}
    used = [part for part in asked_for if part.state == PartState.ARRIVED or part.code.casefold() in codes]
    came = [part for part in used if part.state != PartState.ARRIVED]
    for request in came:
        request.state, request.arrived_at = PartState.ARRIVED, happened_at(turn)
    parts = [[part.code, part.qty] for part in used] if asked_for else [[code, None] for code in dict.fromkeys(named)]
    return parts, [request.id for request in came]


def _request(turn: Turn, ticket: Ticket, by: Person, code: str, qty: int) -> PartRequest:
    return turn.add(
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


def _named(turn: Turn, ticket: Ticket, code: str | None) -> list[PartRequest]:
    waiting = waiting_parts(turn, ticket)
    if not waiting and ticket.status != Status.WAITING_PART:
        step(ticket, "part_arrived")
    named = [request for request in waiting if code is None or request.code.casefold() == code.casefold()]
    if not named:
        raise Refused("no_part_waiting", number=ticket.number, code=code or "")
    return named


# ---- what follows from other verbs, and from taking them back


def stop_waiting(turn: Turn, event: Event) -> None:
    """The ticket is over: what has not come is not waited for any more (S19)."""
    ticket = ticket_in(turn, event)
    waiting = waiting_parts(turn, ticket)
    if ticket.is_open or not waiting:
        return
    for request in waiting:
        request.state = PartState.WITHDRAWN
    facts = {"codes": [request.code for request in waiting], "requests": [request.id for request in waiting]}
    record(turn, Happened.PART_WITHDRAWN, ticket, None, **facts)


def withdraw_parts(turn: Turn, event: Event) -> None:
    """The order was taken back within its minute: nothing needs to be bought (S19)."""
    for request in _requests_of(turn, event):
        request.state = PartState.WITHDRAWN


def wait_again(turn: Turn, event: Event) -> None:
    """It was not the part that came."""
    for request in _requests_of(turn, event):
        request.arrived_at, request.state = None, PartState.DATED if request.eta else PartState.REQUESTED


def undate(turn: Turn, event: Event) -> None:
    """It was not the date: the one before holds again, if there was one."""
    for request_id, eta in event.data["before"]:
        request = turn.get(PartRequest, request_id)
        if request is not None:
            request.eta, request.state = eta, PartState.DATED if eta else PartState.REQUESTED


def _requests_of(turn: Turn, event: Event) -> list[PartRequest]:
    found = [turn.get(PartRequest, request_id) for request_id in event.data["requests"]]
    return [request for request in found if request is not None]


REACTIONS = dict.fromkeys((Happened.COMPLETED, Happened.CANCELLED, Happened.MERGED), (stop_waiting,))
"""Event → what must follow in the same turn."""
REVERSALS = {
    Happened.PART_NEEDED: (withdraw_parts,),
    Happened.PART_DATED: (undate,),
    Happened.PART_ARRIVED: (wait_again,),
    Happened.PART_WITHDRAWN: (wait_again,),
    Happened.COMPLETED: (wait_again,),
}
"""Event → what its taking back takes back besides."""
