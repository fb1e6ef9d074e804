"""What a customer decides about his ticket: another time, no visit after all, a verdict. Hard things need a clear yes."""

from __future__ import annotations

import re
from typing import Any

from core.conversations.saying import answer, ask_which, tell
from core.people.model import Person
from core.refused import Refused
from core.tickets import appointing, cancelling, rating
from core.tickets.describing import what, who
from core.tickets.model import Status, Ticket
from core.tickets.queries import tickets_of_customer
from core.words import Button, Say
from dialogue.customer import chatting, progress
from dialogue.customer.slots import instant
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding

RATE = "rate:"
CANCEL = "cancel:"
"""Tokens of choices: a rating (rate:TICKET:STARS), the ticket to be cancelled (cancel:TICKET)."""
_STARS = re.compile(r"([1-5一二三四五])\s*(?:分|星|颗星|stars?|/5|$)")
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
BAD = ("差", "不满意", "bad", "poor", "terrible")
GOOD = ("好", "满意", "赞", "棒", "good", "great", "excellent")


def change_appointment(heard: Heard, meant: Understanding) -> str:
    """改时间: his new time holds at once, and is read back."""
    if foreign := progress.number_not_his(heard, meant):
        return foreign
    tickets = progress.asked_about(heard, meant)
    tickets = [ticket for ticket in tickets if ticket.is_open]
    if not tickets:
        heard.answer("progress", "customer.progress.none")
        return "no ticket"
    if len(tickets) > 1:
        return progress.ask_which_one(heard, tickets)
    return appoint(heard, tickets[0], meant.slots.get("preferred_time"))


def appoint(heard: Heard, ticket: Ticket, period: dict[str, str] | None) -> str:
    """Move the visit, or ask to when."""
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, heard.turn.now
    if not period:
        heard.talk.question = {"slot": "appointment", "ticket": ticket.id, "at": heard.turn.now}
        text = heard.say("customer.reschedule_ask", number=ticket.number)
        answer(heard.turn, heard.talk, "ask_slot", text, asks=("preferred_time",))
        return "asked when"
    zone, words = heard.turn.house.zone, heard.turn.house.wording
    start, end = instant(period["start"], zone), instant(period["end"], zone)
    ticket.preferred_text = period.get("text")
    try:
        appointing.appoint(heard.turn, ticket, heard.person, start, end)
    except Refused as refused:
        heard.answer("refuse", f"refused.{refused.key}", **refused.facts)
        return refused.key
    heard.answer(
        "confirm_change",
        "customer.rescheduled",
        number=ticket.number,
        what=what(words, ticket, heard.lang),
        when=words.period(heard.lang, start, end, heard.turn.now, zone),
        name=who(heard.turn, ticket),
    )
    return f"moved {ticket.number}"


def cancel(heard: Heard, meant: Understanding) -> str:
    """取消: asks for a yes first."""
    if foreign := progress.number_not_his(heard, meant):
        return foreign
    tickets = [ticket for ticket in progress.asked_about(heard, meant) if ticket.is_open]
    if not tickets:
        heard.answer("progress", "customer.progress.none")
        return "no ticket"
    if len(tickets) > 1:
        labels = [(progress.label(heard, ticket), f"{CANCEL}{ticket.id}") for ticket in tickets]
        ask_which(heard.turn, heard.talk, "ask_choice", heard.say("customer.cancel_which"), labels)
        return "asked which"
    return ask_for_yes(heard, tickets[0])


def ask_for_yes(heard: Heard, ticket: Ticket) -> str:
    """Really cancel?"""
    heard.talk.last_ticket = ticket.id
    heard.talk.question = {"slot": "confirm", "act": "cancel", "ticket": ticket.id, "at": heard.turn.now}
    named = what(heard.turn.house.wording, ticket, heard.lang)
    heard.answer("ask_confirm", "customer.cancel_sure", number=ticket.number, what=named)
    return "asked for a yes"


