"""What is neither report nor question about a ticket: courtesy, anger, a wish for a person, and what we did not understand."""

from __future__ import annotations

from dataclasses import replace

from core.conversations.saying import answer, ask_which, tell
from core.people.duty import fallback_owner, in_role
from core.people.model import Person, Role
from core.tickets.describing import progress_line
from core.tickets.model import Ticket
from core.tickets.ownership import owner_of
from core.tickets.queries import tickets_of_customer
from core.tickets.reporting import Told, supplement
from core.words import Say
from dialogue.heard import Heard
from dialogue.serving import begin
from dialogue.understanding.words import Understanding

MEANING = "meaning:"
"""Token of a choice: this is what he meant."""
PERSON = "human_handoff"
OFFERED = 3
"""Likeliest meanings that are offered besides a person."""


def welcome(heard: Heard) -> str:
    """Somebody opens the chat."""
    heard.answer("smalltalk", "customer.greet")
    return "welcomed"


def courtesy(heard: Heard, meant: Understanding) -> str:
    """Greeting, thanks, goodbye."""
    heard.answer("smalltalk", f"customer.{meant.intent}")
    return meant.intent


def call_person(heard: Heard, meant: Understanding) -> str:
    """He wants a person: whoever answers for the desk, else for his ticket, is called."""
    person = fallback_owner(heard.turn, heard.person.entity) or _owner(heard)
    heard.talk.misses = 0
    if person is None:
        heard.answer("handoff_ack", "customer.handoff_nobody")
        return "nobody to call"
    forward(heard, person, "handoff", "staff.handoff")
    begin(heard, person)
    heard.answer("handoff_ack", "customer.handoff", name=person.name or "")
    return "handoff"


def pass_on(heard: Heard, meant: Understanding | None = None) -> str:
    """Something that a person decides: told to whoever answers for the ticket, never lost."""
    return _passed_on(heard, "handoff_ack", "customer.passed_on")


def price_later(heard: Heard, meant: Understanding) -> str:
    """No price is on file: who will quote, and when he hears it."""
    return _passed_on(heard, "price_deferral", "customer.price_later")


def apologise(heard: Heard, meant: Understanding) -> str:
    """Anger gets a calm answer and the facts; the managers hear of it."""
    ticket = _last_ticket(heard)
    for manager in in_role(heard.turn, heard.person.entity, Role.MANAGER):
        forward(heard, manager, "angry_customer")
    if ticket is None:
        heard.answer("apology_ack", "customer.apology_no_ticket")
        return "apologised"
    supplement(heard.turn, ticket, heard.person, Told(heard.text, {"emotion": "angry"}))
    text = heard.say("customer.apology", state=progress_line(heard.turn, ticket, heard.lang))
    answer(heard.turn, heard.talk, "apology_ack", text, also=("progress",))
    return "apologised"


def forward(heard: Heard, person: Person, purpose: str = "relay", key: str | None = None) -> None:
    """His words to a member of the staff."""
    ticket = _last_ticket(heard)
    key = key or ("staff.passed_on" if ticket else "staff.passed_on_no_ticket")
    facts = {"name": heard.person.name or "", "words": heard.text, "number": ticket.number if ticket else ""}
    text = heard.turn.house.wording.text(person.lang, key, **facts)
    tell(heard.turn, person, Say(purpose, text), subject=ticket.stream if ticket else None)


def not_understood(heard: Heard, meant: Understanding) -> str:
    """One short question with the likeliest meanings; the second time in a row, a person."""
    if meant.decision == "accept" and meant.intent == "out_of_scope":
        heard.answer("oos_reply", "customer.out_of_scope")
        return "out of scope"
    heard.talk.misses += 1
    known = heard.talk.question or {}
    if heard.talk.misses >= heard.turn.house.policies.conversation.misses_until_person:
        said = "\n".join(filter(None, (known.get("text"), heard.text)))
        return call_person(replace(heard, message=replace(heard.message, kind="text", text=said)), meant)
    heard.talk.question = {
        "slot": "meaning",
        "text": heard.text,
        "ticket": 0,
        "at": heard.turn.now,
        "before": known.get("before") or (known if known.get("ticket") else None),
    }
    if meant.decision == "reject":
        heard.answer("oos_reply", "customer.out_of_scope")
        return "rejected"
    likely = [intent for intent, _ in meant.ranking if intent not in (PERSON, "out_of_scope", "confirm", "deny")][
        :OFFERED
    ]
    choices = [(heard.say(f"customer.intent.{intent}"), f"{MEANING}{intent}") for intent in [*likely, PERSON]]
    ask_which(heard.turn, heard.talk, "clarify", heard.say("customer.clarify"), choices, offers=(*likely, PERSON))
    return "asked what he meant"


def _last_ticket(heard: Heard) -> Ticket | None:
    tickets = tickets_of_customer(heard.turn, heard.person)
    return next((ticket for ticket in tickets if ticket.is_open), tickets[0] if tickets else None)


def _owner(heard: Heard) -> Person | None:
    ticket = _last_ticket(heard)
    return owner_of(heard.turn, ticket) if ticket is not None and ticket.is_open else None


def _passed_on(heard: Heard, purpose: str, key: str) -> str:
    person = _owner(heard) or fallback_owner(heard.turn, heard.person.entity)
    if person is None:
        heard.answer(purpose, "customer.handoff_nobody")
        return "nobody to pass it on to"
    forward(heard, person)
    heard.answer(purpose, key, name=person.name or "")
    return "passed on"
