"""How good was it? Stars by button, number or words, what he says besides, and whether he would recommend us (S53, S84)."""

from __future__ import annotations

import re

from core.conversations.saying import answer, tell
from core.people.duty import fallback_owner
from core.people.model import Person
from core.refused import Refused
from core.satisfaction.surveying import answer_survey, ask_later, begin_survey, open_survey
from core.tickets import rating
from core.tickets.describing import what
from core.tickets.model import Status, Ticket
from core.tickets.queries import tickets_of_customer
from core.words import Say
from dialogue.choosing import is_young
from dialogue.heard import Heard
from dialogue.serving import begin
from dialogue.understanding.words import Understanding
from dialogue.vocabulary import bare, sort_of

RATE = "rate:"
"""Token of a choice: a rating (rate:TICKET:STARS)."""
VERDICTS = {"bad": 2, "fair": 3, "good": 5}
"""Stars of a verdict without a number."""
STARS = frozenset("12345")
COMMENT, RECOMMEND = "comment", "recommend"
"""Questions: what he would say besides his stars; how likely he is to recommend the house."""
OWN_WORDS = frozenset({"rate_service", "complain", "out_of_scope", "confirm", "deny"})
"""What words after stars may be taken for and are still a comment."""

_SCORE = re.compile(
    r"(?:推荐|nps|打|给|我给|score)?\s*[:：是]?\s*(?P<n>10|[0-9]|十|零)\s*(?:分|/10)?(?:吧|啊|哦)?", re.IGNORECASE
)
_SPOKEN = {"十": 10, "零": 0}


def bare_stars(heard: Heard) -> str | None:
    """A lone number from 1 to 5 while a ticket waits for its rating, and nothing else is asked."""
    question = heard.talk.question
    asked = question is not None and is_young(heard, question["at"])
    return rate(heard) if not asked and awaits_stars(heard) else None


def awaits_stars(heard: Heard) -> bool:
    """Whether a ticket of his waits for its rating, and he says a number that may be one."""
    return bare(heard.text) in STARS and _done_last(heard) is not None


def rate(heard: Heard, meant: Understanding | None = None) -> str:
    """评价: a number or a verdict on the ticket that was done last."""
    done = _done_last(heard)
    if done is None:
        heard.answer("smalltalk", "customer.nothing_to_rate")
        return "nothing to rate"
    stars = heard.mind.expect("rating", heard.text, heard.message.at) or VERDICTS.get(
        sort_of(heard.text, "verdict") or ""
    )
    if stars is None:
        heard.answer("rating_request", "customer.rate_which", number=done.number)
        return "asked for stars"
    return give_stars(heard, done, stars, heard.text)


def give_stars(heard: Heard, ticket: Ticket, stars: int, words: str) -> str:
    """Keep the rating and thank for it. After a low one a person goes on with the conversation."""
    try:
        rating.rate(heard.turn, ticket, heard.person, stars, words)
    except Refused:
        heard.answer("smalltalk", "customer.nothing_to_rate")
        return "nothing to rate"
    if any(token.startswith(RATE) for _, token in heard.talk.menu or ()):
        heard.talk.menu = None
    if stars <= heard.turn.house.policies.satisfaction.low:
        _person_goes_on(heard, ticket, stars)
    else:
        _thank(heard, ticket)
    return f"rated {ticket.number}"


def score(heard: Heard) -> str | None:
    """A number from 0 to 10 after he was asked whether he would recommend us; None if it is no answer to that."""
    said, question = _SCORE.fullmatch(bare(heard.text)), heard.talk.question
    asked_else = question is not None and is_young(heard, question["at"]) and not _asks(heard, RECOMMEND, COMMENT)
    survey = open_survey(heard.turn, heard.person) if said is not None and not asked_else else None
    if said is None or survey is None:
        return None
    number = said["n"]
    answer_survey(heard.turn, survey, heard.person, _SPOKEN[number] if number in _SPOKEN else int(number))
    if _asks(heard, RECOMMEND):
        heard.talk.question = {**(heard.talk.question or {}), "slot": COMMENT}
    heard.answer("rating_thanks", "customer.surveyed")
    return "surveyed"


def comment(heard: Heard, meant: Understanding) -> str | None:
    """His words after his stars; None if they mean something else."""
    if meant.decision == "accept" and meant.intent not in OWN_WORDS:
        return None
    if meant.intent == "complain" or meant.slots.get("fault_symptom") or not keep_comment(heard):
        return None
    heard.answer("rating_thanks", "customer.commented")
    return "commented"


def keep_comment(heard: Heard) -> bool:
    """Keep what he says as his comment, if he has just given his stars; once."""
    question = heard.talk.question or {}
    ticket = heard.turn.get(Ticket, question["ticket"], lock=True) if _asks(heard, COMMENT, RECOMMEND) else None
    if ticket is None or not heard.text.strip():
        return False
    rating.comment(heard.turn, ticket, heard.person, heard.text)
    heard.talk.question = None
    return True


def _thank(heard: Heard, ticket: Ticket) -> None:
    survey = begin_survey(heard.turn, ticket, heard.person)
    slot = RECOMMEND if survey is not None else COMMENT
    heard.talk.question = {"slot": slot, "ticket": ticket.id, "at": heard.turn.now}
    thanks = heard.say("customer.rated")
    text = f"{thanks}\n{heard.say('customer.survey')}" if survey is not None else thanks
    answer(heard.turn, heard.talk, "rating_thanks", text, also=("survey",) if survey is not None else ())


def _person_goes_on(heard: Heard, ticket: Ticket, stars: int) -> None:
    """Whoever answers for the desk takes the conversation over; he hears why, and how to give it back."""
    turn, person = heard.turn, fallback_owner(heard.turn, heard.person.entity)
    ask_later(turn, ticket)
    heard.talk.question = {"slot": COMMENT, "ticket": ticket.id, "at": turn.now}
    if person is None:
        heard.answer("rating_thanks", "customer.rated_low")
        return
    tell(turn, person, _handed_over(heard, ticket, person, stars), subject=ticket.stream)
    begin(heard, person)
    text = heard.say("customer.rated_low_person", name=person.name or "")
    answer(turn, heard.talk, "rating_thanks", text, also=("handoff_ack",))


def _handed_over(heard: Heard, ticket: Ticket, person: Person, stars: int) -> Say:
    words, lang = heard.turn.house.wording, person.lang
    facts = {
        "name": heard.person.name or "",
        "number": ticket.number,
        "what": what(words, ticket, lang),
        "stars": stars,
    }
    return Say("handoff", words.text(lang, "staff.handoff_low", **facts))


def _asks(heard: Heard, *slots: str) -> bool:
    question = heard.talk.question
    return question is not None and question["slot"] in slots and is_young(heard, question["at"])


def _done_last(heard: Heard) -> Ticket | None:
    tickets = tickets_of_customer(heard.turn, heard.person)
    return next((ticket for ticket in tickets if ticket.status == Status.DONE), None)
