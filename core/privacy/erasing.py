"""A person's data is erased (删除权, PIPL Art. 47): what he said, what was said of him, how he is reached; what happened stays.

Erasing goes step by step, in turns of a bounded size: a timer carries which step comes next, so that a stop at any instant only
pauses it. Events stay whole: only the words beside them go. A signed report is kept for its term; ticket rows stay, and count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, select, text

from core.people.dialling import number_room
from core.people.model import Link, Person
from core.privacy import files
from core.privacy.combing import TABLES, Combed, comb
from core.privacy.model import PrivacyRequest
from core.privacy.statements import DONE_WITH, FORGET_MEDIA, NOBODY, SAID_NOTHING, SHOWN_NOTHING, sql
from core.privacy.traces import links_of_anybody, tickets_of, traces_of
from core.refused import Refused
from core.store.model import Timer
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.words import MINUTE, Micros, Room

ERASE_TIMER = "privacy.erase"
"""Takes the next step of an erasure: data {request, step, after}."""
ERASING, ERASED = "person.erasing", "person.erased"
SETTLE = 1 * MINUTE
"""Between the decision and the first step: what was said to him about it still leaves."""
BATCH = 200
"""Rows that one statement of an erasure touches."""

ADDRESSES = 2_000
"""Messages whose address is looked at in one turn."""
TOLD_BY_CUSTOMERS = (
    Happened.REPORTED,
    Happened.SUPPLEMENTED,
    Happened.INQUIRED,
    Happened.FORM_ANSWERED,
    Happened.RATED,
    Happened.RATING_COMMENTED,
    Happened.REOPENED,
    "ticket.imported",
)
"""Events whose words are the customer's, whoever passed them on."""

_tickets = tickets_of
_unfinished = select(Ticket.table).where(
    Ticket.table.c.customer_id == bindparam("person_id"),
    Ticket.table.c.status != Status.CLOSED,
    Ticket.table.c.status != Status.CANCELLED,
)
_addresses = text("SELECT id, room FROM outbox WHERE id > :after AND room <> '' ORDER BY id LIMIT :most")
_without_address = text("UPDATE outbox SET room = :gone WHERE id = :id")
_without_number = text(
    "UPDATE number_use SET number = 'erased' WHERE (channel = 'sms' OR channel = 'voice') AND number = :number"
)
_serving = select(Person.table).where(
    Person.table.c.entity == bindparam("entity"), Person.table.c.serving == bindparam("room")
)

# ---- the decision


def erase(turn: Turn, request: PrivacyRequest, by: Person | None) -> None:
    """Begin to erase. Raises Refused: erase_open (names the tickets that have to be ended first), erase_staff (still with us),
    privacy_done (met already)."""
    person = subject_of(turn, request)
    if request.kind != "erase" or request.state != "open":
        raise Refused("privacy_done", number=request.id)
    if person.is_staff and person.active:
        raise Refused("erase_staff", name=person.name)
    if waiting := unfinished(turn, person):
        raise Refused("erase_open", numbers="、".join(ticket.number for ticket in waiting))
    request.state, request.done_by = "erasing", by.id if by else None
    _record(turn, ERASING, person, request, by)
    _go_on(turn, request, 0, None, 1, SETTLE)


def unfinished(turn: Turn, person: Person) -> list[Ticket]:
    """His tickets that are neither closed nor cancelled."""
    return [] if person.is_staff else turn.rows(Ticket, _unfinished, person_id=person.id)


def subject_of(turn: Turn, request: PrivacyRequest) -> Person:
    """Whose data a request is about."""
    person = turn.get(Person, request.person_id)
    assert person is not None
    return person


# ---- step by step


def take_step(turn: Turn, timer: Timer) -> None:
    """The next step; the one after it is a turn of its own."""
    request = turn.get(PrivacyRequest, timer.data["request"], lock=True)
    if request is None or request.state != "erasing":
        return
    number, after = timer.data["step"], timer.data["after"]
    after = STEPS[number](turn, subject_of(turn, request), after)
    number = number if after is not None else number + 1
    if number < len(STEPS):
        _go_on(turn, request, number, after, timer.data["count"] + 1, 0)
    else:
        _finish(turn, request)


