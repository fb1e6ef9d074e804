"""Choices: a press, or the number typed instead of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.tickets.model import Ticket
from core.tickets.reporting import Told
from core.words import MINUTE
from dialogue.customer import chatting, deciding, progress, reporting
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.understanding.words import Understanding

MENU_LASTS = 30 * MINUTE
"""How long a typed number may mean a choice that was shown."""


def pressed_by_number(heard: Heard) -> str | None:
    """A bare number that chooses from the menu shown last."""
    token = chosen(heard)
    return press(heard, token) if token else None


def chosen(heard: Heard) -> str | None:
    """The token behind a typed number, if a menu is open and has that many choices."""
    talk, typed = heard.talk, heard.text.strip().rstrip(".。、)）")
    if not talk.menu or heard.turn.now - (talk.menu_at or 0) > MENU_LASTS or not typed.isdecimal():
        return None
    number = int(typed) if len(typed) < 3 else 0
    return talk.menu[number - 1][1] if 1 <= number <= len(talk.menu) else None


def press(heard: Heard, token: str) -> str:
    """Carry out a choice. An old or foreign token shows nothing of anybody else."""
    heard.talk.menu = None
    if token.startswith(progress.SHOW):
        ticket = _own(heard, token.removeprefix(progress.SHOW))
        return progress.show(heard, ticket) if ticket else progress.not_his(heard)
    if token.startswith(deciding.RATE):
        return _rated(heard, token)
    if token.startswith(deciding.CANCEL):
        ticket = _own(heard, token.removeprefix(deciding.CANCEL))
        return deciding.ask_for_yes(heard, ticket) if ticket and ticket.is_open else chatting.welcome(heard)
    if token.startswith(chatting.MEANING):
        return _meant(heard, token.removeprefix(chatting.MEANING))
    return chatting.welcome(heard)


def _rated(heard: Heard, token: str) -> str:
    ticket_id, _, stars = token.removeprefix(deciding.RATE).partition(":")
    ticket = _own(heard, ticket_id)
    if ticket is None or not stars.isdecimal():
        return chatting.welcome(heard)
    return deciding.give_stars(heard, ticket, int(stars))


def _own(heard: Heard, ticket_id: str) -> Ticket | None:
    """The ticket that a token names, if it is his: a token may be old, or edited by its sender."""
    ticket = heard.turn.get(Ticket, int(ticket_id), lock=True) if ticket_id.isdecimal() and len(ticket_id) < 19 else None
    return ticket if ticket is not None and ticket.customer_id == heard.person.id else None


def _meant(heard: Heard, intent: str) -> str:
    """He says what he meant by his last words: they are heard again as that."""
    said = (heard.talk.question or {}).get("text", "")
    heard.talk.question, heard.talk.misses = None, 0
    again = replace(heard, message=replace(heard.message, kind="text", text=said))
    meant = replace(heard.mind.customer(said, heard.message.at), intent=intent, decision="accept")
    told = told_by(again, fields_of(meant, heard.turn.house.zone), meant)
    return ANSWERS.get(intent, _as_details)(again, meant, told)


def _as_details(heard: Heard, meant: Understanding, told: Told) -> str:
    return reporting.add_or_report(heard, told, meant)


ANSWERS: dict[str, Callable[[Heard, Understanding, Told], str]] = {
    "report_fault": lambda heard, meant, told: reporting.report_or_add(heard, told),
    "ask_progress": lambda heard, meant, told: progress.tell(heard, meant),
    "urge": lambda heard, meant, told: progress.urged(heard, meant),
    "ask_ticket_no": lambda heard, meant, told: progress.tell_number(heard, meant),
    "human_handoff": lambda heard, meant, told: chatting.call_person(heard, meant),
    "complain": lambda heard, meant, told: chatting.apologise(heard, meant),
    "change_appointment": lambda heard, meant, told: deciding.change_appointment(heard, meant),
    "cancel_ticket": lambda heard, meant, told: deciding.cancel(heard, meant),
    "rate_service": lambda heard, meant, told: deciding.rate(heard, meant),
    "ask_price": lambda heard, meant, told: chatting.price_later(heard, meant),
    **{
        intent: lambda heard, meant, told: chatting.courtesy(heard, meant) for intent in ("greet", "thanks", "goodbye")
    },
    **{
        intent: lambda heard, meant, told: chatting.pass_on(heard, meant)
        for intent in ("return_exchange", "ask_faq")
    },
}
"""What each meaning leads to once he has chosen it."""