def take_decision(heard: Heard, meant: Understanding) -> str | None:
    """An answer to a question that wants a decision: yes or no, a time, a rating. None if it is none."""
    question, turn = heard.talk.question, heard.turn
    if not question or turn.now - question["at"] > turn.house.policies.conversation.question:
        return None
    ticket = turn.get(Ticket, question["ticket"], lock=True) if question["ticket"] else None
    if ticket is None or ticket.customer_id != heard.person.id:
        return None
    if question["slot"] == "confirm":
        return _confirmed(heard, ticket, meant)
    if question["slot"] == "appointment":
        period = meant.slots.get("preferred_time") or heard.mind.expect("preferred_time", heard.text, heard.message.at)
        if period:
            heard.talk.question = None
            return appoint(heard, ticket, period)
    return None


def rate(heard: Heard, meant: Understanding | None = None) -> str:
    """评价: a number or a verdict on the ticket that was done last."""
    done = next((t for t in tickets_of_customer(heard.turn, heard.person) if t.status == Status.DONE), None)
    if done is None:
        heard.answer("smalltalk", "customer.nothing_to_rate")
        return "nothing to rate"
    stars = stars_in(heard.text)
    if stars is None:
        heard.answer("rating_request", "customer.rate_which", number=done.number)
        return "asked for stars"
    return give_stars(heard, done, stars)


def give_stars(heard: Heard, ticket: Ticket, stars: int) -> str:
    """Keep the rating, and thank for it."""
    try:
        rating.rate(heard.turn, ticket, heard.person, stars, heard.text)
    except Refused:
        heard.answer("smalltalk", "customer.nothing_to_rate")
        return "nothing to rate"
    heard.answer("rating_thanks", "customer.rated_low" if stars <= 2 else "customer.rated")
    return f"rated {ticket.number}"


def stars_in(text: str) -> int | None:
    """1 to 5, from a number or from a plain verdict."""
    found = _STARS.search(text.strip())
    if found:
        return _DIGITS.get(found[1]) or int(found[1])
    if any(word in text.casefold() for word in BAD):
        return 2
    return 5 if any(word in text.casefold() for word in GOOD) else None


def _confirmed(heard: Heard, ticket: Ticket, meant: Understanding) -> str | None:
    yes = heard.mind.expect("yes_no", heard.text, heard.message.at)
    if yes is None and meant.decision == "accept":
        yes = {"confirm": True, "deny": False, "cancel_ticket": True}.get(meant.intent)
    if yes is None:
        return None
    heard.talk.question = None
    if not yes:
        heard.answer("confirm_change", "customer.cancel_kept", number=ticket.number)
        return "kept"
    return _cancel_now(heard, ticket)


def _cancel_now(heard: Heard, ticket: Ticket) -> str:
    named = what(heard.turn.house.wording, ticket, heard.lang)
    try:
        cancelling.cancel(heard.turn, ticket, heard.person)
    except Refused as refused:
        if refused.key == "needs_other_side":
            return _ask_engineer(heard, ticket)
        heard.answer("refuse", "customer.progress.none")
        return refused.key
    heard.answer("cancelled", "customer.cancelled", number=ticket.number, what=named)
    return f"cancelled {ticket.number}"


def _ask_engineer(heard: Heard, ticket: Ticket) -> str:
    """Somebody is on site: he must agree too."""
    engineer = heard.turn.get(Person, ticket.owner_id) if ticket.owner_id else None
    if engineer is None:
        return chatting.pass_on(heard)
    words, lang = heard.turn.house.wording, engineer.lang
    text = words.text(lang, "staff.cancel_sure", number=ticket.number, what=what(words, ticket, lang))
    buttons: Any = (Button(words.text(lang, "staff.agree_cancel"), f"agree_cancel:{ticket.number}"),)
    tell(heard.turn, engineer, Say("ask_confirm", text, buttons=buttons), subject=ticket.stream)
    heard.answer("confirm_change", "customer.cancel_asked", name=engineer.name or "", number=ticket.number)
    return "asked the engineer"
