"""By what somebody is known without anybody's help: a directory, a number of his own, a code sent to a number (S5b, S8, S36).

What a person may do follows from the person; a proof only says which person speaks.
"""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import bindparam, select

from core.conversations.model import Conversation
from core.links.matching import match_customer_by_phone, member_of_account
from core.links.model import ExternalId
from core.people.dialling import send, written_to
from core.people.linking import bind, links_of, staff_with_phone
from core.people.model import Link, NumberClaim, Person
from core.refused import Refused
from core.store.turn import Turn
from core.tickets.model import Ticket
from core.wording import local
from core.words import MINUTE, Inbound, Say

CODE_DIGITS = 6
"""Digits of a code sent by SMS."""
CODE_LASTS = 10 * MINUTE
"""How long it is valid."""
MOST_TRIES = 5
"""How often one code may be typed; then even the right one is wrong."""
MOST_CLAIMS = 5
"""Codes a day that one chat may ask for, and that one number is sent, whoever asks."""
LINK_CODE = "link_code"
"""Purpose of the SMS with a code that binds a chat."""
MOST_GUESSES = 10
"""One-time codes a day that one chat may type."""

_TYPED = re.compile(rf"(?:我的)?(?:验证码|码|code)?[是为:：\s]*(\d{{{CODE_DIGITS}}})", re.ASCII | re.IGNORECASE)
_external = ExternalId.table.c
_account = select(ExternalId.table).where(
    _external.entity == bindparam("entity"),
    _external.system == bindparam("system"),
    _external.kind == "account",
    _external.external == bindparam("account"),
)
_of_customer = select(Ticket.table).where(Ticket.table.c.customer_id == bindparam("customer_id"))
_link_of = select(Link.table).where(
    Link.table.c.channel == bindparam("channel"),
    Link.table.c.account == bindparam("account"),
    Link.table.c.who_id == bindparam("who_id"),
)


def expect(turn: Turn, person: Person, channel: str, account: str) -> bool:
    """An administrator says under which account a member of the staff speaks on a channel; False if it is somebody else's."""
    entity = turn.house.policies.entity
    kept = turn.first(ExternalId, _account, entity=entity, system=channel, account=account)
    if kept is None:
        named = {"entity": entity, "system": channel, "kind": "account", "external": account}
        kept = turn.add(ExternalId(id=turn.new_id(), subject_id=person.id, since=turn.now, **named))
    return kept.subject_id == person.id


def by_directory(turn: Turn, message: Inbound) -> Person | None:
    """The member of the staff for whom a directory or an imported table claims the identity that spoke."""
    return member_of_account(turn, turn.house.policies.entity, message.room.channel, message.who.id)


def by_number(turn: Turn, number: str, *, staff: bool = True, customers: bool = True) -> Person | None:
    """The one person whose number this is, the staff before customers."""
    entity = turn.house.policies.entity
    member = staff_with_phone(turn, entity, number) if staff else None
    return member or (match_customer_by_phone(turn, entity, number) if customers else None)


def prove(turn: Turn, message: Inbound, person: Person, proof: str) -> None:
    """The identity that spoke is this person's, whoever it was taken for before. Raises Refused: link_taken."""
    room = message.room
    link = turn.first(Link, _link_of, channel=room.channel, account=room.account, who_id=message.who.id)
    former = turn.get(Person, link.person_id) if link else None
    bind(turn, person, message, proof)
    if former is not None and former.id != person.id:
        came_to_be(turn, message, former, person)


def came_to_be(turn: Turn, message: Inbound, former: Person, person: Person) -> None:
    """Whom the desk met here is somebody whom it knew: the talk goes on with him, and if nothing else leads to the one
    who was met, his tickets are the known customer's."""
    talk = turn.get(Conversation, str(message.room))
    if talk is not None:
        talk.person_id = person.id
    if former.is_staff or person.is_staff or links_of(turn, former):
        return
    tickets = turn.rows(Ticket, _of_customer, customer_id=former.id)
    for ticket in tickets:
        locked = turn.get(Ticket, ticket.id, lock=True)
        if locked is not None:
            locked.customer_id = person.id
    turn.record(
        "person.recognised",
        entity=person.entity,
        stream=f"person:{person.id}",
        by=person.id,
        data={"former": former.id, "tickets": [ticket.number for ticket in tickets]},
    )


