"""A ticket can be handed over (转单, 派单): two-sided, and the giver answers for it until the other accepts (S1, S61)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.people.linking import links_of
from core.people.model import Person, Role
from core.refused import Refused
from core.store.model import Event
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Handover, Status, Ticket
from core.tickets.recording import happened_at, record
from core.tickets.steps import step

_open = (
    select(Handover.table)
    .where(Handover.table.c.ticket_id == bindparam("ticket_id"), Handover.table.c.answered_at.is_(None))
    .order_by(Handover.table.c.id.desc())
)
_all = select(Handover.table).where(Handover.table.c.ticket_id == bindparam("ticket_id")).order_by(Handover.table.c.id)


def transfer(turn: Turn, ticket: Ticket, by: Person, to: Person) -> Event:
    """Hand the ticket to somebody else, or name an engineer for one that nobody has.

    Raises Refused: not_an_engineer, not_bound (S5b), already_his, step_refused, not_entitled, not_yours.
    """
    must_be_entitled(by, "transfer", ticket)
    if to.role not in (Role.ENGINEER, Role.MANAGER) or not to.active or to.entity != ticket.entity:
        raise Refused("not_an_engineer", name=to.name)
    if not links_of(turn, to):
        raise Refused("not_bound", name=to.name, number=ticket.number)
    if ticket.engineer_id == to.id:
        raise Refused("already_his", name=to.name, number=ticket.number)
    assigning = ticket.status == Status.UNASSIGNED
    ticket.status = step(ticket, "assign" if assigning else "transfer")
    answer_handover(turn, ticket, None)
    ticket.engineer_id = to.id
    if not assigning:
        ticket.handovers += 1
    handover = turn.add(
        Handover(
            id=turn.new_id(), ticket_id=ticket.id, giver_id=ticket.owner_id or by.id, taker_id=to.id, sent_at=happened_at(turn)
        )
    )
    return record(turn, Happened.TRANSFERRED, ticket, by, to=to.id, handover=handover.id, assigned=assigning)


def refuse(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """The one to whom it was given says no: it goes back to whoever answered for it. Raises Refused: not_offered."""
    if ticket.status != Status.UNASSIGNED or ticket.engineer_id != by.id:
        raise Refused("not_offered", number=ticket.number)
    answer_handover(turn, ticket, by, "refused")
    giver = ticket.owner_id
    ticket.engineer_id = giver
    if giver is not None:
        ticket.status = Status.ACCEPTED
    return record(turn, Happened.TRANSFER_REFUSED, ticket, by, back_to=giver)


def take_back(turn: Turn, event: Event) -> None:
    """The transfer was taken back within its minute."""
    handover = turn.get(Handover, event.data["handover"])
    if handover is not None and handover.answered_at is None:
        handover.answered_at, handover.answer = turn.now, "withdrawn"


def answer_handover(turn: Turn, ticket: Ticket, by: Person | None, answer: str = "accepted") -> None:
    """Write the answer into the hand-over that waits for one; another's acceptance, or a new offer, overtakes it."""
    for handover in turn.rows(Handover, _open, ticket_id=ticket.id):
        handover.answered_at = happened_at(turn)
        handover.answer = answer if by is not None and handover.taker_id == by.id else "overtaken"


def handovers_of(turn: Turn, ticket: Ticket) -> list[Handover]:
    """Every hand-over of a ticket, the oldest first."""
    return turn.rows(Handover, _all, ticket_id=ticket.id)
