"""What is arranged around a ticket: who has it, when somebody comes, why it stops, and taking a verb back."""

from __future__ import annotations

from core.conversations.saying import conversation_with, tell
from core.people.linking import direct_room
from core.people.model import Person
from core.people.naming import colleague
from core.refused import Refused
from core.tickets import (
    appointing,
    cancelling,
    duplicates,
    handing_over,
    holding,
    merging,
    quoting,
    supporting,
    undoing,
    urging,
)
from core.tickets.describing import what, who
from core.tickets.model import Status, Ticket
from core.tickets.queries import digits_of
from core.words import Say
from dialogue.heard import Heard
from dialogue.staff.drafting import summarise
from dialogue.staff.which import ticket_numbered
from dialogue.understanding.words import Order
from dialogue.vocabulary import says


def transfer(heard: Heard, ticket: Ticket, order: Order) -> str:
    """转单, and 派单 for managers; without a name it is a no to what was offered (改派)."""
    called = order.args.get("to")
    if not called and ticket.status == Status.UNASSIGNED and ticket.engineer_id == heard.person.id:
        return refuse(heard, ticket, order)
    if not called:
        heard.answer("error_hint", "staff.ask_to", number=digits_of(ticket.number))
        return "asked to whom"
    to = colleague(heard.turn, heard.person.entity, called)
    owned = ticket.owner_id is not None
    handing_over.transfer(heard.turn, ticket, heard.person, to)
    key = "staff.done_transfer" if owned else "staff.done_assign"
    heard.answer("action_done", key, number=ticket.number, name=to.name, owner=who(heard.turn, ticket))
    return f"gave {ticket.number} to {to.id}"


def refuse(heard: Heard, ticket: Ticket, order: Order) -> str:
    """改派: he cannot take what was offered to him."""
    handing_over.refuse(heard.turn, ticket, heard.person)
    heard.answer("action_done", "staff.done_refuse", number=ticket.number)
    return f"refused {ticket.number}"


def hold(heard: Heard, ticket: Ticket, order: Order) -> str:
    """挂起, with its reason."""
    return summarise(heard, ticket, "hold", order.args.get("reason") or "")


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
    start, end = heard.instant(order.args["start"]), heard.instant(order.args["end"])
    appointing.appoint(heard.turn, ticket, heard.person, start, end)
    when = words.period(heard.lang, start, end, heard.turn.now, zone)
    heard.answer("action_done", "staff.done_appoint", number=ticket.number, when=when)
    return f"appointed {ticket.number}"


def merge(heard: Heard, ticket: Ticket, order: Order) -> str:
    """合并."""
    into = ticket_numbered(heard, str(order.args["into"]))
    merging.merge(heard.turn, ticket, into, heard.person)
    heard.talk.last_ticket = into.id
    heard.answer("action_done", "staff.done_merge", number=ticket.number, into=into.number)
    return f"merged {ticket.number}"


def keep_apart(heard: Heard, ticket: Ticket, order: Order) -> str:
    """不是同一个: the second ticket is a fault of its own and is dispatched."""
    duplicates.keep_apart(heard.turn, ticket, heard.person)
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
    superior = supporting.ask_for_support(heard.turn, ticket, heard.person, heard.text)
    heard.answer("action_done", "staff.done_escalate", number=ticket.number, name=superior.name or "")
    return f"escalated {ticket.number}"


def cancel(heard: Heard, ticket: Ticket, order: Order) -> str:
    """取消; once somebody is on site the customer must agree."""
    try:
        cancelling.cancel(heard.turn, ticket, heard.person)
    except Refused as refused:
        if refused.key != "needs_other_side":
            raise
        return _ask_customer_to_cancel(heard, ticket)
    heard.answer("cancelled", "staff.done_cancel", number=ticket.number)
    return f"cancelled {ticket.number}"


def agree_to_cancel(heard: Heard, ticket: Ticket, order: Order) -> str:
    """The engineer on site agrees to what the customer asked for."""
    cancelling.cancel(heard.turn, ticket, heard.person, agreed=True)
    heard.answer("cancelled", "staff.done_cancel", number=ticket.number)
    return f"cancelled {ticket.number}"


def undo(heard: Heard) -> str:
    """撤回: his last verb has not happened (within a minute)."""
    tickets = undoing.undo(heard.turn, heard.person)
    for ticket in tickets:
        status = heard.turn.house.wording.name(heard.lang, "status", ticket.status)
        heard.answer("action_done", "staff.done_undo", number=ticket.number, status=status)
    heard.talk.last_ticket = tickets[0].id
    return f"took back {tickets[0].number}"


def appoint_as_noted(heard: Heard, ticket: Ticket, text: str) -> None:
    """A note that names a time of arrival is an appointment, and the customer hears of it (rules.md)."""
    period = heard.period(text) if says(text, "visit") else None
    if period and ticket.status in (Status.UNASSIGNED, Status.ACCEPTED, Status.WAITING_PART):
        appointing.appoint(heard.turn, ticket, heard.person, *period)


def _ask_customer_to_cancel(heard: Heard, ticket: Ticket) -> str:
    turn, customer = heard.turn, heard.turn.get(Person, ticket.customer_id)
    room = direct_room(turn, customer) if customer else None
    if customer is None or room is None:
        raise Refused("needs_other_side", number=ticket.number)
    words, lang = turn.house.wording, customer.lang
    named = what(words, ticket, lang)
    text = words.text(lang, "customer.cancel_wished", name=heard.person.name or "", number=ticket.number, what=named)
    tell(turn, customer, Say("ask_confirm", text), subject=ticket.stream)
    asked = {"slot": "cancel", "ticket": ticket.id, "at": turn.now, "agreed": True}
    conversation_with(turn, customer, room).question = asked
    heard.answer("action_done", "staff.cancel_asked", number=ticket.number)
    return "asked the customer"
