"""An engineer on site has his customer sign the report: on his own telephone, or by a QR code on its page (S66, S100)."""

from __future__ import annotations

import re

from core.conversations.saying import answer, tell
from core.reports.queries import reports_of_ticket
from core.reports.sign_page import sign_link
from core.reports.signing import signable
from core.tickets.entitled import must_be_entitled
from core.tickets.model import Ticket
from core.words import MINUTE, Say
from dialogue.heard import Heard
from dialogue.staff.which import ticket_numbered
from dialogue.vocabulary import answers

PURPOSE = "report_sign"

_NUMBERED = re.compile(
    r"(?:(?:GD-?)?(?P<before>\d{1,12})\s*)?(?P<words>.*?)\s*(?:(?:GD-?)?(?P<after>\d{1,12}))?",
    re.IGNORECASE | re.DOTALL,
)


def signature_asked(heard: Heard) -> str | None:
    """签字 1023, 请客户签字: his own link to the sign page; None if he says something else. Raises Refused."""
    found = _NUMBERED.fullmatch(heard.text.strip())
    if found is None or answers(found["words"], "hand_over") is None:
        return None
    digits = found["before"] or found["after"]
    if digits is None and heard.among_people:
        return None
    last = heard.turn.get(Ticket, heard.talk.last_ticket) if heard.talk.last_ticket else None
    ticket = ticket_numbered(heard, digits) if digits else last
    if ticket is None:
        heard.answer("error_hint", "staff.no_ticket")
        return "no ticket told"
    heard.talk.last_ticket = ticket.id
    return _hand_over(heard, ticket)


def _hand_over(heard: Heard, ticket: Ticket) -> str:
    """The link, in his own chat whoever is listening. Raises Refused."""
    turn, person = heard.turn, heard.person
    must_be_entitled(person, "sign", ticket)
    reports = reports_of_ticket(turn, ticket)
    if not reports:
        heard.answer("error_hint", "sign.no_report_yet", number=ticket.number)
        return "no report yet"
    report = signable(turn, reports[-1], person)
    link = sign_link(turn, report, person)
    if link is None:
        heard.answer("error_hint", "sign.no_page")
        return "no page to sign on"
    minutes = turn.house.policies.pass_lasts // MINUTE
    text = heard.say("sign.hand_over", number=report.number, minutes=minutes)
    if heard.message.room.group:
        tell(turn, person, Say(PURPOSE, text, link=link), subject=ticket.stream)
    else:
        answer(turn, heard.talk, PURPOSE, text, link=link)
    return f"link to have {report.number} signed"
