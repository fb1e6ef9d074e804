"""What is arranged around a ticket: who has it, when somebody comes, why it stops, and taking a verb back."""

from __future__ import annotations

from core.conversations.saying import tell
from core.people.model import Person, Role
from core.people.naming import colleague
from core.refused import Refused
from core.tickets import appointing, cancelling, duplicates, handing_over, holding, merging, quoting, undoing, urging
from core.tickets.announcing import announce
from core.tickets.describing import what, who
from core.tickets.model import Status, Ticket
from core.tickets.ownership import superior_of
from core.tickets.queries import digits_of, full_number, must_find
from core.words import Say
from dialogue.customer.slots import instant
from dialogue.heard import Heard
from dialogue.staff.drafting import keep_draft
from dialogue.understanding.words import Order


def transfer(heard: Heard, ticket: Ticket, order: Order) -> str:
    """转单, and 派单 for managers."""
    called = order.args.get("to")
    if not called:
        heard.answer("error_hint", "staff.ask_to", number=digits_of(ticket.number))
        return "asked to whom"
    to = colleague(heard.turn, heard.person.entity, called)
    owned = ticket.owner_id is not None
    handing_over.transfer(heard.turn, ticket, heard.person, to)
    key = "staff.done_transfer" if owned else "staff.done_assign"
    heard.answer("action_done", key, number=ticket.number, name=to.name)
    return f"gave {ticket.number} to {to.id}"


def refuse(heard: Heard, ticket: Ticket, order: Order) -> str:
    """改派: he cannot take what was offered to him."""
    handing_over.refuse(heard.turn, ticket, heard.person)
    heard.answer("action_done", "staff.done_refuse", number=ticket.number)
    return f"refused {ticket.number}"


def hold(heard: Heard, ticket: Ticket, order: Order) -> str:
    """挂起, with its reason; one that is too short is kept and added to (S38)."""
    reason = order.args.get("reason") or ""
    try:
        holding.hold(heard.turn, ticket, heard.person, reason, until_of(heard, reason))
    except Refused as refused:
        if refused.key == "summary_too_short" and reason:
            keep_draft(heard, ticket, reason, "hold")
        raise
    heard.answer("action_done", "staff.done_hold", number=ticket.number)
    return f"held {ticket.number}"


def resume(heard: Heard, ticket: Ticket, order: Order) -> str:
    """恢复."""
    holding.resume(heard.turn, ticket, heard.person)
    status = heard.turn.house.wording.name(heard.lang, "status", ticket.status)
    heard.answer("action_done", "staff.done_resume", number=ticket.number, status=status)
    return f"resumed {ticket.number}"


def reschedule(heard: Heard, ticket: Ticket, order: Order) -> str:
    """改约: the time that was agreed with the customer."""
    if not order.args.get("start"):
        heard.answer("error_hint", "staff.ask_time", number=digits_of(ticket.number))
        return "asked when"
    zone, words = heard.turn.house.zone, heard.turn.house.wording
    start, end = instant(order.args["start"], zone), instant(order.args["end"], zone)
    appointing.appoint(heard.turn, ticket, heard.person, start, end)
    when = words.period(heard.lang, start, end, heard.turn.now, zone)
    heard.answer("action_done", "staff.done_appoint", number=ticket.number, when=when)
    return f"appointed {ticket.number}"


def merge(heard: Heard, ticket: Ticket, order: Order) -> str:
    """合并."""
    into = must_find(heard.turn, heard.person.entity, full_number(heard.turn, str(order.args["into"])))
    merging.merge(heard.turn, ticket, into, heard.person)
    heard.talk.last_ticket = into.id
    heard.answer("action_done", "staff.done_merge", number=ticket.number, into=into.number)
    return f"merged {ticket.number}"


def keep_apart(heard: Heard, ticket: Ticket, order: Order) -> str:
    """不是同一个: the second ticket is a fault of its own and is dispatched."""
    duplicates.keep_apart(heard.turn, ticket, heard.person)
    announce(heard.turn, ticket)
    heard.answer("action_done", "staff.done_keep_apart", number=ticket.number)
    return f"kept {ticket.number} apart"


