"""A tracking number in a message or beside a photo finds its ticket, in any chat with staff (S24)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import ask_which
from core.parts import shipping
from core.parts.model import Shipment
from core.refused import Refused
from core.tickets.attaching import move
from core.tickets.describing import what
from core.tickets.model import Attachment, Status, Ticket
from core.tickets.queries import digits_of
from core.words import Media
from dialogue import photos
from dialogue.heard import Heard
from dialogue.quoting import quoted
from dialogue.staff import parts
from dialogue.staff.refusing import refuse
from dialogue.staff.which import numbers_named, ticket_numbered
from dialogue.understanding.words import Context, Order
from dialogue.vocabulary import says

PARCEL = "parcel:"
"""Token of a choice: the parcel spoken of is for this ticket (parcel:GD-1001)."""
MOST_CHOICES = 5
MOST_NUMBERS = 10
"""Tracking numbers of one message that are looked at."""

_waiting_for_parts = (
    select(Ticket.table)
    .where(Ticket.table.c.entity == bindparam("entity"), Ticket.table.c.status == Status.WAITING_PART)
    .order_by(Ticket.table.c.id.desc())
    .limit(MOST_CHOICES)
)


def take(heard: Heard) -> str | None:
    """A message with a tracking number; None if it has none, or says more about the work than that. Raises Refused."""
    numbers, rest = heard.mind.parcels(heard.text) if heard.text else ((), "")
    if not numbers:
        return None
    order = heard.mind.order(rest, heard.message.at, heard.person.role, Context())
    found = _found(heard, numbers[:MOST_NUMBERS], order)
    if not found:
        return _ask(heard, numbers[:MOST_NUMBERS])
    noted = order.action == "note" and not heard.message.media and not _came(heard)
    media = (*photos.taken(heard), *heard.message.media)
    for number, ticket in found:
        _file(heard, number, ticket, media, came=_came(heard))
    _move_photos(heard, found[-1][1])
    return None if noted else _told(heard, found, order)


def take_photo(heard: Heard) -> str | None:
    """A photo without words: the receipt of the parcel of which its room has just spoken; None if it spoke of none, or of several."""
    if heard.message.kind not in ("image", "file") or photos.burst(heard) or quoted(heard) is not None:
        return None
    rows = shipping.spoken_of_in(heard.turn, heard.person.entity, heard.message.room)
    if len({row.tracking for row in rows}) != 1:
        return None
    try:
        for row in rows:
            _received(heard, row, heard.message.media)
    except Refused as refused:
        return refuse(heard, refused)
    ticket = _ticket(heard, rows[0])
    heard.answer("action_done", "staff.done_receipt", number=ticket.number, tracking=rows[0].tracking)
    return f"receipt on {ticket.number}"


def press(heard: Heard, number: str) -> str:
    """He says for which ticket the parcel is. Raises Refused."""
    question, heard.talk.question = heard.talk.question or {}, None
    if question.get("slot") != "parcel":
        heard.answer("error_hint", "staff.parcel_gone")
        return "no parcel waits"
    ticket = ticket_numbered(heard, digits_of(number))
    for tracking in question["numbers"]:
        _file(heard, tracking, ticket, photos.taken(heard), came=question["came"])
    heard.answer("action_done", "staff.done_parcel", number=ticket.number, tracking="、".join(question["numbers"]))
    return f"parcel for {ticket.number}"


def waits(heard: Heard) -> bool:
    """Whether the desk has asked for which ticket a parcel is."""
    return (heard.talk.question or {}).get("slot") == "parcel"


def _found(heard: Heard, numbers: tuple[str, ...], order: Order) -> list[tuple[str, Ticket]]:
    """Each number with the tickets that he names beside it, or whose message he answers; else with those that are known of it."""
    digits = numbers_named(order.ticket) if order.ticket.form in ("number", "multi") else []
    named, answered = [ticket_numbered(heard, one) for one in digits], quoted(heard)
    named = named or ([answered] if answered is not None else [])
    return [
        (number, one) for number in numbers for one in named or [_ticket(heard, row) for row in _known(heard, number)]
    ]


def _file(heard: Heard, tracking: str, ticket: Ticket, media: tuple[Media, ...], *, came: bool) -> None:
    room = heard.message.room
    shipping.ship(heard.turn, ticket, heard.person, tracking, room)
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    if media or came:
        row = next(row for row in _known(heard, tracking) if row.ticket_id == ticket.id)
        _received(heard, row, media)


def _received(heard: Heard, row: Shipment, media: tuple[Media, ...]) -> None:
    shipping.receive(heard.turn, row, _ticket(heard, row), heard.person, media, heard.text, heard.message.room)


def _told(heard: Heard, found: list[tuple[str, Ticket]], order: Order) -> str:
    """The answer; that the part is here, or when it comes, is put down as well if he says so."""
    ticket, numbers = found[0][1], "、".join(dict.fromkeys(number for number, _ in found))
    outcome = f"parcel for {ticket.number}"
    if ticket.status == Status.WAITING_PART and order.ticket.form == "number":
        if order.action == "part_eta" and order.args.get("date"):
            return f"{outcome}; {parts.part_eta(heard, ticket, order)}"
        if order.action == "part_arrived" and says(heard.text, "part_here"):
            return f"{outcome}; {parts.part_arrived(heard, ticket, order)}"
    if _among_people(heard):
        return outcome
    receipt = bool(heard.message.media) or _came(heard)
    key = "staff.done_receipt" if receipt else "staff.done_parcel"
    heard.answer("action_done", key, number=ticket.number, tracking=numbers)
    return outcome


def _ask(heard: Heard, numbers: tuple[str, ...]) -> str:
    """Nobody has said for which ticket it is: he is asked once."""
    if _among_people(heard):
        return "a parcel among people"
    if heard.message.media:
        photos.keep(heard)
    if (heard.talk.question or {}).get("numbers") == list(numbers):
        return "asked already for which ticket the parcel is"
    tickets = heard.turn.rows(Ticket, _waiting_for_parts, entity=heard.person.entity)
    words = heard.turn.house.wording
    labels = [heard.say("staff.which_line", number=one.number, what=what(words, one, heard.lang)) for one in tickets]
    choices = [(label, f"{PARCEL}{one.number}") for label, one in zip(labels, tickets, strict=True)]
    waiting = {"slot": "parcel", "numbers": list(numbers), "came": _came(heard), "ticket": 0, "at": heard.turn.now}
    heard.talk.question = waiting
    text = heard.say("staff.parcel_which", tracking="、".join(numbers))
    ask_which(heard.turn, heard.talk, "ask_choice", text, choices)
    return "asked for which ticket the parcel is"


def _move_photos(heard: Heard, ticket: Ticket) -> None:
    """Photos that came just before, without a word, show this parcel."""
    just, turn = photos.burst(heard), heard.turn
    if not just or just["sure"] or just["ticket"] == ticket.id:
        return
    wrong = turn.get(Ticket, just["ticket"], lock=True)
    files = [file for key in just["files"] if (file := turn.get(Attachment, key)) is not None]
    if wrong is None or not files:
        return
    move(turn, files, wrong, ticket, heard.person)
    wrong.first_action_at, wrong.last_action_at = just["before"]
    for file in files:
        file.kind = shipping.RECEIPT
    heard.talk.photos = {**just, "ticket": ticket.id, "sure": True}


def _came(heard: Heard) -> bool:
    """Whether he says that the parcel was handed over."""
    return says(heard.text, "parcel_came")


def _among_people(heard: Heard) -> bool:
    """Whether it is said to others, and shows nothing: no answer of the desk's is expected."""
    return heard.among_people and not heard.message.media


def _known(heard: Heard, tracking: str) -> list[Shipment]:
    return shipping.shipments_with(heard.turn, heard.person.entity, tracking)


def _ticket(heard: Heard, row: Shipment) -> Ticket:
    ticket = heard.turn.get(Ticket, row.ticket_id, lock=True)
    assert ticket is not None
    return ticket
