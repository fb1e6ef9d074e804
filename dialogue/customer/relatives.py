"""我是家属: a relative asks about somebody's repair. A code that the customer passes on lets him in; 收回 ends it (S18).

Whatever number he names, he hears the same: whether the desk knows it is nobody's business.
"""

from __future__ import annotations

import re

from core.conversations.saying import answer
from core.people.letting_in import ask_to_see, end, is_awaited, let_in
from core.people.model import Person
from core.people.proving import CODE_DIGITS, CODE_LASTS, typed_code
from core.refused import Refused
from core.tickets.describing import progress_line
from core.tickets.queries import tickets_of_customer
from core.words import HOUR, MINUTE
from dialogue.choosing import is_young
from dialogue.customer.progress import may_be_shown
from dialogue.heard import Heard
from dialogue.proving import may_claim
from dialogue.vocabulary import bare, vocabulary

NUMBER = "guest_number"
"""What he was asked for: the number on the ticket."""
MOST = 8
"""Tickets that are told at once."""

_RELATIVE = re.compile(
    r"(?:你好|您好)?[，,。 ]*我是(?:他|她|机主|客户|用户|报修人|车主|业主)?(?:的|本人的)?"
    r"(?:家属|家人|亲属|亲戚|爱人|老公|老婆|丈夫|妻子|儿子|女儿|孩子|父亲|母亲|爸爸|妈妈|同住人)"
    r"[，,。：: ]*(?:代问|代查|帮忙问|帮他问|帮她问|查进度|问进度)?[，,。：: ]*"
    r"(?:(?:他|她|客户|报修|登记)?的?(?:手机号码?|手机|电话|号码)[是为：: ]*)?(?P<number>\+?[\d\s-]{7,20})?[。.!！]?"
    r"|i am (?:a|the|his|her|their) (?:relative|family|wife|husband|son|daughter|father|mother|partner)(?: of)?"
    r"[,.: ]*(?:(?:the|his|her|their)? ?(?:phone )?number(?: is)?[: ]*)?(?P<english>\+?[\d\s-]{7,20})?[.!]?",
    re.IGNORECASE,
)


def hear(heard: Heard) -> str | None:
    """A relative, his number, his code; or the customer who ends it. None if it is none of these."""
    if heard.message.room.group or heard.message.kind not in ("text", "voice") or not may_claim(heard.turn):
        return None
    if bare(heard.text) in vocabulary("no_more_guests"):
        return _ended(heard)
    said = _RELATIVE.fullmatch(heard.text.strip())
    if said is not None:
        number = said["number"] or said["english"]
        return _send(heard, number) if number else _ask(heard)
    question = heard.talk.question or {}
    if question.get("slot") == NUMBER and is_young(heard, question["at"]):
        return _number_given(heard)
    code = typed_code(heard.text)
    return _open(heard, code) if code and is_awaited(heard.turn, heard.message) else None


def _ask(heard: Heard) -> str:
    heard.talk.question = {"slot": NUMBER, "ticket": 0, "at": heard.turn.now}
    heard.answer("ask_info", "guest.ask_number")
    return "asked for the number of whom a relative asks about"


def _number_given(heard: Heard) -> str | None:
    number = heard.mind.expect("phone", heard.text, heard.message.at)
    return _send(heard, str(number)) if number else None


def _send(heard: Heard, number: str) -> str:
    """The same answer in any case: only whoever holds that phone learns more."""
    if not ask_to_see(heard.turn, heard.message, number):
        heard.answer("error_hint", "proof.too_often")
        return "too_often"
    heard.talk.question = None
    heard.answer("ask_info", "guest.code_sent", minutes=CODE_LASTS // MINUTE, digits=CODE_DIGITS)
    return "code for a relative"


def _open(heard: Heard, code: str) -> str:
    try:
        customer = let_in(heard.turn, heard.message, heard.person, code)
    except Refused as refused:
        heard.answer("error_hint", f"refused.{refused.key}", **refused.facts)
        return refused.key
    hours = heard.turn.house.policies.guest_lasts // HOUR
    lines = [heard.say("guest.let_in", hours=hours), *_standing(heard, customer)]
    answer(heard.turn, heard.talk, "progress", "\n".join(lines))
    return "let a relative in"


def _standing(heard: Heard, customer: Person) -> list[str]:
    tickets = [one for one in tickets_of_customer(heard.turn, customer) if may_be_shown(one)][:MOST]
    lines = [progress_line(heard.turn, ticket, heard.lang) for ticket in reversed(tickets)]
    return lines or [heard.say("guest.none_open")]


def _ended(heard: Heard) -> str | None:
    """Nobody asks about his tickets any more; None if nobody did."""
    if not end(heard.turn, heard.person):
        return None
    heard.answer("confirm_change", "guest.ended")
    return "relatives ask no more"
