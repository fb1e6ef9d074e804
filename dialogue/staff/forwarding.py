"""What a member of the staff forwards are a customer's words and files, never his own: they join a ticket or become one, with one
question at most (S5a)."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import ask_which
from core.links.matching import match_customer_by_name, match_customer_by_phone
from core.people.linking import direct_room
from core.people.model import Person
from core.refused import Refused
from core.tickets import noting
from core.tickets.announcing import announce
from core.tickets.describing import what
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Attachment, Ticket
from core.tickets.queries import digits_of, open_of_engineer, tickets_of_customer, unaccepted, with_sign
from core.tickets.reporting import Told, report, supplement
from core.tickets.sameness import other_device, same_fault
from dialogue import photos
from dialogue.customer.burst import relay
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.quoting import named_in
from dialogue.records import Record, read_record
from dialogue.staff.photos import MOST_CHOICES, NEW, PHOTO
from dialogue.staff.refusing import refuse
from dialogue.staff.which import ticket_numbered

KINDS = frozenset({"text", "image", "file", "voice", "place", "contact"})
"""What can be forwarded."""


def take(heard: Heard) -> str | None:
    """Words or files that were passed on; None for what he says himself."""
    message = heard.message
    if not message.forwarded or message.kind not in KINDS:
        return None
    if heard.among_people:
        return "passed on among people"
    told, record = _read(heard, heard.text)
    try:
        ticket = _meant(heard, told, record)
        if ticket is not None:
            return _join(heard, ticket, _with_waiting(heard, told))
        customer = _customer(heard, told, record)
        known = [one for one in tickets_of_customer(heard.turn, customer) if one.is_open] if customer else []
        if told.fields.get("fault_symptom") and not known and (customer or not _others(heard)):
            return _make(heard, customer, _with_waiting(heard, told))
        return _ask(heard, known)
    except Refused as refused:
        return refuse(heard, refused)


def waits(heard: Heard) -> bool:
    """Whether something that he forwarded waits for its ticket."""
    return photos.words_waiting(heard) is not None


def press(heard: Heard, number: str) -> str:
    """He says where it belongs. Raises Refused."""
    heard.talk.question = None
    words = photos.words_waiting(heard)
    if words is None:
        heard.answer("error_hint", "staff.photo_gone")
        return "nothing waits"
    told, record = _read(heard, words)
    told = _with_waiting(heard, replace(told, words="", media=()))
    if number == NEW:
        return _make(heard, _customer(heard, told, record), told)
    return _join(heard, ticket_numbered(heard, "".join(filter(str.isdecimal, number)) or "0"), told)


def _read(heard: Heard, text: str) -> tuple[Told, Record]:
    """What a customer's words tell, whoever brings them."""
    record = read_record(text)
    meant = heard.mind.customer(record.words, heard.message.at)
    told = told_by(heard, fields_of(meant, heard.turn.house.zone), meant)
    return replace(told, words=text, passed_on_by=heard.person.id), record


def _with_waiting(heard: Heard, told: Told) -> Told:
    """What was forwarded before and waited for its ticket comes first."""
    words, media = photos.words_waiting(heard), photos.taken(heard)
    said = "\n".join(filter(None, (words, told.words)))
    kind = "image" if media and not told.media else told.kind
    return replace(told, words=said, media=(*media, *told.media), kind=kind)


def _meant(heard: Heard, told: Told, record: Record) -> Ticket | None:
    """The ticket named in it, that of the burst, or the one of which it tells once more."""
    if (named := named_in(heard, told.words)) is not None and named.entity == heard.person.entity:
        return named
    if just := photos.burst(heard):
        return heard.turn.get(Ticket, just["ticket"], lock=True)
    if photos.waits(heard):
        return None
    same = [ticket for ticket in _of_the_same(heard, told, record) if _tells_of(ticket, told)]
    return ticket_numbered(heard, digits_of(same[0].number)) if len(same) == 1 else None


