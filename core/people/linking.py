"""Who is speaking: chat identities are bound to people, by being met (customers) or by a one-time code (staff)."""

from __future__ import annotations

import hashlib

from sqlalchemy import bindparam, select

from core.people.model import Link, LinkCode, Person, Role
from core.people.phones import phone_number
from core.refused import Refused
from core.store.turn import Turn
from core.words import Inbound, Micros, Room

CODE_LENGTH = 8
"""Characters of a one-time code: 40 bits, typed once, valid for minutes."""
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that nobody mistakes for one another."""

_link = Link.table.c
_by_identity = select(Link.table).where(
    _link.channel == bindparam("channel"), _link.account == bindparam("account"), _link.who_id == bindparam("who_id")
)
_of_person = (
    select(Link.table)
    .where(_link.person_id == bindparam("person_id"), _link.dead.is_(False))
    .order_by(_link.last_at.desc())
)
_phoned = select(Person.table).where(
    Person.table.c.entity == bindparam("entity"),
    Person.table.c.phone == bindparam("phone"),
    Person.table.c.role != Role.CUSTOMER,
    Person.table.c.active.is_(True),
)
_staff = (
    select(Person.table)
    .where(Person.table.c.entity == bindparam("entity"), Person.table.c.role != Role.CUSTOMER)
    .order_by(Person.table.c.id)
)


def speaker(turn: Turn, message: Inbound) -> Person | None:
    """The person bound to the identity that spoke, or None. A person who has left is nobody."""
    link = turn.first(Link, _by_identity, **_identity(message))
    if link is None:
        return None
    person = turn.get(Person, link.person_id)
    if person is None or not person.active:
        return None
    if not message.room.group:
        link.room, link.dead = str(message.room), False
    link.last_at = turn.now
    return person


def meet(turn: Turn, message: Inbound, entity: str, lang: str) -> Person:
    """Somebody writes for the first time where customers write: from now on he is known."""
    person = turn.add(
        Person(
            id=turn.new_id(),
            entity=entity,
            role=Role.CUSTOMER,
            name=message.who.name,
            phone=phone_number(message.who.phone) if message.who.phone else None,
            lang=lang,
        )
    )
    bind(turn, person, message, proof="met")
    return person


def bind(turn: Turn, person: Person, message: Inbound, proof: str) -> Link:
    """Bind the identity that spoke to a person.

    Raises Refused: link_taken (a staff member speaks on this channel under another identity already, S36), link_unproven (nobody
    vouches that it is he, and then no proof of his says anything about the next who uses the name).
    """
    if not message.who.proven and proof != "met":
        raise Refused("link_unproven")
    if person.is_staff:
        for other in links_of(turn, person):
            if other.channel == message.room.channel and other.who_id != message.who.id:
                raise Refused("link_taken", name=person.name, person=person.id)
    link = turn.first(Link, _by_identity, **_identity(message))
    if link is None:
        link = turn.add(
            Link(
                id=turn.new_id(),
                entity=person.entity,
                channel=message.room.channel,
                account=message.room.account,
                who_id=message.who.id,
                person_id=person.id,
                room=str(message.room),
                proof=proof,
                bound_at=turn.now,
                last_at=turn.now,
            )
        )
    link.person_id, link.proof, link.bound_at, link.room = person.id, proof, turn.now, str(message.room)
    turn.record(
        "person.linked",
        entity=person.entity,
        stream=f"person:{person.id}",
        by=person.id,
        data={"channel": link.channel, "proof": proof},
        private={"identity": link.who_id},
    )
    return link


def issue_code(turn: Turn, person: Person, chance: str, lasts: Micros) -> str:
    """A one-time code for a staff member, to be typed into the chat that shall be his. `chance`: 32 hex digits."""
    number, code = int(chance, 16), ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_ALPHABET))
        code += CODE_ALPHABET[place]
    turn.add(LinkCode(hash=_hash(code), entity=person.entity, person_id=person.id, until=turn.now + lasts))
    return code


def redeem(turn: Turn, message: Inbound) -> Person:
    """Bind whoever typed a valid code. Raises Refused: unknown, used up or too old, all in the same words."""
    code = turn.get(LinkCode, _hash(message.text), lock=True)
    if code is None or code.used_at is not None or code.until < turn.now:
        raise Refused("link_code_wrong")
    person = turn.get(Person, code.person_id)
    if person is None or not person.active:
        raise Refused("link_code_wrong")
    bind(turn, person, message, proof="code")
    code.used_at = turn.now
    return person


def looks_like_code(text: str) -> bool:
    """Whether somebody may have typed a one-time code."""
    typed = _tidy(text)
    return len(typed) == CODE_LENGTH and all(character in CODE_ALPHABET for character in typed)


def links_of(turn: Turn, person: Person) -> list[Link]:
    """Where a person can be reached, the place last used first."""
    return turn.rows(Link, _of_person, person_id=person.id)


def direct_room(turn: Turn, person: Person) -> Room | None:
    """The direct chat in which a person was last heard."""
    links = links_of(turn, person)
    return Room.of(links[0].room) if links else None


def known_as(turn: Turn, person: Person, room: Room) -> str | None:
    """What the platform of this room calls him there, to be mentioned by; None if he has no chat on it."""
    links = [link for link in links_of(turn, person) if (link.channel, link.account) == (room.channel, room.account)]
    return links[0].who_id if links else None


def staff_with_phone(turn: Turn, entity: str, number: str) -> Person | None:
    """The member of the staff whose number this is; None if it is nobody's, or of several."""
    phone = phone_number(number)
    found = turn.rows(Person, _phoned, entity=entity, phone=phone) if phone else []
    return found[0] if len(found) == 1 else None


def staff_of(turn: Turn, entity: str) -> list[Person]:
    """Everybody on the staff, former members too."""
    return turn.rows(Person, _staff, entity=entity)


def _identity(message: Inbound) -> dict[str, str]:
    return {"channel": message.room.channel, "account": message.room.account, "who_id": message.who.id}


def _tidy(text: str) -> str:
    return text.strip().replace("-", "").replace(" ", "").upper()


def _hash(code: str) -> str:
    return hashlib.sha256(_tidy(code).encode()).hexdigest()