def quote(heard: Heard, ticket: Ticket, order: Order) -> str:
    """报价."""
    amount = str(order.args["amount"])
    quoting.quote(heard.turn, ticket, heard.person, amount, agreed=bool(order.args.get("customer_agreed")))
    heard.answer("action_done", "staff.done_quote", number=ticket.number, amount=amount)
    return f"quoted {ticket.number}"


def urge(heard: Heard, ticket: Ticket, order: Order) -> str:
    """催单: a manager pushes."""
    urging.urge(heard.turn, ticket, heard.person)
    heard.answer("action_done", "staff.done_urge", number=ticket.number, name=who(heard.turn, ticket))
    return f"urged {ticket.number}"


def escalate(heard: Heard, ticket: Ticket, order: Order) -> str:
    """请求支援: his superior hears of it."""
    superior = superior_of(heard.turn, heard.person, ticket)
    if superior is None:
        raise Refused("person_unknown", name="")
    words = heard.turn.house.wording
    text = words.text(
        superior.lang,
        "staff.escalated",
        name=heard.person.name or "",
        number=ticket.number,
        what=what(words, ticket, superior.lang),
        words=heard.text,
    )
    tell(heard.turn, superior, Say("escalation", text), subject=ticket.stream, urgent=True)
    heard.answer("action_done", "staff.done_escalate", number=ticket.number, name=superior.name or "")
    return f"escalated {ticket.number}"


def agree_to_cancel(heard: Heard, ticket: Ticket, order: Order) -> str:
    """The engineer on site agrees to what the customer asked for."""
    if heard.person.role == Role.ENGINEER and ticket.owner_id != heard.person.id:
        raise Refused("not_yours", number=ticket.number)
    cancelling.cancel(heard.turn, ticket, heard.person, agreed=True)
    heard.answer("cancelled", "staff.done_cancel", number=ticket.number)
    return f"cancelled {ticket.number}"


def undo(heard: Heard) -> str:
    """撤回: his last verb has not happened (within a minute)."""
    ticket = undoing.undo(heard.turn, heard.person)
    heard.talk.last_ticket = ticket.id
    status = heard.turn.house.wording.name(heard.lang, "status", ticket.status)
    heard.answer("action_done", "staff.done_undo", number=ticket.number, status=status)
    return f"took back {ticket.number}"


def until_of(heard: Heard, text: str) -> int | None:
    """The date that a text names as the time when something goes on, if it lies ahead."""
    period = heard.mind.customer(text, heard.message.at).slots.get("preferred_time") if text else None
    start = instant(period["start"], heard.turn.house.zone) if period else None
    return start if start and start > heard.turn.now else None


def announce_visit(heard: Heard, ticket: Ticket, text: str) -> None:
    """A note that names a time of arrival tells the customer so (rules.md: from notes, a time of arrival)."""
    period = heard.mind.customer(text, heard.message.at).slots.get("preferred_time")
    if not period or not any(cue in text for cue in ("到", "上门", "过去", "过来", "arrive", "there", "visit")):
        return
    if ticket.status not in (Status.ACCEPTED, Status.UNASSIGNED, Status.WAITING_PART):
        return
    zone = heard.turn.house.zone
    start, end = instant(period["start"], zone), instant(period["end"], zone)
    customer = heard.turn.get(Person, ticket.customer_id)
    if start <= heard.turn.now or customer is None:
        return
    ticket.appointment_start, ticket.appointment_end = start, end
    words = heard.turn.house.wording
    text = words.text(
        customer.lang,
        "customer.progress_note",
        number=ticket.number,
        what=what(words, ticket, customer.lang),
        name=heard.person.name or "",
        when=words.moment(customer.lang, start, heard.turn.now, zone),
    )
    tell(heard.turn, customer, Say("progress", text), subject=ticket.stream)