def _go_on(turn: Turn, request: PrivacyRequest, step: int, after: Any, count: int, wait: Micros) -> None:
    data = {"request": request.id, "step": step, "after": after, "count": count}
    turn.remind(ERASE_TIMER, f"privacy:{request.id}", turn.now + wait, episode=str(count), data=data)


def _combing(combed: Combed) -> Callable[[Turn, Person, Any], Any]:
    def step(turn: Turn, person: Person, after: Any) -> Any:
        return comb(turn, combed, combed.first if after is None else after, traces_of(turn, person))

    return step


def _forget_tickets(turn: Turn, person: Person, after: Any) -> int | None:
    """What his tickets say of him, and what was told about them; a ticket a turn."""
    left = [ticket for ticket in turn.rows(Ticket, _tickets, person_id=person.id) if ticket.id > (after or 0)]
    if not left or person.is_staff:
        return None
    ticket, traces = left[0], traces_of(turn, person)
    forget_words(turn, ticket)
    ticket.summary = traces.hidden(ticket.summary) if ticket.summary else None
    ticket.room, ticket.thread = gone_room(ticket.channel), None
    turn.flush()
    turn.guard()
    for statement in _OF_TICKET:
        turn.connection.run(statement, ticket=ticket.id, stream=ticket.stream, person=person.id, room=ticket.room)
    for event_id, words in turn.connection.all(_words_in, stream=ticket.stream):
        if traces.spoken_of(words):
            turn.connection.run(_without_words, event=event_id)
    return ticket.id


def _forget_rooms(turn: Turn, person: Person, after: Any) -> int | None:
    """What was said in his own chats and to his numbers; some rows of a room in each turn, until nothing is left there."""
    rooms = _rooms_of(turn, person)
    for colleague in [one for room in rooms for one in turn.rows(Person, _serving, entity=person.entity, room=room)]:
        colleague.serving = None
    turn.flush()
    turn.guard()
    for statement in _OF_TALKS:
        turn.connection.run(statement, person=person.id, gone=gone_room("chat"))
    most = 0
    for room in rooms:
        given = {"room": room, "gone": gone_room(Room.of(room).channel), "most": BATCH, "nothing": b""}
        most = max(most, *(turn.connection.run(statement, **given) for statement in _OF_ROOM))
    return (after or 0) + 1 if most >= BATCH else None


def _rooms_of(turn: Turn, person: Person) -> list[str]:
    """His direct chats, by all that is known of them, and the rooms of his numbers."""
    links = turn.rows(Link, links_of_anybody, person_id=person.id)
    rooms = {str(Room(link.channel, link.account, link.who_id)) for link in links}
    rooms |= {link.room for link in links if not Room.of(link.room).group}
    rooms |= {str(room) for channel in turn.house.accounts if (room := number_room(turn, person, channel))}
    return sorted(rooms)


def _forget_addresses(turn: Turn, person: Person, after: Any) -> int | None:
    """Rooms that bear a number or an id of his and are known by nothing else: carriers that were used once."""
    traces, seen = traces_of(turn, person), after or 0
    turn.flush()
    turn.guard()
    found = turn.connection.all(_addresses, after=seen, most=ADDRESSES)
    for row_id, room in found:
        if traces.found(room):
            turn.connection.run(_without_address, id=row_id, gone=gone_room(Room.of(room).channel))
    for number in traces.sure:
        turn.connection.run(_without_number, number=number)
    return found[-1][0] if len(found) == ADDRESSES else None


def _forget_person(turn: Turn, person: Person, after: Any) -> None:
    """What his own row says, and whatever else bears his id."""
    turn.flush()
    turn.guard()
    for statement in _OF_PERSON:
        turn.connection.run(statement, person=person.id)
    if not person.is_staff:
        person.name = turn.house.wording.text(person.lang, "privacy.erased")
        person.company = person.region = None
    person.aliases, person.routes, person.muted = [], [], []
    person.phone = person.calls = person.address = person.serving = None
    person.active = person.on_duty = False


def forget_words(turn: Turn, ticket: Ticket) -> None:
    """A ticket without what leads to its customer; what was wrong, when, and what was done stays."""
    ticket.description, ticket.phone, ticket.address = "", None, None
    ticket.preferred_text = ticket.delivery_constraint = None


