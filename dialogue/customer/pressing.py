"""Choices: a press, or the number typed instead of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.conversations.saying import ask_which
from core.tickets.model import Ticket
from core.tickets.reporting import Told
from dialogue.choosing import chosen, is_young
from dialogue.customer import chatting, deciding, forms, progress, rating, reporting, signing
from dialogue.customer.slots import fields_of, told_by
from dialogue.forms import TOKEN
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding


def pressed_by_number(heard: Heard) -> str | None:
    """A bare number that chooses from the menu shown last. Of one of long ago nothing is guessed: it is shown again."""
    if token := chosen(heard):
        return press(heard, token)
    if rating.awaits_stars(heard) or chosen(heard, late=True) is None:
        return None
    question = heard.talk.question or {}
    heard.talk.question = {"slot": "which", "text": "", "ticket": 0, **question, "at": heard.turn.now}
    choices = [(label, token) for label, token in heard.talk.menu or ()]
    ask_which(heard.turn, heard.talk, "ask_choice", heard.say("customer.menu_again"), choices)
    return "asked again"


def press(heard: Heard, token: str) -> str:
    """Carry out a choice. An old or foreign token shows nothing of anybody else."""
    heard.talk.menu = None
    if token.startswith(progress.ABOUT):
        return _about(heard, *token.removeprefix(progress.ABOUT).partition(":")[::2])
    if token.startswith(rating.RATE):
        return _rated(heard, *token.removeprefix(rating.RATE).partition(":")[::2])
    if token.startswith(signing.SIGN) and (offered := signing.chosen(heard, token.removeprefix(signing.SIGN))):
        return offered
    if token.startswith(reporting.FILES):
        return reporting.put_files(heard, token.removeprefix(reporting.FILES))
    if token.startswith(chatting.MEANING):
        return _meant(heard, token.removeprefix(chatting.MEANING))
    if token.startswith(TOKEN) and (filled := forms.press(heard, token.removeprefix(TOKEN))):
        return filled
    return chatting.welcome(heard)


def _about(heard: Heard, intent: str, ticket_id: str) -> str:
    """He chose the ticket: what he wanted is done with it."""
    ticket, said = _named(heard, ticket_id), _asked_with(heard, "which")
    if ticket is None or not progress.may_ask_about(heard, ticket):
        return progress.not_his(heard)
    if intent in WANTS_OWN and ticket.customer_id == heard.person.id:
        return WANTS_OWN[intent](heard, ticket, said)
    return progress.push(heard, ticket) if intent == "urge" and ticket.is_open else progress.show(heard, ticket, said)


def _rated(heard: Heard, ticket_id: str, stars: str) -> str:
    ticket = _named(heard, ticket_id)
    if ticket is None or ticket.customer_id != heard.person.id or not stars.isdecimal():
        return chatting.welcome(heard)
    return rating.give_stars(heard, ticket, int(stars), "")


def _meant(heard: Heard, intent: str) -> str:
    """He says what he meant by his last words: they are heard again as that."""
    said = _asked_with(heard, "meaning")
    heard.talk.misses = 0
    if not said or intent not in ANSWERS:
        return chatting.welcome(heard)
    again = replace(heard, message=replace(heard.message, kind="text", text=said))
    meant = replace(heard.mind.customer(said, heard.message.at), intent=intent, decision="accept")
    told = told_by(again, fields_of(meant, heard.turn.house.zone), meant)
    return ANSWERS[intent](again, meant, told)


def _asked_with(heard: Heard, slot: str) -> str:
    """His words after which he was asked to choose; empty once another question was asked, or half an hour later."""
    question, heard.talk.question = heard.talk.question or {}, None
    return question["text"] if question.get("slot") == slot and is_young(heard, question["at"]) else ""


def _named(heard: Heard, ticket_id: str) -> Ticket | None:
    """The ticket that a token names: it may be old, or edited by its sender."""
    known = ticket_id.isdecimal() and len(ticket_id) < 19
    return heard.turn.get(Ticket, int(ticket_id), lock=True) if known else None


WANTS_OWN: dict[str, Callable[[Heard, Ticket, str], str]] = {
    "cancel_ticket": lambda heard, ticket, said: deciding.ask_for_yes(heard, ticket),
    "change_appointment": deciding.appoint_as_said,
    "report_fault": lambda heard, ticket, said: deciding.not_fixed_after_all(heard, ticket, said),
}
"""What he may want of a ticket of his own, once he has chosen it."""

ANSWERS: dict[str, Callable[[Heard, Understanding, Told], str]] = {
    "report_fault": lambda heard, meant, told: reporting.report_or_add(heard, told),
    "supplement_info": lambda heard, meant, told: reporting.add_or_report(heard, told, meant),
    "ask_progress": lambda heard, meant, told: progress.tell(heard, meant),
    "urge": lambda heard, meant, told: progress.urged(heard, meant),
    "ask_ticket_no": lambda heard, meant, told: progress.tell_number(heard, meant),
    "human_handoff": lambda heard, meant, told: chatting.call_person(heard, meant),
    "complain": lambda heard, meant, told: chatting.apologise(heard, meant),
    "change_appointment": lambda heard, meant, told: deciding.change_appointment(heard, meant),
    "cancel_ticket": lambda heard, meant, told: deciding.cancel(heard, meant),
    "rate_service": lambda heard, meant, told: rating.rate(heard, meant),
    "ask_price": lambda heard, meant, told: chatting.price_later(heard, meant),
    **dict.fromkeys(("greet", "thanks", "goodbye"), lambda heard, meant, told: chatting.courtesy(heard, meant)),
    **dict.fromkeys(("return_exchange", "ask_faq"), lambda heard, meant, told: chatting.pass_on(heard, meant)),
}
"""What each meaning leads to once he has chosen it."""