def _of_the_same(heard: Heard, told: Told, record: Record) -> list[Ticket]:
    """Open tickets of the customer who speaks in it, or that carry its serial number or phone."""
    customer, turn = _customer(heard, told, record), heard.turn
    found = tickets_of_customer(turn, customer) if customer else []
    for field in ("serial_no", "phone"):
        if sign := told.fields.get(field):
            found += with_sign(turn, heard.person.entity, field, sign)
    return [ticket for ticket in {ticket.id: ticket for ticket in found}.values() if ticket.is_open]


def _tells_of(ticket: Ticket, told: Told) -> bool:
    """Whether it is the same fault, or more about it: another device or another symptom is another fault."""
    if told.fields.get("fault_symptom") and ticket.fault_symptom:
        return same_fault(ticket, {"device": ticket.device, **told.fields})
    return not other_device(ticket.device, told.fields.get("device"))


def _customer(heard: Heard, told: Told, record: Record) -> Person | None:
    """The customer whose number stands in it, or whose name alone stands before words of it."""
    turn, entity = heard.turn, heard.person.entity
    if phone := told.fields.get("phone"):
        known = match_customer_by_phone(turn, entity, phone)
        if known is not None:
            return known
    named = [one for name in record.speakers if (one := match_customer_by_name(turn, entity, name))]
    return named[0] if len({person.id for person in named}) == 1 else None


def _join(heard: Heard, ticket: Ticket, told: Told) -> str:
    """Put it on the ticket, with who passed it on; nothing that is known is overwritten. Raises Refused."""
    turn = heard.turn
    must_be_entitled(heard.person, "note", ticket)
    noting.must_not_be_over(ticket)
    before = [ticket.first_action_at, ticket.last_action_at]
    supplement(turn, ticket, heard.person, told, correcting=False)
    if ticket.engineer_id != heard.person.id:
        relay(turn, ticket, told.words, len(told.media))
    _remember(heard, ticket, before)
    heard.answer("action_done", "staff.forward_joined", number=ticket.number, what=_what(heard, ticket))
    return f"passed on to {ticket.number}"


def _make(heard: Heard, customer: Person | None, told: Told) -> str:
    """A new ticket of the customer who speaks in it; whoever passed it on stands in for one who is not known."""
    turn = heard.turn
    reporter = customer or heard.person
    room = (direct_room(turn, customer) if customer else None) or heard.message.room
    ticket = report(turn, reporter, room, told)
    announce(turn, ticket)
    _remember(heard, ticket, [None, None])
    heard.answer("action_done", "staff.forward_reported", number=ticket.number, what=_what(heard, ticket))
    return f"made {ticket.number}"


def _remember(heard: Heard, ticket: Ticket, before: list[int | None]) -> None:
    """What is forwarded next belongs there too."""
    files = [file for file in heard.turn.seen(Attachment) if file.ticket_id == ticket.id]
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    photos.put(heard, ticket, files, sure=True, before=before)


def _ask(heard: Heard, known: list[Ticket]) -> str:
    """新工单还是 #单号? One question for all that is forwarded in a burst."""
    if photos.keep(heard, words=heard.text):
        return "one more waits"
    turn = heard.turn
    tickets = list({one.id: one for one in [*known, *_others(heard)]}.values())[:MOST_CHOICES]
    labels = [heard.say("staff.which_line", number=one.number, what=_what(heard, one)) for one in tickets]
    choices = [(label, f"{PHOTO}{one.number}") for label, one in zip(labels, tickets, strict=True)]
    choices.append((heard.say("staff.photo_new"), f"{PHOTO}{NEW}"))
    heard.talk.question = {"slot": "photo", "ticket": 0, "at": turn.now}
    ask_which(turn, heard.talk, "ask_choice", heard.say("staff.forward_which"), choices)
    return "asked where it belongs"


def _others(heard: Heard) -> list[Ticket]:
    """Tickets that may be meant where nothing tells: his own, else those that nobody has taken."""
    return open_of_engineer(heard.turn, heard.person) or unaccepted(heard.turn, heard.person.entity)


def _what(heard: Heard, ticket: Ticket) -> str:
    return what(heard.turn.house.wording, ticket, heard.lang)
