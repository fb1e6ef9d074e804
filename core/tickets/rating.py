"""A done ticket can be rated (评价): 1 to 5 and a word; then it is closed."""

from __future__ import annotations

from core.people.model import Person
from core.refused import Refused
from core.store.model import Event
from core.store.outgoing import withdraw
from core.store.turn import Turn
from core.tickets.completing import CLOSE_TIMER
from core.tickets.entitled import must_be_entitled
from core.tickets.events import Happened
from core.tickets.model import Status, Ticket
from core.tickets.recording import happened_at, record

STARS = range(1, 6)
OVERTAKEN = ("done", "progress", "engineer_arrived", "engineer_assigned")
"""Notices that need not be sent any more once the customer has given his verdict."""


def rate(turn: Turn, ticket: Ticket, by: Person, stars: int, words: str = "") -> Event:
    """Say how good it was. Raises Refused: not_done, not_entitled."""
    must_be_entitled(by, "rate", ticket)
    if ticket.status != Status.DONE or stars not in STARS:
        raise Refused("not_done", number=ticket.number)
    ticket.rating, ticket.status, ticket.closed_at = stars, Status.CLOSED, happened_at(turn)
    turn.forget(CLOSE_TIMER, ticket.stream)
    withdraw(turn, ticket.stream, OVERTAKEN)
    return record(turn, Happened.RATED, ticket, by, private={"words": words}, rating=stars)


def comment(turn: Turn, ticket: Ticket, by: Person, words: str) -> Event:
    """What he says besides, once he has rated it. Raises Refused: not_done, not_entitled."""
    must_be_entitled(by, "rate", ticket)
    if ticket.rating is None:
        raise Refused("not_done", number=ticket.number)
    return record(turn, Happened.RATING_COMMENTED, ticket, by, private={"words": words})
