"""A ticket can be handed over (转单, 派单): two-sided, and the giver answers for it until the other accepts (S1, S61)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.people.linking import links_of
from core.people.model import Person, Role
from core.refused import Refused
from core.store.model import Event, Outbox
from core.store.outgoing import BEHIND
from core.store.turn import Turn
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Handover, Status, Ticket
from core.tickets.ownership import owner_of
from core.tickets.recording import happened_at, record, subject_of
from core.tickets.steps import step
from core.words import Receipt, Say

NOTICE = "assigned"
"""Kind of message that carries a hand-over to its taker."""

_open = (
    select(Handover.table)
    .where(Handover.table.c.ticket_id == bindparam("ticket_id"), Handover.table.c.answered_at.is_(None))
    .order_by(Handover.table.c.id.desc())
)
_on_its_way = (
    select(Handover.table)
    .where(
        Handover.table.c.ticket_id == bindparam("ticket_id"),
        Handover.table.c.taker_id == bindparam("taker_id"),
        Handover.table.c.delivered_at.is_(None),
    )
    .order_by(Handover.table.c.id.desc())
    .limit(1)
)
_all = select(Handover.table).where(Handover.table.c.ticket_id == bindparam("ticket_id")).order_by(Handover.table.c.id)


def transfer(turn: Turn, ticket: Ticket, by: Person, to: Person) -> Event:
    """Hand the ticket to somebody else, or name an engineer for one that nobody has.

    Raises Refused: not_an_engineer, not_bound (S5b), already_his, step_refused, not_entitled, not_yours.
    """
    owned = ticket.owner_id is not None
    assigning = ticket.status == Status.UNASSIGNED
    must_be_entitled(by, "assign" if assigning and not owned else "transfer", ticket)
    if to.role not in (Role.ENGINEER, Role.MANAGER) or not to.active or to.entity != ticket.entity:
        raise Refused("not_an_engineer", name=to.name)
    if not links_of(turn, to):
        raise Refused("not_bound", name=to.name, number=ticket.number)
    if ticket.engineer_id == to.id:
        raise Refused("already_his", name=to.name, number=ticket.number)
    ticket.status = step(ticket, "assign" if assigning else "transfer")
    answered = answer_handover(turn, ticket, None)
    ticket.engineer_id = to.id
    ticket.handovers += owned
    handover = turn.add(
        Handover(
            id=turn.new_id(),
            ticket_id=ticket.id,
            giver_id=ticket.owner_id or by.id,
            taker_id=to.id,
            sent_at=happened_at(turn),
        )
    )
    facts = {"to": to.id, "handover": handover.id, "assigned": not owned, "answered": answered}
    return record(turn, Happened.TRANSFERRED, ticket, by, **facts)


def refuse(turn: Turn, ticket: Ticket, by: Person) -> Event:
    """The one to whom it was given says no: it goes back to whoever answered for it. Raises Refused: not_offered."""
    if ticket.status != Status.UNASSIGNED or ticket.engineer_id != by.id:
        raise Refused("not_offered", number=ticket.number)
    answered = answer_handover(turn, ticket, by, "refused")
    giver = ticket.owner_id
    ticket.engineer_id = giver
    if giver is not None:
        ticket.status = Status.ACCEPTED
    return record(turn, Happened.TRANSFER_REFUSED, ticket, by, back_to=giver, answered=answered)


def answer_handover(turn: Turn, ticket: Ticket, by: Person | None, answer: str = "accepted") -> list[int]:
    """Write the answer into the hand-over that waits for one; another's acceptance, or a new offer, overtakes it. Their ids."""
    waiting = turn.rows(Handover, _open, ticket_id=ticket.id)
    for handover in waiting:
        handover.answered_at = happened_at(turn)
        handover.answer = answer if by is not None and handover.taker_id == by.id else "overtaken"
    return [handover.id for handover in waiting]


def note_delivery(turn: Turn, row: Outbox, receipt: Receipt) -> None:
    """A notice of a hand-over has left: its record says when and where it was delivered, and how often it failed."""
    if NOTICE not in (row.purpose, *row.say.get("also", ())) or receipt.why == BEHIND:
        return
    ticket = subject_of(turn, row.subject)
    handover = turn.first(Handover, _on_its_way, ticket_id=ticket.id, taker_id=row.person_id) if ticket else None
    if handover is None:
        return
    handover.channel = row.channel
    if receipt.state == "sent":
        handover.delivered_at = row.sent_at
    else:
        handover.failed += 1


def tell_it_was_not_delivered(turn: Turn, row: Outbox) -> None:
    """A hand-over cannot be brought to its taker: whoever answers for the ticket hears so, and can do something else (S1)."""
    ticket = subject_of(turn, row.subject) if NOTICE in (row.purpose, *row.say.get("also", ())) else None
    taker = turn.get(Person, row.person_id) if row.person_id else None
    owner = owner_of(turn, ticket) if ticket else None
    if ticket is None or taker is None or owner is None or owner.id == taker.id or ticket.engineer_id != taker.id:
        return
    text = turn.house.wording.text(owner.lang, "staff.not_delivered", number=ticket.number, name=taker.name or "")
    tell(turn, owner, Say("hint", text), subject=ticket.stream)


def handovers_of(turn: Turn, ticket: Ticket) -> list[Handover]:
    """Every hand-over of a ticket, the oldest first."""
    return turn.rows(Handover, _all, ticket_id=ticket.id)


# ---- taken back within its minute


def take_back(turn: Turn, event: Event) -> None:
    """The transfer was taken back: nobody is asked any more."""
    handover = turn.get(Handover, event.data["handover"])
    if handover is not None and handover.answered_at is None:
        handover.answered_at, handover.answer = turn.now, "withdrawn"


def ask_again(turn: Turn, event: Event) -> None:
    """What answered a hand-over was taken back: it waits for its answer again."""
    for handover_id in event.data["answered"]:
        handover = turn.get(Handover, handover_id)
        if handover is not None:
            handover.answered_at = handover.answer = None


REVERSALS = {
    Happened.TRANSFERRED: (take_back, ask_again),
    Happened.TRANSFER_REFUSED: (ask_again,),
    Happened.ACCEPTED: (ask_again,),
}
"""Event → what its taking back takes back besides."""
