"""A customer is told, without having asked, that there is nothing new, or that a date has passed; and whoever answers for it hears that
he was (S97, S98)."""

from __future__ import annotations

from core.conversations.saying import tell
from core.conversations.texting import texted
from core.people.dialling import SMS, number_room
from core.people.duty import in_role
from core.people.linking import direct_room
from core.people.model import Person, Role
from core.store.model import RoomRow
from core.store.turn import Turn
from core.tickets.describing import state, what, who
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.notices import concerned
from core.tickets.ownership import owner_of, superior_of
from core.tickets.promised import Promised
from core.tickets.recording import record_aside
from core.words import HOUR, Micros, Room, Say

PURPOSE = "still_waiting"
"""Kind of message of such a word; a customer may do without."""
FOR_STAFF = "customer_waiting"
"""Kind of message by which staff hear of it."""
FRESH = HOUR
"""A word that could not leave for so long is none any more."""


def keep_posted(
    turn: Turn, ticket: Ticket, passed: Promised | None, times: int, since: Micros, again: Micros | None
) -> None:
    """Tell everybody concerned how it stands, for the `times`th time without news `since` then, and when they will hear `again`; put
    on record how many could be reached, and have it chased."""
    waiting = [person for person in concerned(turn, ticket) if PURPOSE not in person.muted]
    if not waiting:
        return
    reached = [person for person in waiting if _reach(turn, ticket, person, passed, again)]
    facts = {"times": times, "passed": passed.what if passed else None, "waiting": len(waiting)}
    record_aside(turn, Happened.KEPT_POSTED, ticket, None, **facts, reached=len(reached))
    for colleague in _answering(turn, ticket, times):
        _chase(turn, ticket, colleague, passed, times, since, heard=bool(reached))


# ---- the customer


def _reach(turn: Turn, ticket: Ticket, person: Person, passed: Promised | None, again: Micros | None) -> bool:
    """Tell him in his chat, else by SMS; False if neither can be."""
    room = direct_room(turn, person)
    by_chat = room is not None and room.channel not in turn.house.accounts and _chat_takes(turn, room, turn.now)
    say = _word(turn, ticket, person, passed, again if _will_reach(turn, person, room, again, int(by_chat)) else None)
    if by_chat:
        tell(turn, person, say, subject=ticket.stream, expires_at=turn.now + FRESH, room=room)
        return True
    sent = texted(turn, person, say, ticket.stream)
    if sent is not None:
        sent.expires_at, ticket.told_at = turn.now + FRESH, turn.now
    return sent is not None


def _will_reach(turn: Turn, person: Person, room: Room | None, again: Micros | None, used: int) -> bool:
    """Whether, as far as one can see, he can be told then; `used` messages of his window go out now."""
    if again is None:
        return False
    if number_room(turn, person, SMS) is not None:
        return True
    return room is not None and room.channel not in turn.house.accounts and _chat_takes(turn, room, again, used)


def _chat_takes(turn: Turn, room: Room, at: Micros, used: int = 0) -> bool:
    """Whether the platform lets us speak there unasked, and leaves enough for what matters more."""
    if turn.house.cans[room.channel].push is None:
        return True
    row = turn.get(RoomRow, str(room))
    left = (row.window_left or 0) - used if row is not None and (row.window_until or 0) > at else 0
    return left > turn.house.policies.silence.kept


def _word(turn: Turn, ticket: Ticket, person: Person, passed: Promised | None, again: Micros | None) -> Say:
    """What stage it is in, what comes next, that no time is known or that it has passed, and when he hears more."""
    words, lang, zone = turn.house.wording, person.lang, turn.house.zone
    owner = who(turn, ticket)
    facts = {"number": ticket.number, "what": what(words, ticket, lang)}
    if passed is None:
        step = words.text(lang, f"customer.silence.next.{ticket.status}")
        said = words.text(lang, "customer.silence.waiting", **facts, state=state(turn, ticket, lang), next=step)
    else:
        when = (words.day if passed.what == "part" else words.moment)(lang, passed.at, turn.now, zone)
        said = words.text(lang, f"customer.silence.passed.{passed.what}", **facts, when=when)
    chased = words.text(lang, "customer.silence.chased" if owner else "customer.silence.chased_by_nobody", name=owner)
    if again is not None:
        then = words.text(lang, "customer.silence.again", when=words.moment(lang, again, turn.now, zone))
    else:
        then = words.text(lang, "customer.silence.no_more")
    brief = words.text(
        lang,
        "sms.nothing_new" if passed is None else "sms.date_passed",
        name=owner or words.text(lang, "customer.silence.desk"),
    )
    text = "\n".join([said, words.text(lang, "customer.silence.end", chased=chased, then=then)])
    return Say(PURPOSE, text, also=("progress",), params=(("number", ticket.number), ("state", brief)))


# ---- the staff


def _answering(turn: Turn, ticket: Ticket, times: int) -> list[Person]:
    """Whoever must act; from the second time on also the superior of whoever answers for it."""
    owner = owner_of(turn, ticket)
    buyers = in_role(turn, ticket.entity, Role.PROCUREMENT) if ticket.status == Status.WAITING_PART else []
    superior = superior_of(turn, owner, ticket) if owner is not None and times > 1 else None
    return list({person.id: person for person in (owner, *buyers, superior) if person is not None}.values())


def _chase(
    turn: Turn, ticket: Ticket, colleague: Person, passed: Promised | None, times: int, since: Micros, *, heard: bool
) -> None:
    words, lang, zone = turn.house.wording, colleague.lang, turn.house.zone
    facts = {"number": ticket.number, "what": what(words, ticket, lang), "count": times, "name": who(turn, ticket)}
    facts["since"] = words.moment(lang, since, turn.now, zone)
    facts["when"] = words.moment(lang, passed.at, turn.now, zone) if passed else ""
    said = words.text(lang, "staff.silence.passed" if passed else "staff.silence.waiting", **facts)
    told = words.text(lang, "staff.silence.told" if heard else "staff.silence.not_reached", **facts)
    tell(turn, colleague, Say(FOR_STAFF, f"{said}\n{told}"), subject=ticket.stream)
