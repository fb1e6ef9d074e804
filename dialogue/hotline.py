"""A call that an agent of the 400 hotline took, as his system writes it down (S51, S97).

The caller was answered by the agent, so the desk says nothing to him: it counts what he asked, makes a ticket of what he reported,
and puts the note and the recording on his ticket.
"""

from __future__ import annotations

from core.conversations.saying import conversation_with
from core.links.matching import customers_with_phone
from core.people.dialling import SMS, number_room
from core.people.linking import staff_with_phone
from core.people.model import Person, Role
from core.people.phones import phone_number
from core.rules.applying import keyword_hit
from core.store.model import Inbox
from core.store.turn import Turn
from core.tickets.announcing import announce
from core.tickets.inquiring import PHONE
from core.tickets.model import Ticket
from core.tickets.queries import tickets_of_customer
from core.tickets.reporting import Told, report, supplement
from core.tickets.sameness import other_device
from core.wording import language_of
from core.words import Inbound
from dialogue.customer.inquiring import inquired
from dialogue.customer.progress import asked_about
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.understanding.mind import Mind
from dialogue.understanding.words import Understanding


def hear(turn: Turn, row: Inbox, message: Inbound, mind: Mind) -> str:
    """The name of what came of it."""
    if not message.text.strip() and not message.media:
        return "a call of which nothing was put down"
    number = phone_number(message.who.phone or "")
    if number is None:
        return "a call from no number that is proven"
    if staff_with_phone(turn, turn.house.policies.entity, number) is not None:
        return "a call of the staff"
    person = _caller(turn, message, number)
    row.person_id = person.id
    heard = Heard(turn, row, message, person, conversation_with(turn, person, message.room), mind)
    meant = heard.meant
    return _asked(heard, meant) or _told(heard, meant)


def _caller(turn: Turn, message: Inbound, number: str) -> Person:
    """The customer with this number, he who has an open ticket before others; from now on somebody is known by it."""
    known = customers_with_phone(turn, turn.house.policies.entity, number)
    waiting = [one for one in known if any(ticket.is_open for ticket in tickets_of_customer(turn, one))]
    found = next(iter(waiting or known), None)
    if found is not None:
        return found
    new = {"role": Role.CUSTOMER, "name": message.who.name, "phone": number, "lang": language_of(message.text) or "zh"}
    return turn.add(Person(id=turn.new_id(), entity=turn.house.policies.entity, **new))


def _asked(heard: Heard, meant: Understanding) -> str | None:
    """He rang to ask how it stands; what we ring him for is no question of his."""
    if not heard.message.called or meant.decision != "accept":
        return None
    ticket = inquired(heard, meant, asked_about(heard, meant), PHONE)
    if ticket is None:
        return None
    if heard.message.media:
        supplement(heard.turn, ticket, heard.person, Told(media=heard.message.media, kind="voice"))
    return f"asked after {ticket.number} by phone"


def _told(heard: Heard, meant: Understanding) -> str:
    """He reported something, or added to what he had reported."""
    fields = fields_of(meant, heard.turn.house.zone)
    told, ticket = told_by(heard, fields, meant), _his_ticket(heard, fields.get("device"))
    if ticket is not None:
        supplement(heard.turn, ticket, heard.person, told, correcting=False)
        return f"noted on {ticket.number}"
    reported = meant.decision == "accept" and meant.intent == "report_fault"
    if not (reported or "fault_symptom" in fields or keyword_hit(heard.turn.house, heard.text)):
        return "a call about nothing that is open"
    room = number_room(heard.turn, heard.person, SMS) or heard.message.room
    ticket = report(heard.turn, heard.person, room, told)
    announce(heard.turn, ticket)
    return f"made {ticket.number}"


def _his_ticket(heard: Heard, device: str | None) -> Ticket | None:
    """The open ticket that a call is about, as far as it names no other device: the one that was made last."""
    tickets = [ticket for ticket in tickets_of_customer(heard.turn, heard.person) if ticket.is_open]
    same = [ticket for ticket in tickets if not other_device(ticket.device, device)]
    return max(same, key=lambda ticket: (ticket.created_at, ticket.id), default=None)
