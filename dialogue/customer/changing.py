"""A customer edits or recalls what he wrote: his ticket follows, there is never a second one, and he hears what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.recordings.correcting import correct, recall
from core.tickets.announcing import announce
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from dialogue.customer import progress
from dialogue.customer.burst import ANSWER_TIMER, relay
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.quoting import earlier, reword

TELLS = (Happened.REPORTED, Happened.SUPPLEMENTED)
"""What comes of a message that tells something about a fault."""
NOT_BEGUN = frozenset({Status.UNASSIGNED, Status.ACCEPTED})
"""Statuses in which a report that is recalled may have been a mistake: nobody is on site, nothing was ordered."""


def edited(heard: Heard, usual: Callable[[Heard], str]) -> str:
    """He has changed a message: what it told is corrected. One that told nothing, or that the desk never had, is heard anew."""
    before = earlier(heard)
    anew = replace(heard, message=replace(heard.message, kind="text", about=None))
    if before is None:
        return usual(anew)
    if heard.text.strip() == before.words.strip():
        return "nothing changed"
    reword(before, heard.text)
    if before.ticket is None or not before.ticket.is_open or not before.did(*TELLS):
        return usual(anew)
    return _correct(anew, before.ticket, before.words)


def recalled(heard: Heard) -> str:
    """He has taken a message back: a report is asked about before it is lost, of all else the ticket keeps a mark."""
    before = earlier(heard)
    if before is None or before.ticket is None or not before.did(*TELLS):
        return "recall"
    turn, ticket = heard.turn, before.ticket
    recall(turn, ticket, heard.person, before.words, heard.say("customer.recalled_mark"), before.row.id)
    if before.did(Happened.REPORTED) and ticket.status in NOT_BEGUN:
        return _ask_whether_to_keep(heard, ticket)
    relay(turn, ticket, heard.say("customer.recalled_mark"))
    heard.answer("confirm_change", "customer.recalled", number=ticket.number)
    return f"recalled from {ticket.number}"


def _correct(heard: Heard, ticket: Ticket, was: str) -> str:
    """Put the new words in the place of the old. While his burst lasts, its answer says so; afterwards he hears what stands there
    now, and whoever works on it hears it too."""
    zone, at, turn = heard.turn.house.zone, heard.message.at, heard.turn
    meant = heard.mind.customer(heard.text, at)
    now = told_by(heard, fields_of(meant, zone), meant)
    correct(turn, ticket, heard.person, was, fields_of(heard.mind.customer(was, at), zone), now)
    heard.talk.last_ticket, heard.talk.spoken_at = ticket.id, turn.now
    if _in_burst(heard, ticket, was):
        return f"corrected {ticket.number}"
    relay(turn, ticket, heard.text)
    heard.answer("confirm_change", "customer.edited", number=ticket.number, words=heard.text, exact=heard.exact())
    return f"corrected {ticket.number}"


def _in_burst(heard: Heard, ticket: Ticket, was: str) -> bool:
    """Whether the burst that brought it is still to be answered; what it is going to pass on is then changed too."""
    burst = heard.talk.burst
    if burst is None or not (ticket.id in burst["made"] or str(ticket.id) in burst["added"]):
        return False
    entry = burst["added"].get(str(ticket.id))
    if entry is not None:
        words = [heard.text if word == was else word for word in entry["words"]]
        heard.talk.burst = {**burst, "added": {**burst["added"], str(ticket.id): {**entry, "words": words}}}
    return True


def _ask_whether_to_keep(heard: Heard, ticket: Ticket) -> str:
    """One message for all: it is on record, and is to be cancelled only if he says so. Until then somebody is found for it."""
    turn, talk = heard.turn, heard.talk
    announce(turn, ticket)
    if talk.burst is not None and ticket.id in talk.burst["made"]:
        talk.burst = None
        turn.forget(ANSWER_TIMER, talk.id)
    talk.last_ticket = ticket.id
    talk.question = {"slot": "cancel", "ticket": ticket.id, "at": turn.now}
    heard.answer("ask_confirm", "customer.recalled_sure", number=ticket.number, what=progress.named(heard, ticket))
    return f"asked whether to keep {ticket.number}"