def gone_room(channel: str) -> str:
    """Stands where the address of a chat stood."""
    return str(Room(channel, "-", "erased"))


def _finish(turn: Turn, request: PrivacyRequest) -> None:
    person = subject_of(turn, request)
    person.erased_at = request.done_at = turn.now
    request.state, request.via = "done", None
    by = turn.get(Person, request.done_by) if request.done_by else None
    _record(turn, ERASED, person, request, by)
    files.order(turn)


def _record(turn: Turn, kind: str, person: Person, request: PrivacyRequest, by: Person | None) -> None:
    turn.record(
        kind,
        entity=person.entity,
        stream=f"person:{person.id}",
        by=by.id if by else None,
        data={"request": request.id, "person": person.id},
    )


STEPS: tuple[Callable[[Turn, Person, Any], Any], ...] = (
    *map(_combing, TABLES),
    _forget_rooms,
    _forget_addresses,
    _forget_tickets,
    _forget_person,
)
"""In this order: his own rows are what the others are searched for, so they go last."""

_OF_TICKET = (
    *FORGET_MEDIA,
    *sql(
        "DELETE FROM form_answer WHERE ticket_id = :ticket",
        "UPDATE shipment SET room = :room WHERE ticket_id = :ticket",
        "UPDATE report SET hash = NULL, size = NULL, signed_hash = NULL, signed_size = NULL "
        "WHERE ticket_id = :ticket AND state <> 'signed'",
        f"UPDATE signature SET {NOBODY} WHERE report_id IN (SELECT id FROM report WHERE ticket_id = :ticket)",
        f"UPDATE outbox SET say = {SHOWN_NOTHING} WHERE subject = :stream AND person_id = :person",
        """DELETE FROM event_private WHERE event_id IN (SELECT id FROM event WHERE stream = :stream AND ("by" = :person OR """
        + " OR ".join(f"kind = '{kind}'" for kind in TOLD_BY_CUSTOMERS)
        + "))",
    ),
)
_words_in = text(
    "SELECT p.event_id, p.data FROM event e JOIN event_private p ON p.event_id = e.id WHERE e.stream = :stream"
)
_without_words = text("DELETE FROM event_private WHERE event_id = :event")
_OF_ROOM = sql(
    f"UPDATE job SET {DONE_WITH} WHERE key IN (SELECT 'rank:' || id FROM inbox WHERE room = :room)",
    f"UPDATE inbox SET said = {SAID_NOTHING}, raw = :nothing, key = 'erased:' || id, ref = NULL, error = NULL, room = :gone "
    "WHERE id IN (SELECT id FROM inbox WHERE room = :room ORDER BY id LIMIT :most)",
    f"UPDATE outbox SET say = {SHOWN_NOTHING}, ref = NULL, room = :gone, "
    "state = CASE WHEN state IN ('waiting', 'held', 'leased') THEN 'withdrawn' ELSE state END "
    "WHERE id IN (SELECT id FROM outbox WHERE room = :room ORDER BY id LIMIT :most)",
    "DELETE FROM room WHERE room = :room",
)
_OF_TALKS = sql(
    "DELETE FROM timer WHERE subject IN (SELECT id FROM conversation WHERE person_id = :person)",
    "DELETE FROM conversation WHERE person_id = :person",
    "UPDATE reporter SET room = :gone WHERE person_id = :person",
    """UPDATE recording SET media = '{"ref": ""}', room = :gone, stage = 'done' WHERE person_id = :person""",
)
_OF_PERSON = sql(
    "DELETE FROM link WHERE person_id = :person",
    "DELETE FROM link_code WHERE person_id = :person",
    "DELETE FROM number_claim WHERE person_id = :person",
    "DELETE FROM guest WHERE person_id = :person OR customer_id = :person",
    "DELETE FROM external_id WHERE (kind = 'person' OR kind = 'account') AND subject_id = :person",
    "DELETE FROM form_upload WHERE person_id = :person",
    "DELETE FROM last_verb WHERE person_id = :person",
    """DELETE FROM event_private WHERE event_id IN (SELECT id FROM event WHERE "by" = :person)""",
    "UPDATE privacy_request SET hash = NULL, size = NULL, via = NULL WHERE person_id = :person",
)
TIMERS = {ERASE_TIMER: take_step}
"""Kind of timer → what happens when it is due."""
