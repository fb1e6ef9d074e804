"""What a customer decides about his ticket: another time, no visit after all, not fixed. Hard things need a clear yes."""

from __future__ import annotations

from core.conversations.saying import answer, tell
from core.people.model import Person
from core.refused import Refused
from core.tickets import appointing, cancelling
from core.tickets.describing import state, what, who
from core.tickets.model import Status, Ticket
from core.tickets.ownership import owner_of
from core.tickets.queries import digits_of, tickets_of_customer
from core.tickets.sameness import other_device
from core.tickets.steps import possible
from core.words import Button, Say
from dialogue.choosing import is_young
from dialogue.customer import chatting, progress, reporting
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.quoting import quoted
from dialogue.understanding.words import Understanding
from dialogue.vocabulary import says

DECISIONS = frozenset({"cancel", "appointment"})
"""Questions that want a decision."""

# ---- another time


def change_appointment(heard: Heard, meant: Understanding) -> str:
    """改时间: his new time holds at once, and is read back."""
    if foreign := progress.number_not_his(heard, meant):
        return foreign
    tickets = _own_open(heard, meant)
    if not tickets:
        return progress.has_none(heard)
    if len(tickets) > 1:
        return progress.ask_which_one(heard, tickets, "change_appointment")
    return appoint(heard, tickets[0], meant.slots.get("preferred_time"))


def appoint_as_said(heard: Heard, ticket: Ticket, said: str) -> str:
    """He chose the ticket after he had said when."""
    return appoint(heard, ticket, heard.mind.customer(said, heard.message.at).slots.get("preferred_time"))


def appoint(heard: Heard, ticket: Ticket, period: dict[str, str] | None) -> str:
    """Move the visit, or ask to when."""
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    if not period:
        heard.talk.question = {"slot": "appointment", "ticket": ticket.id, "at": heard.turn.now}
        text = heard.say("customer.reschedule_ask", number=ticket.number)
        answer(heard.turn, heard.talk, "ask_slot", text, asks=("preferred_time",))
        return "asked when"
    start, end = heard.instant(period["start"]), heard.instant(period["end"])
    try:
        appointing.appoint(heard.turn, ticket, heard.person, start, end, period.get("text"))
    except Refused as refused:
        return _refuse(heard, ticket, refused)
    when = heard.turn.house.wording.period(heard.lang, start, end, heard.turn.now, heard.turn.house.zone)
    facts = {
        "number": ticket.number,
        "what": progress.named(heard, ticket),
        "when": when,
        "name": who(heard.turn, ticket),
    }
    heard.answer("confirm_change", "customer.rescheduled", **facts)
    return f"moved {ticket.number}"


# ---- no visit after all


def cancel(heard: Heard, meant: Understanding) -> str:
    """取消: asks for a yes first."""
    if foreign := progress.number_not_his(heard, meant):
        return foreign
    tickets = _own_open(heard, meant)
    if not tickets:
        return progress.tell(heard, meant)
    if len(tickets) > 1:
        return progress.ask_which_one(heard, tickets, "cancel_ticket")
    return ask_for_yes(heard, tickets[0])


def ask_for_yes(heard: Heard, ticket: Ticket) -> str:
    """Really cancel?"""
    heard.talk.last_ticket = ticket.id
    if "cancel" not in possible(ticket):
        return _not_now(heard, ticket)
    heard.talk.question = {"slot": "cancel", "ticket": ticket.id, "at": heard.turn.now}
    heard.answer("ask_confirm", "customer.cancel_sure", number=ticket.number, what=progress.named(heard, ticket))
    return "asked for a yes"


def take_decision(heard: Heard, meant: Understanding) -> str | None:
    """An answer to a question that wants a decision: yes or no, a time. None if it is none."""
    question, turn = heard.talk.question, heard.turn
    if not question or not is_young(heard, question["at"]) or question["slot"] not in DECISIONS:
        return None
    ticket = turn.get(Ticket, question["ticket"], lock=True)
    if ticket is None or ticket.customer_id != heard.person.id:
        return None
    if question["slot"] == "cancel":
        return _confirmed(heard, ticket, meant, agreed=question.get("agreed", False))
    period = meant.slots.get("preferred_time") or heard.mind.expect("preferred_time", heard.text, heard.message.at)
    if not period:
        return None
    heard.talk.question = None
    return appoint(heard, ticket, period)


def answered_late(heard: Heard) -> str:
    """A yes or no while nothing is asked: what was asked too long ago is not decided by it."""
    question = heard.talk.question or {}
    if question.get("slot") not in DECISIONS:
        heard.answer("smalltalk", "customer.noted")
        return "answered nothing"
    heard.talk.question = None
    heard.answer("smalltalk", "customer.too_late")
    return "answered too late"