def claim(turn: Turn, message: Inbound, number: str, *, staff_only: bool) -> bool:
    """Somebody says that a number is his. If it is that of one known person, a code goes to it by SMS; he is told the same
    in any case. False if he has asked too often today."""
    return send_code(turn, identity_of(message), by_number(turn, number, customers=not staff_only), number, LINK_CODE)


def send_code(turn: Turn, identity: str, person: Person | None, number: str, purpose: str) -> bool:
    """A fresh code for whoever goes by this identity, in place of the one before; it goes by SMS to the person whose number this is,
    or to nobody. False if it was asked for too often today."""
    if not _within(turn, f"claims:{identity}", MOST_CLAIMS):
        return False
    code = f"{int(turn.house.chance(), 16) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
    kept = turn.get(NumberClaim, identity, lock=True)
    if kept is None:
        kept = turn.add(NumberClaim(identity=identity, entity=turn.house.policies.entity, hash="", until=0))
    kept.hash, kept.until, kept.tries = _hash(identity, code), turn.now + CODE_LASTS, 0
    kept.person_id = person.id if person else None
    if person is not None and _within(turn, f"codes:{_hash('number', number)}", MOST_CLAIMS):
        _send(turn, person, number, code, purpose)
    return True


def has_claim(turn: Turn, message: Inbound) -> bool:
    """Whether this chat waits for a code, and these may be its digits."""
    if typed_code(message.text) is None:
        return False
    kept = turn.get(NumberClaim, identity_of(message))
    return kept is not None and kept.until >= turn.now


def confirm(turn: Turn, message: Inbound) -> Person:
    """The person to whose number the code went that was typed; it is used up. Raises Refused: wrong, tried too often, or
    sent to nobody, all in the same words."""
    return use_code(turn, identity_of(message), typed_code(message.text) or "")


def use_code(turn: Turn, identity: str, code: str) -> Person:
    """The person to whose number this code went; it is used up. A wrong one counts, so that its turn must be kept. Raises
    Refused: sms_code_wrong, whatever is wrong with it."""
    kept = turn.get(NumberClaim, identity, lock=True)
    if kept is None or kept.until < turn.now:
        raise Refused("sms_code_wrong")
    kept.tries += 1
    right = kept.hash == _hash(identity, code) and kept.tries <= MOST_TRIES
    person = turn.get(Person, kept.person_id) if right and kept.person_id is not None else None
    if person is None or not person.active:
        raise Refused("sms_code_wrong")
    kept.until = 0
    return person


def may_alarm(turn: Turn, message: Inbound) -> bool:
    """Whether a second account of somebody is news: this one has not been told of today."""
    return _within(turn, f"shared:{identity_of(message)}", 1)


def may_guess(turn: Turn, message: Inbound) -> bool:
    """Whether this chat may type one more one-time code today."""
    return _within(turn, f"guesses:{identity_of(message)}", MOST_GUESSES)


def typed_code(text: str) -> str | None:
    """The digits of a code, with or without a word before them."""
    found = _TYPED.fullmatch(text.strip())
    return found[1] if found else None


def identity_of(message: Inbound) -> str:
    """A chat identity, under a hash: who claims what is nobody's business."""
    return _hash(message.room.channel, message.room.account, message.who.id)


def _send(turn: Turn, person: Person, number: str, code: str, purpose: str) -> None:
    room = written_to(turn, number)
    if room is None:
        return
    params = {"code": code, "minutes": str(CODE_LASTS // MINUTE)}
    text = turn.house.wording.text(person.lang, f"sms.{purpose}", **params)
    say = Say(purpose, text, params=tuple(params.items()))
    send(turn, room, say, person_id=person.id, subject=None, urgent=False, expires_at=turn.now + CODE_LASTS)


def _within(turn: Turn, name: str, most: int) -> bool:
    """Counts one more of these today."""
    return turn.next_number(f"{name}:{local(turn.now, turn.house.zone).date()}", 1) <= most


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
