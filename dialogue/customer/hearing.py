"""A customer says something: a report, a question, an answer to ours, or none of these."""

from __future__ import annotations

from collections.abc import Callable

from core.rules.applying import keyword_hit
from core.tickets.sameness import other_device
from dialogue.customer import (
    asking,
    burst,
    changing,
    chatting,
    deciding,
    documents,
    forms,
    listing,
    muting,
    own_data,
    progress,
    rating,
    relatives,
    reporting,
    scanning,
    signing,
)
from dialogue.customer.pressing import press, pressed_by_number
from dialogue.customer.slots import fields_of, told_by
from dialogue.heard import Heard
from dialogue.records import read_record
from dialogue.serving import relay_to_agent
from dialogue.understanding.words import Understanding

QUESTIONS: dict[str, Callable[[Heard, Understanding], str]] = {
    "ask_progress": progress.tell,
    "urge": progress.urged,
    "ask_ticket_no": progress.tell_number,
    "human_handoff": chatting.call_person,
    "complain": chatting.apologise,
    "ask_price": chatting.price_later,
    "change_appointment": deciding.change_appointment,
    "cancel_ticket": deciding.cancel,
    "return_exchange": chatting.pass_on,
    "ask_faq": chatting.pass_on,
    "rate_service": rating.rate,
}
"""What wants an answer of its own, whatever was asked before."""

COURTESIES = frozenset({"greet", "thanks", "goodbye"})
YES_NO = frozenset({"confirm", "deny"})


def hear(heard: Heard) -> str:
    """Hear a customer; the name of what came of it. Misses count while they follow one another."""
    misses = heard.talk.misses
    outcome = _hear(heard)
    if misses and heard.talk.misses == misses and heard.message.kind in ("text", "voice"):
        heard.talk.misses = 0
    return outcome


def _hear(heard: Heard) -> str:
    if heard.message.kind in ("text", "voice") and (relayed := relay_to_agent(heard)):
        rating.keep_comment(heard)
        return relayed
    match heard.message.kind:
        case "image" | "file" | "voice" if not heard.text:
            return forms.take_files(heard) or reporting.add_files(heard)
        case "press":
            return press(heard, heard.message.press or heard.message.text)
        case "enter":
            return scanning.entered(heard) or chatting.welcome(heard)
        case "place":
            return reporting.add_fields(heard, {"address": heard.message.text})
        case "contact":
            return reporting.add_fields(heard, {"phone": heard.message.who.phone or _number_in(heard)})
        case "edit":
            return changing.edited(heard, _hear)
        case "recall":
            return changing.recalled(heard)
        case "leave":
            return "leave"
    if not any(character.isalnum() for character in heard.text):
        return "nothing said"
    if heard.message.forwarded:
        return _hear_record(heard)
    return (
        pressed_by_number(heard)
        or signing.take_code(heard)
        or signing.asked(heard)
        or documents.asked(heard)
        or _hear_words(heard)
    )


def _number_in(heard: Heard) -> str:
    """The number on a card that he passes on, which may bear a name too."""
    found = heard.mind.entities(heard.text, heard.message.at)
    return next((str(one.value) for one in found if one.entity == "phone"), heard.text)


def _hear_record(heard: Heard) -> str:
    """What he passes on is his report, or tells more of one; a question or an answer of somebody else's is none of his (S5a)."""
    record = read_record(heard.text)
    meant = heard.mind.customer(record.words, heard.message.at)
    fields = fields_of(meant, heard.turn.house.zone)
    told = told_by(heard, fields, meant)
    if "fault_symptom" in fields or keyword_hit(heard.turn.house, record.words):
        return reporting.report_or_add(heard, told)
    if fields.keys() - {"emotion"}:
        return reporting.add_or_report(heard, told, meant)
    return reporting.add_files(heard) if heard.message.media else chatting.not_understood(heard, meant)


def _hear_words(heard: Heard) -> str:
    if (of_relative := relatives.hear(heard)) is not None:
        return of_relative
    meant = asking.understood(heard)
    return _passed_over(heard) or _answered(heard, meant) or _asked(heard, meant) or _told(heard, meant)


def _passed_over(heard: Heard) -> str | None:
    """He would rather not answer what was asked."""
    ticket = asking.passed_over(heard)
    if ticket is None:
        return None
    burst.ask_further(heard, ticket)
    return "passed over"


def _answered(heard: Heard, meant: Understanding) -> str | None:
    """What goes on with something that the desk said: a question, the priority, a finished ticket, its notices."""
    return (
        own_data.hear(heard, meant)
        or forms.take_answer(heard, meant)
        or asking.correct_priority(heard)
        or deciding.take_decision(heard, meant)
        or deciding.not_fixed(heard, meant)
        or rating.bare_stars(heard)
        or rating.score(heard)
        or rating.comment(heard, meant)
        or muting.asked(heard)
    )


def _asked(heard: Heard, meant: Understanding) -> str | None:
    """What wants an answer of its own."""
    if (listed := listing.asked(heard, meant)) is not None:
        return listed
    if (of_parts := progress.asked_of_parts(heard, meant)) is not None:
        return of_parts
    if meant.decision == "accept" and meant.intent in QUESTIONS and not _pushes_what_nobody_knows(heard, meant):
        return QUESTIONS[meant.intent](heard, meant)
    return progress.number_not_his(heard, meant)


def _pushes_what_nobody_knows(heard: Heard, meant: Understanding) -> bool:
    """封口机封不牢，急用: he pushes, but of this fault there is no ticket yet; it is a report."""
    if meant.intent != "urge" or not meant.slots.get("fault_symptom") or meant.first("ticket_no") is not None:
        return False
    device = (meant.slots.get("device") or [None])[0]
    known = progress.asked_about(heard, meant)
    return not any(ticket.is_open and not other_device(ticket.device, device) for ticket in known)


def _told(heard: Heard, meant: Understanding) -> str:
    """A report, details, courtesy; or nothing that we understand."""
    sure, fields = meant.decision == "accept", fields_of(meant, heard.turn.house.zone)
    if declined := asking.take_answer(heard, fields, meant):
        return declined
    told = told_by(heard, fields, meant)
    if (
        (sure and meant.intent == "report_fault")
        or "fault_symptom" in fields
        or keyword_hit(heard.turn.house, heard.text)
    ):
        return reporting.report_or_add(heard, told)
    if sure and meant.intent in COURTESIES and not fields.keys() - {"emotion"}:
        return chatting.courtesy(heard, meant)
    if fields.keys() - {"emotion"} or (sure and meant.intent == "supplement_info"):
        return reporting.add_or_report(heard, told, meant)
    if sure and meant.intent in YES_NO:
        return deciding.answered_late(heard)
    return chatting.not_understood(heard, meant)
