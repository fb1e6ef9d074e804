"""A customer signs his service report in the chat: with the link to its page, or with a code by SMS (S66, S100)."""

from __future__ import annotations

import re

from core.conversations.saying import answer, ask_which
from core.people.proving import CODE_LASTS, typed_code
from core.refused import Refused
from core.reports.model import Report
from core.reports.queries import reports_of_ticket
from core.reports.sign_page import sign_link
from core.reports.signing import ask_code, sign_by_code, signable, unsigned_of
from core.tickets.queries import by_number, digits_of, full_number, tickets_of_customer
from core.words import HOUR, MINUTE
from dialogue.choosing import is_young
from dialogue.heard import Heard
from dialogue.vocabulary import answers

SIGN = "sign:"
"""Token of a choice: this report is to be signed (sign:REPORT)."""
PURPOSE = "report_sign"
SLOT = "sign_code"
"""What is asked for: the code of an SMS."""

_NUMBERED = re.compile(r"(?P<words>.*?)\s*(?:GD-?)?(?P<digits>\d{1,12})?", re.IGNORECASE | re.DOTALL)


def asked(heard: Heard) -> str | None:
    """签字, 签收 1023, 短信签收: the link or the code; None if he says something else."""
    found = _NUMBERED.fullmatch(heard.text.strip())
    way = answers(found["words"], "sign") if found else None
    if found is None or way is None:
        return None
    reports = unsigned_of(heard.turn, heard.person)
    if found["digits"] is not None:
        reports = [report for report in reports if digits_of(_ticket_number(report)) == found["digits"]]
    if not reports:
        return _none_waits(heard, found["digits"])
    return offer(heard, reports[0], by_code=way == "code") if len(reports) == 1 else _ask_which(heard, reports)


def chosen(heard: Heard, report_id: str) -> str | None:
    """He chose one of several; None if it is none of his."""
    known = report_id.isdecimal() and len(report_id) < 19
    report = heard.turn.get(Report, int(report_id)) if known else None
    return offer(heard, report) if report is not None and report.person_id == heard.person.id else None


def take_code(heard: Heard) -> str | None:
    """The digits that came by SMS; None if no code is waited for, or this is none."""
    question, code = heard.talk.question or {}, typed_code(heard.text)
    if question.get("slot") != SLOT or code is None or not is_young(heard, question["at"]):
        return None
    report = heard.turn.get(Report, question["report"])
    if report is None:
        return None
    room = heard.message.room
    try:
        sign_by_code(heard.turn, report, heard.person, code, address=str(room), agent=room.channel)
    except Refused as refused:
        return _refuse(heard, refused)
    heard.talk.question = None
    heard.answer(PURPOSE, "sign.taken", number=report.number)
    return f"signed {report.number}"


def offer(heard: Heard, report: Report, *, by_code: bool = False) -> str:
    """His link to the page; a code where there is no page, or he would rather have one. Neither goes into a group."""
    if heard.message.room.group:
        heard.answer(PURPOSE, "sign.not_here")
        return "not in a group"
    try:
        signable(heard.turn, report, heard.person)
        link = None if by_code else sign_link(heard.turn, report, heard.person)
        return _send_link(heard, report, link) if link else _send_code(heard, report)
    except Refused as refused:
        return _refuse(heard, refused)


def _send_link(heard: Heard, report: Report, link: str) -> str:
    if heard.message.room.channel in heard.turn.house.accounts:
        heard.answer(PURPOSE, "sign.link_here", number=report.number, link=link)
    else:
        hours = heard.turn.house.policies.customer_pass_lasts // HOUR
        text = heard.say("sign.link", number=report.number, hours=hours)
        answer(heard.turn, heard.talk, PURPOSE, text, link=link)
    return f"link to sign {report.number}"


def _send_code(heard: Heard, report: Report) -> str:
    """Raises Refused."""
    phone = ask_code(heard.turn, report, heard.person)
    heard.talk.question = {"slot": SLOT, "report": report.id, "ticket": 0, "at": heard.turn.now}
    heard.answer(PURPOSE, "sign.code_asked", number=report.number, phone=phone, minutes=CODE_LASTS // MINUTE)
    return f"code to sign {report.number}"


def _ask_which(heard: Heard, reports: list[Report]) -> str:
    labels = [heard.say("sign.choice", number=report.number) for report in reports]
    choices = [(label, f"{SIGN}{report.id}") for label, report in zip(labels, reports, strict=True)]
    heard.talk.question = {"slot": "which", "text": heard.text, "ticket": 0, "at": heard.turn.now}
    ask_which(heard.turn, heard.talk, "ask_choice", heard.say("sign.which"), choices)
    return "asked which to sign"


def _none_waits(heard: Heard, digits: str | None) -> str:
    """Why there is nothing to sign: it was signed, it is void, it is being made; or there is none."""
    turn, person = heard.turn, heard.person
    if digits is not None:
        named = by_number(turn, person.entity, full_number(turn, digits))
        tickets = [named] if named is not None and named.customer_id == person.id else []
    else:
        tickets = tickets_of_customer(turn, person)
    last = next(filter(None, (reports_of_ticket(turn, ticket) for ticket in tickets)), None)
    try:
        if last is not None:
            signable(turn, last[-1], person)
        raise Refused("no_report")
    except Refused as refused:
        return _refuse(heard, refused)


def _ticket_number(report: Report) -> str:
    """The number of its ticket: that of the report without its own place (GD-1001-1)."""
    return report.number.rpartition("-")[0]


def _refuse(heard: Heard, refused: Refused) -> str:
    key = "no_way_to_sign" if refused.key == "sign_no_number" and heard.turn.house.pages is None else refused.key
    answer(heard.turn, heard.talk, "error_hint", heard.say(f"refused.{key}", **refused.facts))
    return key
