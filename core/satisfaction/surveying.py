"""Once a quarter a customer is asked how likely he is to recommend the house, 0 to 10 (NPS, S84)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from core.conversations.saying import tell
from core.insight.monthly import QUARTER, Span
from core.people.model import Person
from core.satisfaction.model import Survey
from core.store.model import Timer
from core.store.turn import Turn
from core.tickets.events import Happened
from core.tickets.model import Ticket
from core.tickets.recording import record_aside
from core.words import DAY, Micros, Say

SCORES = range(11)
ANSWERABLE = 3 * DAY
"""How long after the question a number counts as its answer."""
LATER = "satisfaction.survey"
"""Asks a customer who was not content, once somebody has had time to talk with him."""
PURPOSE = "survey"
"""Kind of message of the question."""

_of_quarter = select(Survey.table).where(
    Survey.table.c.entity == bindparam("entity"),
    Survey.table.c.person_id == bindparam("person_id"),
    Survey.table.c.quarter == bindparam("quarter"),
)
_last_asked = (
    select(Survey.table)
    .where(
        Survey.table.c.entity == bindparam("entity"),
        Survey.table.c.person_id == bindparam("person_id"),
        Survey.table.c.asked_at >= bindparam("since"),
    )
    .order_by(Survey.table.c.id.desc())
    .limit(1)
)


def quarter_of(turn: Turn, at: Micros) -> str:
    """The quarter on the wall: 2026-Q1."""
    return str(Span.around(at, turn.house.zone, QUARTER))


def begin_survey(turn: Turn, ticket: Ticket, person: Person) -> Survey | None:
    """He is being asked now; None if he was asked in this quarter already, does not want to be, or nobody is asked."""
    quarter = quarter_of(turn, turn.now)
    if not turn.house.policies.satisfaction.surveys or PURPOSE in person.muted or not person.active:
        return None
    if turn.first(Survey, _of_quarter, entity=person.entity, person_id=person.id, quarter=quarter) is not None:
        return None
    named = {"entity": person.entity, "person_id": person.id, "ticket_id": ticket.id, "quarter": quarter}
    return turn.add(Survey(id=turn.new_id(), asked_at=turn.now, **named))


def ask_later(turn: Turn, ticket: Ticket) -> None:
    """He was not content: he is asked when a person has had time to talk with him."""
    due_at = turn.now + turn.house.policies.satisfaction.survey_later
    turn.remind(LATER, ticket.stream, due_at, data={"ticket": ticket.id})


def ask_now(turn: Turn, timer: Timer) -> None:
    """The time has come."""
    ticket = turn.get(Ticket, timer.data["ticket"])
    person = turn.get(Person, ticket.customer_id) if ticket else None
    if ticket is None or person is None or begin_survey(turn, ticket, person) is None:
        return
    text = turn.house.wording.text(person.lang, "customer.survey")
    tell(turn, person, Say(PURPOSE, text), subject=ticket.stream, quiet=True)


def open_survey(turn: Turn, person: Person) -> Survey | None:
    """The question that he has yet to answer."""
    since = turn.now - ANSWERABLE
    asked = turn.first(Survey, _last_asked, entity=person.entity, person_id=person.id, since=since)
    return asked if asked is not None and asked.score is None else None


def answer_survey(turn: Turn, survey: Survey, person: Person, score: int) -> None:
    """Keep what he said. Raises ValueError for what is none of SCORES."""
    if score not in SCORES:
        raise ValueError(score)
    survey.score, survey.answered_at = score, turn.now
    ticket = turn.get(Ticket, survey.ticket_id)
    if ticket is not None:
        record_aside(turn, Happened.SURVEYED, ticket, person, score=score, quarter=survey.quarter)


TIMERS = {LATER: ask_now}
"""Kind of timer → what happens when it is due."""
