"""A ticket in words: what it is about, where it stands, and as a card. What a reader may not see is not there."""

from __future__ import annotations

from core.clocks.lateness import response_due_at
from core.forms.showing import facts as form_facts
from core.parts.requesting import waiting_parts
from core.people.model import Person
from core.scans.history import tickets_of_device
from core.store.turn import Turn
from core.tickets.model import Priority, Status, Ticket
from core.tickets.ownership import owner_of
from core.tickets.queries import digits_of
from core.tickets.views import view
from core.wording import Wording
from core.words import Say

LONGEST_WORDS = 300
"""Characters of the customer's own words on a card."""


def what(words: Wording, ticket: Ticket, lang: str) -> str:
    """Device and fault in a few words: 投影仪 打不开."""
    named = " ".join(part for part in (ticket.device, ticket.fault_symptom) if part)
    return named or words.text(lang, "customer.what_unknown")


def who(turn: Turn, ticket: Ticket) -> str:
    """The name of whoever answers for it now."""
    owner = owner_of(turn, ticket)
    return owner.name or "" if owner else ""


def state(turn: Turn, ticket: Ticket, lang: str) -> str:
    """Where it stands: who has it, since when, what it waits for and until when."""
    if ticket.status == Status.UNASSIGNED:
        return _not_taken(turn, ticket, lang)
    words, zone = turn.house.wording, turn.house.zone
    at = {Status.ON_SITE: ticket.arrived_at, Status.DONE: ticket.done_at, Status.CLOSED: ticket.closed_at}.get(
        ticket.status
    )
    when = words.moment(lang, at, turn.now, zone) if at else ""
    stands = words.text(lang, f"customer.progress.{ticket.status}", name=who(turn, ticket), when=when)
    return stands + _what_comes(turn, ticket, lang)


def _not_taken(turn: Turn, ticket: Ticket, lang: str) -> str:
    words, name = turn.house.wording, who(turn, ticket)
    offered = turn.get(Person, ticket.engineer_id) if ticket.engineer_id else None
    if offered:
        return words.text(lang, "customer.progress.offered", offered=offered.name, name=name)
    due_at, due = response_due_at(turn.house.policies, ticket), ""
    if due_at is not None and due_at > turn.now and ticket.priority != Priority.P0:
        due = words.text(lang, "customer.progress.due", when=words.moment(lang, due_at, turn.now, turn.house.zone))
    key = "customer.progress.unassigned" if name else "customer.progress.unassigned_nobody"
    return words.text(lang, key, name=name, due=due)


def _what_comes(turn: Turn, ticket: Ticket, lang: str) -> str:
    """What is expected next and when, as far as it is known: the visit, the parts, the end of a pause."""
    words, zone = turn.house.wording, turn.house.zone
    if ticket.status == Status.ACCEPTED and ticket.appointment_start and ticket.appointment_start > turn.now:
        when = words.moment(lang, ticket.appointment_start, turn.now, zone)
        return words.text(lang, "customer.progress.appointment", when=when)
    if (
        ticket.status == Status.WAITING_PART
        and (dates := [part.eta for part in waiting_parts(turn, ticket)])
        and all(dates)
    ):
        when = words.day(lang, max(date for date in dates if date), turn.now, zone)
        return words.text(lang, "customer.progress.part_due", when=when)
    if ticket.status == Status.ON_HOLD and ticket.hold_until:
        when = words.moment(lang, ticket.hold_until, turn.now, zone)
        return words.text(lang, "customer.progress.hold_until", when=when)
    return ""


def progress_line(turn: Turn, ticket: Ticket, lang: str) -> str:
    """Number, what, and where it stands, in one line."""
    words = turn.house.wording
    return words.text(
        lang,
        "customer.progress.line",
        number=ticket.number,
        what=what(words, ticket, lang),
        state=state(turn, ticket, lang),
    )


def card(turn: Turn, ticket: Ticket, reader: Person, purpose: str, title: str, text: str = "") -> Say:
    """A ticket as a card for a member of the staff."""
    words, lang, zone = turn.house.wording, reader.lang, turn.house.zone
    seen = view(ticket, reader)
    customer = turn.get(Person, ticket.customer_id) if "customer_id" in seen else None
    owner = owner_of(turn, ticket)
    wish = seen.get("preferred_text")
    if seen.get("preferred_start"):
        wish = words.period(lang, seen["preferred_start"], seen["preferred_end"], turn.now, zone)
    device = "、".join(part for part in (seen.get("device"), seen.get("device_model"), seen.get("serial_no")) if part)
    fault = "、".join(part for part in (seen.get("fault_symptom"), seen.get("error_code")) if part)
    rows = {
        "status": words.name(lang, "status", ticket.status),
        "priority": words.name(lang, "priority", ticket.priority),
        "device": device,
        "before": _before(turn, ticket, lang),
        "fault": fault,
        "customer": customer.name if customer else None,
        "phone": seen.get("phone"),
        "address": seen.get("address"),
        "wish": wish,
        "constraint": words.terms(lang, "constraint", seen.get("delivery_constraint") or ""),
        "words": (seen.get("description") or "")[:LONGEST_WORDS],
        "attachments": str(ticket.attachments) if ticket.attachments else None,
        "owner": owner.name if owner else None,
        "summary": seen.get("summary"),
        "created": words.moment(lang, ticket.created_at, turn.now, zone),
    }
    facts = tuple((words.text(lang, f"staff.card.{name}"), value) for name, value in rows.items() if value)
    facts += form_facts(turn, ticket, reader)
    return Say(purpose, text, title=title, facts=facts, link=page_link(turn, ticket, reader))


def _before(turn: Turn, ticket: Ticket, lang: str) -> str | None:
    """How often the same device was reported before, and what it was last (S67)."""
    serial = (ticket.serial_no or "").partition("、")[0]
    known = [one for one in tickets_of_device(turn, ticket.entity, serial) if one.id < ticket.id] if serial else []
    if not known:
        return None
    words, last = turn.house.wording, known[-1]
    return words.text(lang, "staff.card_before", count=len(known), number=last.number, what=what(words, last, lang))


def page_link(turn: Turn, ticket: Ticket, reader: Person) -> str | None:
    """His own link to the ticket's page, where pages have a public address (S83)."""
    pages = turn.house.pages
    return pages.link(turn, reader, page_of(ticket.number)) if pages else None


def page_of(number: str) -> str:
    """The path of a ticket's page, which is what a pass to it names."""
    return f"t/{number}"


def customer_link_of(turn: Turn, ticket: Ticket, person: Person) -> str | None:
    """A customer's own link to how his ticket stands, where pages have a public address (S97, S99)."""
    pages = turn.house.pages
    return pages.customers_link(turn, person, customer_page_of(ticket.number)) if pages else None


def customer_page_of(number: str) -> str:
    """The path of the page on which a customer sees how his ticket stands, which is what a pass to it names."""
    return f"c/{number}"


def accept_hint(turn: Turn, ticket: Ticket, lang: str) -> str:
    """How to take the ticket by typing."""
    return turn.house.wording.text(lang, "staff.accept_hint", digits=digits_of(ticket.number))
