"""A customer can let a relative ask about his open tickets (家属代问): whoever types the code that went to the number on the ticket may
ask, in that chat and for a day, and see neither number nor address (S18). He stays who he is.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.links.matching import customers_with_phone
from core.people.model import Guest, NumberClaim, Person, Role
from core.people.phones import phone_number
from core.people.proving import identity_of, send_code, use_code
from core.store.turn import Turn
from core.tickets.queries import with_sign
from core.words import HOUR, Inbound, Room, Say

GUEST_CODE, GUEST_CAME = "guest_code", "guest_let_in"
"""Purposes: the SMS with the code that a customer passes on to a relative; the news that one was let in."""
LET_IN, ENDED = "person.guest_let_in", "person.guest_ended"
"""Events in the chain of the customer."""

_guest = Guest.table.c
_lasting = (_guest.until > bindparam("now"), _guest.ended_at.is_(None))
_hosts = select(Guest.table).where(
    _guest.person_id == bindparam("person_id"), _guest.room == bindparam("room"), *_lasting
)
_guests = select(Guest.table).where(_guest.customer_id == bindparam("customer_id"), *_lasting).order_by(_guest.id)


def ask_to_see(turn: Turn, message: Inbound, number: str) -> bool:
    """A code goes by SMS to this number if one known customer has it, or an open ticket of one; whoever asks hears the same in
    any case. False if he has asked too often today."""
    return send_code(turn, _claim(message), _customer_of(turn, number), number, GUEST_CODE)


def is_awaited(turn: Turn, message: Inbound) -> bool:
    """Whether this chat waits for such a code."""
    kept = turn.get(NumberClaim, _claim(message))
    return kept is not None and kept.until >= turn.now


def let_in(turn: Turn, message: Inbound, guest: Person, code: str) -> Person:
    """The customer whose open tickets `guest` may ask about from now on, in this room; he hears of it, and how to end it.

    Raises Refused: sms_code_wrong (wrong, too old, typed too often, or sent to nobody).
    """
    customer = use_code(turn, _claim(message), code)
    lasts = turn.house.policies.guest_lasts
    for before in hosts_of(turn, guest, message.room):
        if before.customer_id == customer.id:
            before.ended_at = turn.now
    row = Guest(
        id=turn.new_id(),
        entity=customer.entity,
        person_id=guest.id,
        customer_id=customer.id,
        room=str(message.room),
        at=turn.now,
        until=turn.now + lasts,
    )
    turn.add(row)
    _record(turn, LET_IN, customer, guest, guest=guest.id, until=row.until)
    text = turn.house.wording.text(customer.lang, "guest.told", hours=lasts // HOUR)
    tell(turn, customer, Say(GUEST_CAME, text, params=(("hours", str(lasts // HOUR)),)))
    return customer


def hosts_of(turn: Turn, guest: Person, room: Room) -> list[Guest]:
    """By whom he is let in, in this room and now."""
    return turn.rows(Guest, _hosts, person_id=guest.id, room=str(room), now=turn.now)


def end(turn: Turn, customer: Person) -> int:
    """Nobody is let in any more (收回); how many were."""
    guests = turn.rows(Guest, _guests, customer_id=customer.id, now=turn.now)
    for row in guests:
        row.ended_at = turn.now
    if guests:
        _record(turn, ENDED, customer, customer, guests=[row.person_id for row in guests])
    return len(guests)


def _claim(message: Inbound) -> str:
    """Whose the code is: the chat's, but none by which it becomes somebody else's."""
    return f"guest:{identity_of(message)}"


def _customer_of(turn: Turn, number: str) -> Person | None:
    """The one customer with this number, else the one on whose open tickets it stands."""
    entity, known = turn.house.policies.entity, phone_number(number)
    by_person = customers_with_phone(turn, entity, number)
    if by_person or known is None:
        return by_person[0] if len(by_person) == 1 else None
    named = {ticket.customer_id for ticket in with_sign(turn, entity, "phone", known)}
    customer = turn.get(Person, named.pop()) if len(named) == 1 else None
    return customer if customer and customer.role == Role.CUSTOMER and customer.active else None


def _record(turn: Turn, kind: str, customer: Person, by: Person, **data: object) -> None:
    turn.record(kind, entity=customer.entity, stream=f"person:{customer.id}", by=by.id, data=data)