def _confirmed(heard: Heard, ticket: Ticket, meant: Understanding, *, agreed: bool) -> str | None:
    yes = heard.mind.expect("yes_no", heard.text, heard.message.at)
    if yes is None and meant.decision == "accept":
        yes = {"confirm": True, "deny": False, "cancel_ticket": True}.get(meant.intent)
    if yes is None:
        return None
    heard.talk.question = None
    if not yes:
        heard.answer("confirm_change", "customer.cancel_kept", number=ticket.number)
        return "kept"
    try:
        cancelling.cancel(heard.turn, ticket, heard.person, agreed=agreed)
    except Refused as refused:
        return _ask_engineer(heard, ticket) if refused.key == "needs_other_side" else _refuse(heard, ticket, refused)
    heard.answer("cancelled", "customer.cancelled", number=ticket.number, what=progress.named(heard, ticket))
    return f"cancelled {ticket.number}"


def _ask_engineer(heard: Heard, ticket: Ticket) -> str:
    """Somebody is on site: he must agree too."""
    engineer = heard.turn.get(Person, ticket.owner_id) if ticket.owner_id else None
    if engineer is None:
        return chatting.pass_on(heard)
    words, lang = heard.turn.house.wording, engineer.lang
    text = words.text(lang, "staff.cancel_sure", number=ticket.number, what=what(words, ticket, lang))
    buttons = (Button(words.text(lang, "staff.agree_cancel"), f"agree_cancel:{ticket.number}"),)
    tell(heard.turn, engineer, Say("ask_confirm", text, buttons=buttons), subject=ticket.stream)
    heard.answer("confirm_change", "customer.cancel_asked", name=engineer.name or "", number=ticket.number)
    return "asked the engineer"


# ---- not fixed


def not_fixed(heard: Heard, meant: Understanding) -> str | None:
    """没修好: what was done is open again, what is closed is reported anew. None if he does not say so, or of what we still do."""
    if not says(heard.text, "not_fixed") or says(heard.text, "unsure"):
        return None
    tickets = _meant_by(heard, meant, tickets_of_customer(heard.turn, heard.person))
    done = [ticket for ticket in tickets if ticket.status == Status.DONE]
    if len(done) > 1:
        return progress.ask_which_one(heard, done, "report_fault")
    if done:
        return reporting.reopen_as(heard, done[0], heard.text)
    if any(ticket.is_open for ticket in tickets) or not tickets or tickets[0].status != Status.CLOSED:
        return None
    return reporting.report_again(heard, tickets[0], told_by(heard, fields_of(meant, heard.turn.house.zone), meant))


def not_fixed_after_all(heard: Heard, ticket: Ticket, said: str) -> str:
    """He chose which of those that were done is not fixed."""
    return reporting.reopen_as(heard, ticket, said) if ticket.status == Status.DONE else progress.show(heard, ticket)


def _own_open(heard: Heard, meant: Understanding) -> list[Ticket]:
    tickets = progress.asked_about(heard, meant)
    return [ticket for ticket in tickets if ticket.is_open and ticket.customer_id == heard.person.id]


def _meant_by(heard: Heard, meant: Understanding, tickets: list[Ticket]) -> list[Ticket]:
    """Those whose number or device he named, or the one of the message that he answers; all of them if he named none."""
    digits, device = meant.first("ticket_no"), (meant.slots.get("device") or [None])[0]
    if digits is not None:
        return [ticket for ticket in tickets if digits_of(ticket.number) == str(digits)]
    if (answered := quoted(heard)) is not None:
        return [ticket for ticket in tickets if ticket.id == answered.id]
    return [ticket for ticket in tickets if not other_device(ticket.device, device)]


def _refuse(heard: Heard, ticket: Ticket, refused: Refused) -> str:
    """It cannot be done as things stand: he hears how they stand, and whoever answers for the ticket hears his wish."""
    if refused.key == "step_refused":
        return _not_now(heard, ticket)
    heard.answer("refuse", f"refused.{refused.key}", **refused.facts)
    return refused.key


def _not_now(heard: Heard, ticket: Ticket) -> str:
    owner = owner_of(heard.turn, ticket)
    if owner is not None:
        chatting.forward(heard, owner)
    now = state(heard.turn, ticket, heard.lang)
    heard.answer("refuse", "customer.not_now", number=ticket.number, state=now, name=owner.name or "" if owner else "")
    return "not now"
